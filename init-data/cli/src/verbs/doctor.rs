use crate::options::StoreOptions;
use anyhow::Context as _;
use deployment::doctor::{Diagnosis, Subject, examine};
use deployment::stack::{AccountOptions, Stack, StackName};
use resolver::words::{Timestamp, UrlBase};

use super::report::Report;

/// What is said if this machine has no roots to trust.
const ROOTS: &str = "this machine's trusted certificates cannot be read: install ca-certificates, or set SSL_CERT_FILE";

/// `edgehop doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// The stack: its outputs say where it is, and which stores it has
    #[arg(required_unless_present = "endpoint")]
    stack: Option<StackName>,
    #[command(flatten)]
    account: AccountOptions,
    /// What devices ask, such as https://ota.example.com. Without a stack, the stores are those of the other options
    #[arg(long, env = "EDGEHOP_ENDPOINT", value_name = "URL")]
    endpoint: Option<UrlBase>,
}

impl DoctorArgs {
    /// Examines a deployment; refused if it has a problem.
    pub(crate) async fn run(self, options: &StoreOptions, now: Timestamp) -> anyhow::Result<Report> {
        let diagnosis = match &self.stack {
            Some(name) => self.visit(name, now).await?,
            None => {
                let stores = options.open().await;
                let stores = stores.as_ref().map_err(|error| format!("{error:#}"));
                examine(Subject { endpoint: self.endpoint, stack: None, stores }, now).await.context(ROOTS)?
            }
        };
        Ok(Report::of(&diagnosis)?.refused(!diagnosis.is_well()))
    }

    async fn visit(&self, name: &StackName, now: Timestamp) -> anyhow::Result<Diagnosis> {
        let account = self.account.open().await?;
        let stack = Stack::get(&account, name).await?.own(&account)?;
        let said = stack.outputs.endpoint.as_deref().map(str::parse::<UrlBase>).transpose();
        let endpoint = self.endpoint.clone().or(said.context("the stack's output Endpoint")?);
        let stores = stack.stores(&account).await;
        let stores = stores.as_ref().map_err(|error| format!("{error:#}"));
        examine(Subject { endpoint, stack: Some((&account, &stack)), stores }, now).await.context(ROOTS)
    }
}
