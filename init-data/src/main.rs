//! `edgehop`: the operator's command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use init_data::verbs::graph::{self, GraphArguments};
use init_data::{StoreOptions, Stores};
use resolver::words::Timestamp;

#[derive(Parser)]
#[command(name = "edgehop", version, about = "Publishes what devices update to")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Publishes the sample data; what is there already stays
    Sample {
        /// The folder of catalog and artifacts, made if it is not there
        #[arg(long, env = "EDGEHOP_DATA", default_value = "./edgehop-data")]
        data: PathBuf,
        /// Size of each artifact in bytes
        #[arg(long, env = "EDGEHOP_SAMPLE_SIZE", default_value_t = init_data::DEFAULT_SAMPLE_SIZE,
              value_parser = clap::value_parser!(u64).range(1..=resolver::catalog::MAX_ARTIFACT_BYTES))]
        sample_size: u64,
    },
    /// Draws a component: its releases, and the next hop from each
    Graph {
        #[command(flatten)]
        stores: StoreOptions,
        #[command(flatten)]
        arguments: GraphArguments,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Arguments::parse().verb {
        Verb::Sample { data, sample_size } => sample(data, sample_size).await,
        Verb::Graph { stores, arguments } => draw(stores, arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("edgehop: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn sample(data: PathBuf, size: u64) -> anyhow::Result<()> {
    let stores = Stores::embedded(&data).with_context(|| format!("cannot open {}", data.display()))?;
    let now =
        Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock is wrong")?.as_secs());
    for (sample, release) in init_data::samples(&stores, size, now).await? {
        let channel = sample.channel.unwrap_or("-");
        println!("{:<14} {:<9} {channel:<5} {}", sample.component, sample.version, release.artifact.md5);
    }
    Ok(())
}

async fn draw(stores: StoreOptions, arguments: GraphArguments) -> anyhow::Result<()> {
    println!("{}", graph::run(&stores.open()?, &arguments).await?);
    Ok(())
}
