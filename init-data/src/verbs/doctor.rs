use init_data::StoreOptions;
use init_data::doctor::{Subject, examine};
use resolver::words::{Timestamp, UrlBase};

use super::report::Report;

/// `edgehop doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// What devices ask, such as https://ota.example.com
    #[arg(long, env = "EDGEHOP_ENDPOINT", value_name = "URL")]
    endpoint: UrlBase,
}

impl DoctorArgs {
    /// Examines a deployment; refused if it has a problem.
    pub(crate) async fn run(self, options: &StoreOptions, now: Timestamp) -> anyhow::Result<Report> {
        let stores = options.open().await;
        let stores = stores.as_ref().map_err(|error| format!("{error:#}"));
        let diagnosis = examine(Subject { endpoint: self.endpoint, stores }, now).await?;
        Ok(Report::of(&diagnosis)?.refused(!diagnosis.is_well()))
    }
}
