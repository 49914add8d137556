use std::collections::BTreeSet;
use std::sync::Arc;

use super::outcome::{Decision, Entry, Outcome, Refusal};
use crate::catalog::{Channel, Component, Components};
use crate::query::Query;
use crate::words::{AttributeName, ChannelName, ComponentKey};

/// A component that a query asks for, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selected<'a> {
    pub(super) key: &'a ComponentKey,
    pub(super) component: &'a Arc<Component>,
    pub(super) channel_name: &'a ChannelName,
    pub(super) channel: &'a Channel,
    pub(super) by: SelectedBy<'a>,
}

/// What asked for a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SelectedBy<'a> {
    Name,
    CpuArch,
    Attribute(&'a AttributeName),
}

impl SelectedBy<'_> {
    /// How a component is asked for, as a step of the reasoning.
    pub(super) fn on(self, channel: &ChannelName) -> String {
        match self {
            SelectedBy::Name => format!("asked for by its name, on {channel}"),
            SelectedBy::CpuArch => format!("asked for by cpuArch, on {channel}"),
            SelectedBy::Attribute(attribute) => format!("wanted by the attribute {attribute}, on {channel}"),
        }
    }
}

/// The components this query asks for, each on one channel, in the order of their keys.
///
/// A component asked for in several ways follows the first that leads to a channel it has: its own name, `cpuArch`,
/// then the attributes in canonical order.
pub(super) fn select<'a>(query: &'a Query, components: &'a Components) -> impl Iterator<Item = Selected<'a>> {
    let os = query.os_component();
    components.iter().filter_map(move |(key, component)| {
        let os = os.as_ref().filter(|(name, _)| name == key).map(|(_, channel)| *channel);
        let (channel_name, channel, by) = followed(query, os, key, component)?;
        Some(Selected { key, component, channel_name, channel, by })
    })
}

/// The channel that a component follows, if it has one that it is asked for on; `os` is the one that `cpuArch` means.
fn followed<'a>(
    query: &'a Query,
    os: Option<&'a ChannelName>,
    key: &ComponentKey,
    component: &'a Component,
) -> Option<(&'a ChannelName, &'a Channel, SelectedBy<'a>)> {
    let on = |name: &'a ChannelName, by| component.channels.get(name).map(|channel| (name, channel, by));
    let named = query.components.get(key).and_then(|name| on(name, SelectedBy::Name));
    let by_os = || os.and_then(|name| on(name, SelectedBy::CpuArch));
    named.or_else(by_os).or_else(|| wanted_by_attribute(query, component))
}

/// A component that is asked for and not published, or not on that channel.
#[derive(Debug)]
pub(super) struct Missing<'a> {
    pub(super) entry: Entry,
    pub(super) channel: &'a ChannelName,
    pub(super) by: SelectedBy<'a>,
}

/// Returns an entry, in no order, for each component without the channel that this query asks for, and for each name
/// that is no component's.
///
/// A name that no component has may be a parameter that is meant for others. It counts only if the device says what runs
/// of it.
pub(super) fn missing<'a>(query: &'a Query, components: &'a Components) -> Vec<Missing<'a>> {
    let os = query.os_component();
    let by_os = os.iter().filter(|(key, _)| !query.components.contains_key(key));
    let by_os = by_os.map(|(key, channel)| (key, *channel, SelectedBy::CpuArch));
    let named = query.components.iter().map(|(key, channel)| (key, channel, SelectedBy::Name));
    let absent = |(key, channel, by): (&ComponentKey, &'a ChannelName, SelectedBy<'a>)| {
        let os = os.as_ref().filter(|(name, _)| name == key).map(|(_, channel)| *channel);
        let (component, reason) = match components.get(key) {
            Some(component) if followed(query, os, key, component).is_some() => return None,
            Some(component) => (component.name.clone(), format!("{} has no channel {channel}", component.name)),
            None if query.installed.contains_key(key) => (key.name()?, unpublished(query, key)),
            None => return None,
        };
        let entry = Entry { component, target: None, outcome: Outcome::Refused(Refusal::Absent), reason };
        Some(Missing { entry, channel, by })
    };
    named.chain(by_os).filter_map(absent).collect()
}

/// Says that no component has this name, with the architecture that it came from.
fn unpublished(query: &Query, key: &ComponentKey) -> String {
    match &query.os {
        Some((arch, _)) if !query.components.contains_key(key) => {
            format!("nothing is published as {key} (cpuArch={arch})")
        }
        _ => format!("nothing is published as {key}"),
    }
}

/// Says what of a query is not published, where nothing of it is.
pub(crate) fn nothing_found(query: &Query, decision: &Decision) -> String {
    let os = query.os_component().map(|(key, _)| key);
    let has_entry = |key: &&ComponentKey| decision.entries.iter().any(|entry| entry.component.key() == **key);
    let names: BTreeSet<&ComponentKey> = query.components.keys().chain(&os).filter(|key| !has_entry(key)).collect();
    let reasons = decision.entries.iter().map(|entry| entry.reason.clone());
    let names = names.into_iter().map(|key| unpublished(query, key));
    let attributes = query.attributes.iter().map(|(name, on)| format!("nothing that wants {name} is on {on}"));
    reasons.chain(names).chain(attributes).collect::<Vec<_>>().join("; ")
}

/// The first attribute, in canonical order, whose channel of this component wants it.
fn wanted_by_attribute<'a>(
    query: &'a Query,
    component: &'a Component,
) -> Option<(&'a ChannelName, &'a Channel, SelectedBy<'a>)> {
    query.attributes.iter().find_map(|(attribute, name)| {
        let channel = component.channels.get(name)?;
        channel.attributes.contains(attribute).then_some((name, channel, SelectedBy::Attribute(attribute)))
    })
}
