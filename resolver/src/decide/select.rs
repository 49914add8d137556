use std::sync::Arc;

use crate::catalog::{Channel, Component, Components};
use crate::query::Query;
use crate::words::{ChannelName, ComponentKey};

/// The components this query asks for, each on one channel, in the order of their keys.
///
/// A component asked for in several ways follows the first that leads to a channel it has: its own name, `cpuArch`,
/// then the attributes in canonical order.
pub(super) fn select<'a>(
    query: &'a Query,
    components: &'a Components,
) -> impl Iterator<Item = (&'a ComponentKey, &'a Arc<Component>, &'a ChannelName, &'a Channel)> {
    let os = query.os_component();
    components.iter().filter_map(move |(key, component)| {
        let on = |name: &'a ChannelName| component.channels.get(name).map(|channel| (name, channel));
        let named = query.components.get(key).and_then(on);
        let by_os = || os.as_ref().filter(|(name, _)| name == key).and_then(|(_, name)| on(name));
        let (name, channel) = named.or_else(by_os).or_else(|| wanted_by_attribute(query, component))?;
        Some((key, component, name, channel))
    })
}

/// The first attribute, in canonical order, whose channel of this component wants it.
fn wanted_by_attribute<'a>(query: &'a Query, component: &'a Component) -> Option<(&'a ChannelName, &'a Channel)> {
    query.attributes.iter().find_map(|(attribute, name)| {
        let channel = component.channels.get(name)?;
        channel.attributes.contains(attribute).then_some((name, channel))
    })
}
