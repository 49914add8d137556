use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use open::Stores;
use publishing::{Pointer, guard, without_bytes};
use resolver::catalog::{Channel, Component, Edit};
use resolver::words::{AttributeName, ChannelName, ComponentName, Reason, Timestamp, Version};
use serde::Serialize;
use store::{Artifacts, Catalog, StoreError};

use super::lower_case::lower_case;
use super::published::published;
use super::report::Report;

/// `edgehop channel`.
#[derive(Debug, clap::Args)]
pub(crate) struct ChannelArgs {
    #[command(subcommand)]
    verb: ChannelVerb,
}

#[derive(Debug, Subcommand)]
enum ChannelVerb {
    /// Points a channel at a release
    Set {
        /// The component
        component: ComponentName,
        /// The channel, made if it is not there
        #[arg(value_parser = lower_case::<ChannelName>)]
        channel: ChannelName,
        /// The release to point at [default: where it points now]
        version: Option<Version>,
        /// A device with this attribute, on this channel, gets the component; may be given several times, in place of
        /// those there were
        #[arg(long = "attribute", value_name = "NAME", value_parser = lower_case::<AttributeName>)]
        attributes: Vec<AttributeName>,
        /// No attribute wants the component on this channel any more
        #[arg(long, conflicts_with = "attributes")]
        no_attributes: bool,
        /// Whether a device on something newer goes down to the target; ends when the channel moves,
        /// unless given again
        #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
        allow_downgrade: Option<bool>,
        /// Set it although devices would be stranded, for this reason, which is kept
        #[arg(long, value_name = "REASON")]
        force: Option<Reason>,
    },
    /// Shows channels and where they point
    Show {
        /// The component [default: all]
        component: Option<ComponentName>,
        /// The channel [default: all]
        #[arg(value_parser = lower_case::<ChannelName>)]
        channel: Option<ChannelName>,
    },
    /// Takes a channel away; its devices are answered 404
    Remove {
        /// The component
        component: ComponentName,
        /// The channel
        #[arg(value_parser = lower_case::<ChannelName>)]
        channel: ChannelName,
    },
}

/// Channels, by component.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Channels(BTreeMap<ComponentName, BTreeMap<ChannelName, Channel>>);

/// A channel that was set, or taken away.
#[derive(Debug, Serialize)]
struct Changed {
    component: ComponentName,
    name: ChannelName,
    channel: Option<Channel>,
    unchanged: bool,
    forced: Vec<String>,
}

impl ChannelArgs {
    /// Whether it changes anything.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self.verb, ChannelVerb::Show { .. })
    }

    pub(crate) async fn run<C: Catalog, A: Artifacts>(
        self,
        stores: &Stores<C, A>,
        now: Timestamp,
    ) -> anyhow::Result<Report> {
        match self.verb {
            ChannelVerb::Show { component, channel } => {
                let shown = |component: Component| {
                    let mut channels = component.channels.clone();
                    channels.retain(|name, _| channel.as_ref().is_none_or(|wanted| wanted == name));
                    (component.name, channels)
                };
                let components = published(&stores.catalog, component.as_ref()).await?;
                if let (Some(name), [component]) = (&channel, &components[..]) {
                    require(component, name)?;
                }
                Report::of(&Channels(components.into_iter().map(shown).collect()))
            }
            ChannelVerb::Remove { component, channel } => {
                let before = published(&stores.catalog, Some(&component)).await?.remove(0);
                require(&before, &channel)?;
                change(stores, &before, channel, None, None, now).await
            }
            ChannelVerb::Set { component, channel, version, attributes, no_attributes, allow_downgrade, force } => {
                let before = stores.component(&component).await?;
                let there = before.channels.get(&channel).map(|channel| channel.target.clone());
                let target = version.or(there).with_context(|| {
                    format!("{component} has no channel {channel}: give the version that it is to point at")
                })?;
                if before.release(&target).is_none() {
                    let channel = format!("channel {channel} of {component}");
                    return Err(StoreError::Dangling { channel, target: target.to_string() }.into());
                }
                let attributes = (no_attributes || !attributes.is_empty()).then(|| attributes.into_iter().collect());
                let pointer = Pointer { name: channel.clone(), attributes, allow_downgrade };
                let set = pointer.at(&before, &target);
                change(stores, &before, channel, Some(set), force, now).await
            }
        }
    }
}

async fn change<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    before: &Component,
    name: ChannelName,
    channel: Option<Channel>,
    force: Option<Reason>,
    now: Timestamp,
) -> anyhow::Result<Report> {
    let unchanged = before.channels.get(&name) == channel.as_ref();
    let mut edit = Edit { channels: BTreeMap::from([(name.clone(), channel)]), ..Edit::default() };
    let mut forced = Vec::new();
    if !unchanged {
        if let Some(refused) = without_bytes(&stores.artifacts, before, &edit).await? {
            return Err(refused.into());
        }
        forced = guard(before, &mut edit, force.as_ref(), now)?;
        stores.catalog.commit(&before.name, before.revision, &edit).await?;
    }
    Report::of(&Changed {
        component: before.name.clone(),
        channel: edit.channels.remove(&name).flatten(),
        name,
        unchanged,
        forced,
    })
}

/// The component must have the channel.
pub(crate) fn require(component: &Component, channel: &ChannelName) -> anyhow::Result<()> {
    let names: Vec<&str> = component.channels.keys().map(ChannelName::as_str).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let there = component.channels.contains_key(channel);
    ensure!(there, "{} has no channel {channel}: it has {names}", component.name);
    Ok(())
}

fn line(f: &mut fmt::Formatter<'_>, component: &ComponentName, name: &ChannelName, channel: &Channel) -> fmt::Result {
    write!(f, "{component:<16} {name:<10} {}", channel.target)?;
    let attributes: Vec<&str> = channel.attributes.iter().map(AttributeName::as_str).collect();
    if !attributes.is_empty() {
        write!(f, "  wanted by {}", attributes.join(", "))?;
    }
    if channel.allow_downgrade {
        write!(f, "  allows downgrades")?;
    }
    channel.forced.iter().try_for_each(|reason| write!(f, "  forced: {reason}"))
}

impl fmt::Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (component, channels) in &self.0 {
            for (name, channel) in channels {
                line(f, component, name, channel)?;
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.channel {
            Some(channel) => line(f, &self.component, &self.name, channel)?,
            None => write!(f, "{} has no channel {} any more", self.component, self.name)?,
        }
        if self.unchanged {
            write!(f, "  (as before)")?;
        }
        self.forced.iter().try_for_each(|problem| write!(f, "\nforced: {problem}"))
    }
}
