use std::fmt;

use anyhow::Context as _;
use open::Stores;
use publishing::guard;
use resolver::catalog::{Edit, Release, Withdrawal};
use resolver::words::{ComponentName, Reason, Timestamp, Version};
use serde::Serialize;
use store::Catalog;

use super::published::published;
use super::report::Report;

/// `edgehop yank`.
#[derive(Debug, clap::Args)]
pub(crate) struct YankArgs {
    /// The component
    component: ComponentName,
    /// The release to withdraw
    version: Version,
    /// Why
    #[arg(long, value_name = "REASON")]
    reason: Reason,
    /// The later barrier that does this one's duty; without it, a barrier bars on
    #[arg(long, value_name = "VERSION")]
    superseded_by: Option<Version>,
    /// Withdraw it although devices would be stranded, for this reason, which is kept
    #[arg(long, value_name = "REASON")]
    force: Option<Reason>,
}

/// A release that was withdrawn.
#[derive(Debug, Serialize)]
struct Yanked {
    component: ComponentName,
    release: Release,
    unchanged: bool,
    forced: Vec<String>,
}

impl YankArgs {
    pub(crate) async fn run<C: Catalog, A>(self, stores: &Stores<C, A>, now: Timestamp) -> anyhow::Result<Report> {
        let before = published(&stores.catalog, Some(&self.component)).await?.remove(0);
        let there = before.release(&self.version);
        let there = there.with_context(|| {
            let (name, version) = (&self.component, &self.version);
            format!("{name} {version} is not published: `edgehop releases {name}` lists what is")
        })?;
        let mut release = Release::clone(there);
        // Whoever withdraws it again may only add who does its duty.
        let at = release.withdrawn.as_ref().map_or(now, |withdrawal| withdrawal.at);
        release.withdrawn = Some(Withdrawal { reason: self.reason, at, superseded_by: self.superseded_by });
        let unchanged = release == **there;
        let mut edit = Edit { releases: vec![release], ..Edit::default() };
        let mut forced = Vec::new();
        if !unchanged {
            forced = guard(&before, &mut edit, self.force.as_ref(), now)?;
            stores.catalog.commit(&before.name, before.revision, &edit).await?;
        }
        let release = edit.releases.remove(0);
        Report::of(&Yanked { component: before.name.clone(), release, unchanged, forced })
    }
}

impl fmt::Display for Yanked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = if self.unchanged { "was withdrawn before" } else { "is withdrawn" };
        write!(f, "{} {} {done}: it is never offered again", self.component, self.release.version)?;
        self.forced.iter().try_for_each(|problem| write!(f, "\nforced: {problem}"))
    }
}
