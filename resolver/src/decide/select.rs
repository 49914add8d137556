use std::sync::Arc;

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

/// The components this query asks for, each on one channel, in the order of their keys.
///
/// A component asked for in several ways follows the first that leads to a channel it has: its own name, `cpuArch`,
/// then the attributes in canonical order.
pub(super) fn select<'a>(query: &'a Query, components: &'a Components) -> impl Iterator<Item = Selected<'a>> {
    let os = query.os_component();
    components.iter().filter_map(move |(key, component)| {
        let on = |name: &'a ChannelName, by| component.channels.get(name).map(|channel| (name, channel, by));
        let named = query.components.get(key).and_then(|name| on(name, SelectedBy::Name));
        let by_os = || {
            let asked = os.as_ref().filter(|(name, _)| name == key);
            asked.and_then(|(_, name)| on(name, SelectedBy::CpuArch))
        };
        let (channel_name, channel, by) = named.or_else(by_os).or_else(|| wanted_by_attribute(query, component))?;
        Some(Selected { key, component, channel_name, channel, by })
    })
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
