use std::fmt;
use std::path::PathBuf;

use deployment::known_words::noted;
use deployment::stack::{
    Account, AccountOptions, Change, CodeZip, Deployment, Given, Stack, StackName, Told, deploy, together,
};
use publishing::{DEFAULT_SAMPLE_SIZE, samples};
use resolver::catalog::MAX_ARTIFACT_BYTES;
use resolver::words::Timestamp;
use serde::Serialize;

use super::report::Report;
use super::watching::Watching;
use super::written::told;

/// Questions about the sample data, to paste.
const QUESTIONS: [(&str, &str); 3] = [
    ("", "/package?cpuArch=armv8&payloadType=metadataOnly"),
    ("-o package.tar.gz ", "/package?cpuArch=armv8&attrGamer=prod&attrCellular=prod"),
    ("", "/package?ipModule=prod&installed=ipModule@5.6.14&payloadType=metadataOnly"),
];

/// `edgehop init`.
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// The stack
    stack: StackName,
    /// Make the stack, or change it into what this command line says, and wait for it
    #[arg(long)]
    create: bool,
    #[command(flatten)]
    account: AccountOptions,
    /// The function's zip; without it, the code of a stack that is there stays as it is
    #[arg(long, value_name = "ZIP", requires = "create")]
    code: Option<PathBuf>,
    /// A parameter of the template, such as LogLevel=debug; may be given several times. What is not given stays as it is
    #[arg(long = "parameter", value_name = "KEY=VALUE", requires = "create")]
    parameters: Vec<Given>,
    /// A bucket of your own that code is uploaded to [default: edgehop-code-<account>-<region>, made if it is not there]
    #[arg(long, value_name = "NAME", requires = "create")]
    code_bucket: Option<String>,
    /// Size of each artifact of the sample data in bytes
    #[arg(long, env = "EDGEHOP_SAMPLE_SIZE", default_value_t = DEFAULT_SAMPLE_SIZE,
          value_parser = clap::value_parser!(u64).range(1..=MAX_ARTIFACT_BYTES))]
    sample_size: u64,
}

/// A stack that can be used.
#[derive(Debug, Serialize)]
struct Ready {
    stack: StackName,
    region: String,
    /// What was done to the stack, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
    table: String,
    bucket: String,
    endpoint: Option<String>,
    /// How many releases of the sample data are there now, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<usize>,
    /// The table was there before: it may have a catalog, and no use for sample data.
    #[serde(skip)]
    is_older: bool,
    /// Command lines to paste.
    curl: Vec<String>,
}

impl InitArgs {
    pub(crate) async fn run(self, now: Timestamp, json: bool) -> anyhow::Result<Report> {
        let mut watching = Watching::new(json);
        // What is wrong with the command line is said before anybody is asked.
        let parameters = together(self.parameters)?;
        let code = self.code.as_deref().map(CodeZip::read).transpose()?;
        let account = self.account.open().await?;
        if self.create {
            let deployment = Deployment { name: self.stack, code, parameters, code_bucket: self.code_bucket };
            let deployed = deploy(&account, &deployment, &mut |told| watching.tell(&told)).await?;
            watching.end();
            return Report::of(&Ready::of(deployed.stack, &account, Some(deployed.change), None).await?);
        }
        let stack = Stack::get(&account, &self.stack).await?.own(&account)?.ready()?;
        let stores = stack.stores(&account).await?;
        // Whoever made the stack may have been stopped before this.
        stack.note_known_words(&account).await?;
        watching.tell(&Told::Step(&format!("publishing the sample data into the stack {}", stack.name)));
        let published = samples(&stores, self.sample_size, now).await?.len();
        watching.end();
        let report = Report::of(&Ready::of(stack, &account, None, Some(published)).await?)?;
        let edges = noted(&stores.catalog).await.map(|places| account.edges(places));
        Ok(told(edges, &stores.catalog, report).await)
    }
}

impl Ready {
    async fn of(
        stack: Stack,
        account: &Account,
        change: Option<Change>,
        samples: Option<usize>,
    ) -> anyhow::Result<Ready> {
        let (table, bucket) = (stack.table(account).await?, stack.bucket(account).await?);
        let is_older = !stack.has_own_table();
        let endpoint = stack.outputs.endpoint;
        let line =
            |endpoint: &String, (options, question): (&str, &str)| format!("curl -fsS {options}'{endpoint}{question}'");
        let curl = endpoint.iter().flat_map(|endpoint| QUESTIONS.map(|question| line(endpoint, question))).collect();
        let (stack, region) = (stack.name, account.region.clone());
        Ok(Ready { stack, region, change, table, bucket, endpoint, samples, is_older, curl })
    }
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ready { stack, region, table, bucket, .. } = self;
        match self.change {
            Some(Change::Created) => writeln!(f, "made the stack {stack} in {region}")?,
            Some(Change::Updated) => writeln!(f, "changed the stack {stack} in {region}")?,
            Some(Change::Unchanged) => {
                writeln!(f, "the stack {stack} in {region} is as it is to be: nothing to change")?
            }
            None => {}
        }
        if let Some(samples) = self.samples {
            writeln!(f, "{samples} sample releases are in the stack {stack} in {region}")?;
        }
        writeln!(f, "catalog   dynamodb:{table}\nartifacts s3:{bucket}")?;
        match &self.endpoint {
            Some(endpoint) => writeln!(f, "endpoint  {endpoint}\n")?,
            None => writeln!(f, "endpoint  none: the stack's outputs do not say it, so there is nothing to paste")?,
        }
        self.curl.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        match self.samples {
            None if !self.is_older => writeln!(f, "\nthe sample data comes with: edgehop init {stack}"),
            _ => Ok(()),
        }
    }
}
