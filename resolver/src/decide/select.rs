use std::collections::BTreeSet;
use std::sync::Arc;

use super::outcome::{Decision, Entry, Outcome, Refusal};
use crate::catalog::{Channel, Component, Components};
use crate::query::Query;
use crate::words::{AttributeName, ChannelName, ComponentKey};

/// A component that a query asks for, with the channel and the parameter that selected it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selected<'a> {
    pub(super) key: &'a ComponentKey,
    pub(super) component: &'a Arc<Component>,
    pub(super) channel_name: &'a ChannelName,
    pub(super) channel: &'a Channel,
    pub(super) by: SelectedBy<'a>,
}

/// Parameter by which a query selects a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SelectedBy<'a> {
    Name,
    CpuArch,
    Attribute(&'a AttributeName),
}

impl SelectedBy<'_> {
    /// Describes how a component is selected, as a step of the reasoning.
    pub(super) fn on(self, channel: &ChannelName) -> String {
        match self {
            SelectedBy::Name => format!("asked for by its name, on {channel}"),
            SelectedBy::CpuArch => format!("asked for by cpuArch, on {channel}"),
            SelectedBy::Attribute(attribute) => format!("wanted by the attribute {attribute}, on {channel}"),
        }
    }
}

/// Returns the components that a query asks for, each on one channel, in the order of their keys.
///
/// A component selected by several parameters follows the first one that names a channel which it has: its own name,
/// `cpuArch`, then the attributes in canonical order.
pub(super) fn select<'a>(query: &'a Query, components: &'a Components) -> impl Iterator<Item = Selected<'a>> {
    let os = query.os_component();
    components.iter().filter_map(move |(key, component)| {
        let os = os.as_ref().filter(|(name, _)| name == key).map(|(_, channel)| *channel);
        let (channel_name, channel, by) = followed(query, os, key, component)?;
        Some(Selected { key, component, channel_name, channel, by })
    })
}

/// Returns the channel that a component is selected on, if any; `os` is the component that `cpuArch` means.
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

/// A requested component that is not published, or not on the requested channel.
#[derive(Debug)]
pub(super) struct Missing<'a> {
    pub(super) entry: Entry,
    pub(super) channel: &'a ChannelName,
    pub(super) by: SelectedBy<'a>,
}

/// Returns an entry, in no particular order, for each component without the requested channel, and for each name that no
/// component has.
///
/// A name that no component has may be a parameter meant for another server. It counts only if `installed` names it too.
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

/// Explains that no component has this name, with the architecture that the name is made of.
fn unpublished(query: &Query, key: &ComponentKey) -> String {
    match &query.os {
        Some((arch, _)) if !query.components.contains_key(key) => {
            format!("nothing is published as {key} (cpuArch={arch})")
        }
        _ => format!("nothing is published as {key}"),
    }
}

/// Lists what a query asks for, where none of it is published.
pub(crate) fn nothing_found(query: &Query, decision: &Decision) -> String {
    let os = query.os_component().map(|(key, _)| key);
    let has_entry = |key: &&ComponentKey| decision.entries.iter().any(|entry| entry.component.key() == **key);
    let names: BTreeSet<&ComponentKey> = query.components.keys().chain(&os).filter(|key| !has_entry(key)).collect();
    let reasons = decision.entries.iter().map(|entry| entry.reason.clone());
    let names = names.into_iter().map(|key| unpublished(query, key));
    let attributes = query.attributes.iter().map(|(name, on)| format!("nothing that wants {name} is on {on}"));
    reasons.chain(names).chain(attributes).collect::<Vec<_>>().join("; ")
}

/// Returns the first attribute, in canonical order, that selects a channel of this component.
fn wanted_by_attribute<'a>(
    query: &'a Query,
    component: &'a Component,
) -> Option<(&'a ChannelName, &'a Channel, SelectedBy<'a>)> {
    query.attributes.iter().find_map(|(attribute, name)| {
        let channel = component.channels.get(name)?;
        channel.attributes.contains(attribute).then_some((name, channel, SelectedBy::Attribute(attribute)))
    })
}
