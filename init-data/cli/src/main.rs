//! `edgehop`: the operator's command line.

mod exit;
mod options;
mod picture;
mod verbs;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use options::StoreOptions;
use resolver::words::Timestamp;
use verbs::Report;

/// Publishes what devices update to, and proves that it strands none of them
#[derive(Parser)]
#[command(name = "edgehop", version, after_help = exit::HELP)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    stores: StoreOptions,
    /// Print JSON in place of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Publishes a file as a release, and points a channel at it
    Publish(verbs::PublishArgs),
    /// Points channels at releases, and shows where they point
    Channel(verbs::ChannelArgs),
    /// Withdraws a release: it is never offered again
    Yank(verbs::YankArgs),
    /// Lists releases and what constrains them
    Releases(verbs::ReleasesArgs),
    /// Proves that every device finds a safe path to its channel's target
    Check(verbs::CheckArgs),
    /// Shows what a device that asks this would get, and why
    Explain(verbs::ExplainArgs),
    /// Draws a component's releases, barriers and keys, and each version's next hop
    Graph(verbs::GraphArgs),
    /// Writes the catalog as TOML, for review
    Export(verbs::ExportArgs),
    /// Shows what a TOML catalog would change, and changes it
    Import(verbs::ImportArgs),
    /// Deletes objects that no release names
    Gc(verbs::GcArgs),
    /// Restores from cold storage what channels can deliver, after it said what that costs
    Warm(verbs::WarmArgs),
    /// Takes over a table and a bucket of the AWS sample's, which goes on as it was
    #[cfg(feature = "deploy")]
    Adopt(verbs::AdoptArgs),
    /// Shows whether the CDN knows the words of the catalog, and makes it know them
    #[cfg(feature = "deploy")]
    KnownWords(verbs::KnownWordsArgs),
    /// Makes and shows the keys that releases are signed with
    Key(verbs::KeyArgs),
    /// Signs a file and a statement about it, for publishing
    Sign(verbs::SignArgs),
    /// Verifies a signed file and shows what was signed; needs no store
    Verify(verbs::VerifyArgs),
    /// Publishes the sample data, or takes it out again with --remove; the rest stays
    Sample(verbs::SampleArgs),
    /// Makes a deployment on AWS with --create; without, publishes the sample data into it
    #[cfg(feature = "deploy")]
    Init(verbs::InitArgs),
    /// Deletes a deployment on AWS with all its data, after asking
    #[cfg(feature = "deploy")]
    Destroy(verbs::DestroyArgs),
    /// Asks a live deployment what devices ask, and says what is wrong and how to mend it
    #[cfg(feature = "deploy")]
    Doctor(verbs::DoctorArgs),
    /// Prints a script that completes this command in a shell
    Completions(verbs::CompletionsArgs),
    /// Prints the manual page
    Man(verbs::ManArgs),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::try_parse().and_then(Arguments::with_both_stores);
    let arguments = arguments.unwrap_or_else(|error| exit::usage(&error));
    let json = arguments.json;
    match run(arguments).await {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => exit::REFUSED.into(),
        Err(error) => {
            exit::complain(json, &exit::message(&error));
            exit::code(&error).into()
        }
    }
}

impl Arguments {
    /// The same, if both stores were named or neither: whatever the verb, half a pair is a wrong command line.
    fn with_both_stores(self) -> Result<Arguments, clap::Error> {
        self.stores.places().map_err(missing)?;
        Ok(self)
    }
}

fn missing(what: impl std::fmt::Display) -> clap::Error {
    Arguments::command().error(ErrorKind::MissingRequiredArgument, what)
}

/// Does what was asked, and prints what was found; whether that is not as it must be.
async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let Arguments { verb, stores, json } = arguments;
    let report = match verb {
        Verb::Publish(args) => {
            let opened = stores.make().await?;
            verbs::written(&stores, &opened.catalog, args.run(&opened, now()?, json).await).await
        }
        Verb::Channel(args) if args.writes() => {
            let opened = stores.open().await?;
            verbs::written(&stores, &opened.catalog, args.run(&opened, now()?).await).await
        }
        Verb::Channel(args) => args.run(&stores.open().await?, now()?).await,
        Verb::Yank(args) => {
            let opened = stores.open().await?;
            verbs::written(&stores, &opened.catalog, args.run(&opened, now()?).await).await
        }
        Verb::Releases(args) => args.run(&stores.open().await?).await,
        Verb::Check(args) => args.run(&stores.open().await?, now()?).await,
        Verb::Explain(args) => args.run(&stores.open().await?, now()?).await,
        Verb::Graph(args) => args.run(&stores.open().await?, now()?).await,
        Verb::Export(args) => args.run(&stores.open().await?).await,
        Verb::Import(args) if args.apply => {
            let opened = stores.restore().await?;
            verbs::written(&stores, &opened.catalog, args.run(&opened, now()?).await).await
        }
        Verb::Import(args) => args.run(&stores.open().await?, now()?).await,
        Verb::Gc(args) => args.run(&stores.open().await?, now()?).await,
        Verb::Warm(args) => args.run(&stores.open().await?, json).await,
        Verb::Sample(args) => {
            let opened = if args.remove { stores.open().await? } else { stores.make().await? };
            verbs::written(&stores, &opened.catalog, args.run(&opened, now()?).await).await
        }
        #[cfg(feature = "deploy")]
        Verb::Init(args) => args.run(now()?, json).await,
        #[cfg(feature = "deploy")]
        Verb::Destroy(args) => args.run(json).await,
        #[cfg(feature = "deploy")]
        Verb::Adopt(args) => args.run(stores.known_words, now()?, json).await,
        #[cfg(feature = "deploy")]
        Verb::KnownWords(args) => args.run(&stores).await,
        #[cfg(feature = "deploy")]
        Verb::Doctor(args) => args.run(&stores, now()?).await,
        Verb::Key(args) => Report::of(&args.run()?),
        Verb::Sign(args) => match args.run(&stores, now()?).await {
            Err(error) if error.is::<verbs::NoMinimum>() => exit::usage(&missing(error)),
            signed => Report::of(&signed?),
        },
        Verb::Verify(args) => Report::of(&args.run(now()?)?),
        Verb::Completions(args) => return args.run(Arguments::command()).map(|()| false),
        Verb::Man(args) => return args.run(Arguments::command()).map(|()| false),
    };
    let report = report?;
    report.print(json)?;
    report.failed.map_or(Ok(report.refused), Err)
}

fn now() -> anyhow::Result<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock is wrong")?;
    Ok(Timestamp(since.as_secs()))
}
