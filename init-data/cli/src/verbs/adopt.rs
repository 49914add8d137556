use std::fmt;

use anyhow::{Context as _, anyhow, bail};
use aws::{Adoption, BucketName, TableName};
use deployment::known_words::{KnownWordsPlace, noted_in};
use deployment::stack::{Account, AccountOptions, Resource, Stack, StackName};
use deployment::{AdoptPlan, adopt, plan_adoption};
use indicatif::{ProgressBar, ProgressStyle};
use resolver::words::Timestamp;
use serde::Serialize;

use super::asking::{agreed, ask, can_ask};
use super::report::Report;
use super::written::told;

/// `edgehop adopt`.
#[derive(Debug, clap::Args)]
pub(crate) struct AdoptArgs {
    /// The stack that the sample's init script filled
    #[arg(required_unless_present_all = ["table", "bucket"])]
    stack: Option<StackName>,
    /// Its table, where it has several or there is no stack
    #[arg(long, value_name = "TABLE", value_parser = table)]
    table: Option<TableName>,
    /// Its bucket, where it has several or there is no stack
    #[arg(long, value_name = "BUCKET", value_parser = bucket)]
    bucket: Option<BucketName>,
    /// Adopt without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    account: AccountOptions,
}

/// What is adopted, from where, and what comes after that.
#[derive(Debug, Serialize)]
struct Found {
    table: String,
    bucket: String,
    #[serde(flatten)]
    plan: AdoptPlan,
    /// The command that makes a deployment over the table and the bucket; `None` where there is one.
    next: Option<String>,
}

/// A table and a bucket, and whether edgehop's own stack has them.
struct Place {
    table: TableName,
    bucket: BucketName,
    is_edgehops: bool,
    /// Where the stack's CDN looks words up, if it does.
    words: Option<KnownWordsPlace>,
}

impl AdoptArgs {
    /// Shows what would be adopted, and adopts it if the operator agrees: with `--yes`, or on a terminal.
    pub(crate) async fn run(
        self,
        words: Option<KnownWordsPlace>,
        now: Timestamp,
        json: bool,
    ) -> anyhow::Result<Report> {
        let account = self.account.open().await?;
        let place = self.place(&account).await?;
        let what = format!("cannot adopt {} with {}", place.table, place.bucket);
        let source = Adoption::new(&account.clients, &place.table, &place.bucket);
        aws::look_at_bucket(&account.clients, &place.bucket).await.with_context(|| what.clone())?;
        let plan = plan_adoption(&source).await.with_context(|| what.clone())?;
        let found = |plan| Found::new(&place, &self.account, plan);
        let terminal = can_ask(json);
        let asked = || ask(&format_args!("{plan}\nNothing of the sample's is touched. Adopt it? [y/N]"));
        if plan.is_empty() || !agreed(self.yes, terminal, asked)? {
            let has_agreed = plan.is_empty() && self.yes;
            let report = Report::of(&found(plan))?;
            return Ok(if has_agreed { place.known(words, &account, &source, report).await } else { report });
        }
        let bar = progress(plan.bytes, terminal);
        let done = adopt(&source, &std::env::temp_dir(), plan, now, |bytes| bar.inc(bytes)).await;
        bar.finish_and_clear();
        let done = done.with_context(|| format!("{what} to the end, another run goes on where this one stopped"))?;
        Ok(place.known(words, &account, &source, Report::of(&found(done))?).await)
    }

    /// The table and the bucket: those that were named, else the stack's.
    async fn place(&self, account: &Account) -> anyhow::Result<Place> {
        if let (Some(table), Some(bucket)) = (&self.table, &self.bucket) {
            return Ok(Place { table: table.clone(), bucket: bucket.clone(), is_edgehops: false, words: None });
        }
        let name = self.stack.as_ref().context("a stack's name is missing")?;
        let stack = Stack::get(account, name).await?;
        let resources = stack.resources(account).await?;
        let table = match (&self.table, &stack.outputs.table) {
            (Some(given), _) => given.clone(),
            (None, Some(said)) => table(said)?,
            (None, None) => table(the_only(name, &resources, "AWS::DynamoDB::Table", "table")?)?,
        };
        let bucket = match (&self.bucket, &stack.outputs.bucket) {
            (Some(given), _) => given.clone(),
            (None, Some(said)) => bucket(said)?,
            (None, None) => bucket(the_only(name, &resources, "AWS::S3::Bucket", "bucket")?)?,
        };
        Ok(Place { table, bucket, is_edgehops: stack.is_edgehops, words: stack.known_words_place() })
    }
}

impl Place {
    /// Makes the CDNs know what was adopted that look words up. The stack's own is noted in the table, which is edgehop's
    /// by now: whoever publishes there finds it.
    async fn known(
        &self,
        words: Option<KnownWordsPlace>,
        account: &Account,
        source: &Adoption,
        report: Report,
    ) -> Report {
        let places = async {
            if let Some(place) = &self.words {
                source.catalog.add_vocabulary_store(&place.to_string()).await?;
            }
            match words {
                Some(place) => Ok(vec![place]),
                None => noted_in(&source.catalog).await,
            }
        };
        told(places.await.map(|places| account.edges(places)), &source.catalog, report).await
    }
}

/// The only resource of a kind that the stack has.
fn the_only<'a>(stack: &StackName, resources: &'a [Resource], kind: &str, word: &str) -> anyhow::Result<&'a str> {
    let there = resources.iter().filter(|resource| resource.kind == kind && resource.state != "DELETE_COMPLETE");
    let names: Vec<&str> = there.filter_map(|resource| resource.physical.as_deref()).collect();
    match names[..] {
        [name] => Ok(name),
        [] => bail!("the stack {stack} has no {word}: name the one that the sample's init script filled with --{word}"),
        _ => bail!("the stack {stack} has several {word}s: choose with --{word} among {}", names.join(", ")),
    }
}

fn table(name: &str) -> anyhow::Result<TableName> {
    let name = name.strip_prefix("dynamodb:").unwrap_or(name);
    format!("dynamodb:{name}").parse().map_err(|error| anyhow!("{name:?} is no table: {error}"))
}

/// Items name their objects in full, so there is no prefix.
fn bucket(name: &str) -> anyhow::Result<BucketName> {
    let name = name.strip_prefix("s3:").unwrap_or(name);
    let parsed = format!("s3:{name}").parse();
    let bucket: BucketName = parsed.map_err(|error| anyhow!("{name:?} is no bucket: {error}"))?;
    anyhow::ensure!(bucket.prefix().is_empty(), "{name:?} is no bucket: it takes a bucket's name alone");
    Ok(bucket)
}

/// How much was read, for whoever watches.
fn progress(bytes: u64, terminal: bool) -> ProgressBar {
    if !terminal {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl Found {
    fn new(place: &Place, account: &AccountOptions, plan: AdoptPlan) -> Found {
        let (table, bucket) = (place.table.as_str().to_owned(), place.bucket.bucket().to_owned());
        let AccountOptions { profile, region, endpoint_url } = account;
        let given = [("--profile", profile), ("--region", region), ("--endpoint-url", endpoint_url)];
        let given = given.into_iter().filter_map(|(name, value)| Some(format!(" {name} {}", value.as_ref()?)));
        let next = format!(
            "edgehop init NEWSTACK --create --code ZIP --parameter ExistingTable={table} --parameter \
             ExistingBucket={bucket}{}",
            given.collect::<String>()
        );
        let next = (plan.complete && !place.is_edgehops).then_some(next);
        Found { table, bucket, plan, next }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.fmt(f)?;
        if !self.plan.done && !self.plan.is_empty() {
            write!(f, "\nnothing was changed: --yes does it")?;
        }
        match &self.next {
            Some(next) => write!(f, "\nthe old endpoint goes on as it was; next, a deployment beside it:\n  {next}"),
            None => Ok(()),
        }
    }
}
