use std::collections::BTreeMap;
use std::fmt;

use open::Stores;
use resolver::catalog::{Component, Release};
use resolver::words::{ComponentName, KeyId};
use serde::Serialize;
use store::Catalog;

use super::published::published;
use super::report::Report;

/// `edgehop releases`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReleasesArgs {
    /// The component [default: all]
    component: Option<ComponentName>,
}

/// Releases by component, oldest first, and which channels point at them.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Releases(BTreeMap<ComponentName, Vec<Listed>>);

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    release: Release,
    channels: Vec<String>,
}

impl ReleasesArgs {
    pub(crate) async fn run<C: Catalog, A>(self, stores: &Stores<C, A>) -> anyhow::Result<Report> {
        let components = published(&stores.catalog, self.component.as_ref()).await?;
        let listed = components.iter().map(|component| (component.name.clone(), listed(component)));
        Report::of(&Releases(listed.collect()))
    }
}

fn listed(component: &Component) -> Vec<Listed> {
    let pointing = |release: &Release| {
        let pointing = component.channels.iter().filter(|(_, channel)| channel.target == release.version);
        pointing.map(|(name, _)| name.to_string()).collect()
    };
    let releases = component.releases().iter();
    releases.map(|release| Listed { channels: pointing(release), release: Release::clone(release) }).collect()
}

impl fmt::Display for Releases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (component, releases) in &self.0 {
            for Listed { release, channels } in releases {
                let Release { version, artifact, published, .. } = release;
                write!(f, "{component:<16} {version:<14} {published} {:>12} bytes", artifact.size)?;
                if !channels.is_empty() {
                    write!(f, "  <- {}", channels.join(", "))?;
                }
                constraints(f, release)?;
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

fn constraints(f: &mut fmt::Formatter<'_>, release: &Release) -> fmt::Result {
    if let Some(withdrawal) = &release.withdrawn {
        write!(f, "\n    withdrawn: {}", withdrawal.reason)?;
        withdrawal.superseded_by.iter().try_for_each(|by| write!(f, " (superseded by {by})"))?;
    }
    release.barrier.iter().try_for_each(|reason| write!(f, "\n    barrier: {reason}"))?;
    release.dead_end.iter().try_for_each(|reason| write!(f, "\n    dead end: {reason}"))?;
    release.from.iter().try_for_each(|range| write!(f, "\n    installed over {range}"))?;
    release.floor.iter().try_for_each(|floor| write!(f, "\n    replaced by {floor} or newer only"))?;
    release.requires.iter().try_for_each(|rule| write!(f, "\n    requires {rule}"))?;
    release.key().iter().try_for_each(|key| write!(f, "\n    signed by {}", key.id()))?;
    if !release.trusts.is_empty() {
        let keys: Vec<String> = release.trusts.iter().map(|key| key.id()).map(|id: KeyId| id.to_string()).collect();
        write!(f, "\n    trusts {}", keys.join(", "))?;
    }
    release.notes.iter().try_for_each(|notes| write!(f, "\n    {}", notes.as_str().replace('\n', "\n    ")))?;
    release.forced.iter().try_for_each(|reason| write!(f, "\n    forced: {reason}"))
}
