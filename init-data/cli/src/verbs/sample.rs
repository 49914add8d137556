use std::fmt;

use open::Stores;
use publishing::{DEFAULT_SAMPLE_SIZE, remove_samples, samples};
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
    /// Take the sample data out again, with the channels that point at it; releases of your own stay
    #[arg(long)]
    pub(crate) remove: bool,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Samples {
    all: Vec<Made>,
    #[serde(skip)]
    removed: bool,
}

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
        let done = match self.remove {
            true => remove_samples(stores, now).await?,
            false => samples(stores, self.sample_size, now).await?,
        };
        let made = done.into_iter().map(|(sample, release)| Made {
            component: sample.component,
            version: sample.version,
            channel: sample.channel,
            md5: release.artifact.md5,
        });
        Report::of(&Samples { all: made.collect(), removed: self.remove })
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all.iter().try_for_each(|Made { component, version, channel, md5 }| {
            writeln!(f, "{component:<14} {version:<9} {:<5} {md5}", channel.unwrap_or("-"))
        })?;
        match (self.removed, self.all.is_empty()) {
            (true, true) => writeln!(f, "there is no sample data"),
            (true, false) => writeln!(f, "removed from the catalog; `edgehop gc` deletes the bytes"),
            (false, _) => Ok(()),
        }
    }
}
