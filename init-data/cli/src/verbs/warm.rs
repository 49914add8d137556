use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use open::Stores;
use publishing::{State, Warming, warm, warming};
use resolver::catalog::{Component, Tier};
use resolver::decide::{DEFAULT_RESTORE_DAYS, MAX_RESTORE_DAYS};
use resolver::words::{ChannelName, ComponentName};
use store::{Artifacts, Catalog};

use super::asking::{agreed, ask, can_ask};
use super::lower_case::lower_case;
use super::published::published;
use super::report::Report;

/// `edgehop warm`.
#[derive(Debug, clap::Args)]
pub(crate) struct WarmArgs {
    /// The components [default: all]
    components: Vec<ComponentName>,
    /// Only this channel; may be given more than once
    #[arg(long = "channel", value_name = "NAME", value_parser = lower_case::<ChannelName>)]
    channels: Vec<ChannelName>,
    /// How fast: bulk, standard or expedited, which is dear, and standard in Deep Archive
    #[arg(long, value_name = "TIER", default_value = "bulk")]
    tier: Tier,
    /// How long the copies stay that can be read
    #[arg(long, default_value_t = DEFAULT_RESTORE_DAYS,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RESTORE_DAYS)))]
    days: u32,
    /// Restore what is cold without asking
    #[arg(long)]
    yes: bool,
}

impl WarmArgs {
    /// Shows what is cold and what it costs, and restores it if the operator agrees: with `--yes`, or on a terminal.
    pub(crate) async fn run<C: Catalog, A: Artifacts>(
        self,
        stores: &Stores<C, A>,
        json: bool,
    ) -> anyhow::Result<Report> {
        let mut components = Vec::new();
        if self.components.is_empty() {
            components = published(&stores.catalog, None).await?;
        }
        for name in &self.components {
            components.extend(published(&stores.catalog, Some(name)).await?);
        }
        let only = BTreeSet::from_iter(self.channels);
        only.iter().try_for_each(|channel| known(&components, channel))?;
        let found = warming(&stores.artifacts, &components, &only, self.tier, self.days).await?;
        let asked = || ask(&format_args!("{found}\nRestore what is cold? [y/N]"));
        if found.cold().next().is_none() || !agreed(self.yes, can_ask(json), asked)? {
            return reported(&found);
        }
        let done = warm(&stores.artifacts, found).await.context("not all that is cold was asked for: try again")?;
        reported(&done)
    }
}

/// Bytes that are missing are not as they must be.
fn reported(found: &Warming) -> anyhow::Result<Report> {
    Ok(Report::of(found)?.refused(found.objects.iter().any(|one| one.state == State::Missing)))
}

/// A channel that none of the components has is misspelled.
fn known(components: &[Component], channel: &ChannelName) -> anyhow::Result<()> {
    let there: BTreeSet<&str> =
        components.iter().flat_map(|one| one.channels.keys()).map(ChannelName::as_str).collect();
    let there = if there.is_empty() { "none".to_owned() } else { Vec::from_iter(there.iter().copied()).join(", ") };
    let known = components.iter().any(|component| component.channels.contains_key(channel));
    ensure!(known, "no component has a channel {channel}: there is {there}");
    Ok(())
}
