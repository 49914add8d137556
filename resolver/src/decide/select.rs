use std::sync::Arc;

use super::Components;
use crate::catalog::{Channel, Component};
use crate::query::Query;
use crate::words::{ChannelName, ComponentKey};

/// The components this query asks for, each on one channel, in the order of their keys.
///
/// A component asked for on two channels follows the one named outright (by its own name before `cpuArch`), then the
/// first attribute in canonical order. One that is not on the channel asked for is not selected.
pub(super) fn select<'a>(
    query: &'a Query,
    components: &'a Components,
) -> impl Iterator<Item = (&'a ComponentKey, &'a Arc<Component>, &'a ChannelName, &'a Channel)> {
    let os = query.os_component();
    components.iter().filter_map(move |(key, component)| {
        let named = query.components.get(key);
        let os_channel = os.as_ref().filter(|(name, _)| name == key).map(|(_, channel)| *channel);
        let (name, channel) = match named.or(os_channel) {
            Some(name) => (name, component.channels.get(name)?),
            None => wanted_by_attribute(query, component)?,
        };
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
