use std::time::Duration;

use open::Stores;
use publishing::{Rules, collect};
use resolver::words::Timestamp;
use store::{Artifacts, Catalog};

use super::report::Report;

/// `edgehop gc`.
#[derive(Debug, clap::Args)]
pub(crate) struct GcArgs {
    /// Objects younger than this stay, in case somebody is publishing them; an hour at least
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    older_than: Duration,
    /// Delete the bytes of releases too that were withdrawn longer ago than that
    #[arg(long)]
    withdrawn: bool,
    /// Only show what would be deleted
    #[arg(long)]
    dry_run: bool,
}

impl GcArgs {
    pub(crate) async fn run<C: Catalog, A: Artifacts>(
        self,
        stores: &Stores<C, A>,
        now: Timestamp,
    ) -> anyhow::Result<Report> {
        let rules = Rules { older_than: self.older_than, withdrawn: self.withdrawn, dry_run: self.dry_run };
        Report::of(&collect(stores, rules, now).await?)
    }
}
