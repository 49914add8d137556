use std::fmt;

use init_data::{DEFAULT_SAMPLE_SIZE, Stores, samples};
use resolver::catalog::MAX_ARTIFACT_BYTES;
use resolver::words::{Md5, Timestamp};
use serde::Serialize;
use store::{Artifacts, Catalog};

use super::report::Report;

/// `edgehop sample`.
#[derive(Debug, clap::Args)]
pub(crate) struct SampleArgs {
    /// Size of each artifact in bytes
    #[arg(long, env = "EDGEHOP_SAMPLE_SIZE", default_value_t = DEFAULT_SAMPLE_SIZE,
          value_parser = clap::value_parser!(u64).range(1..=MAX_ARTIFACT_BYTES))]
    sample_size: u64,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Samples(Vec<Made>);

#[derive(Debug, Serialize)]
struct Made {
    component: &'static str,
    version: &'static str,
    channel: Option<&'static str>,
    md5: Md5,
}

impl SampleArgs {
    pub(crate) async fn run<C: Catalog, A: Artifacts>(
        self,
        stores: &Stores<C, A>,
        now: Timestamp,
    ) -> anyhow::Result<Report> {
        let made = samples(stores, self.sample_size, now).await?.into_iter().map(|(sample, release)| Made {
            component: sample.component,
            version: sample.version,
            channel: sample.channel,
            md5: release.artifact.md5,
        });
        Report::of(&Samples(made.collect()))
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|Made { component, version, channel, md5 }| {
            writeln!(f, "{component:<14} {version:<9} {:<5} {md5}", channel.unwrap_or("-"))
        })
    }
}
