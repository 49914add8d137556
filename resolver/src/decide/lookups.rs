use std::collections::BTreeSet;

use crate::query::Query;
use crate::words::{AttributeName, ComponentKey};

/// What must be fetched before a query can be decided: point reads, all known at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lookups {
    /// Components asked for outright.
    pub components: BTreeSet<ComponentKey>,
    /// Attributes; a store's index lists the components that want each, and those are fetched too.
    pub attributes: BTreeSet<AttributeName>,
}

/// The keys that this query's decision depends on.
pub fn lookups(query: &Query) -> Lookups {
    let os = query.os_component().map(|(name, _)| name);
    // Whether those exist that cannot be read is what they are refused for.
    let (components, attributes) = (&query.unreadable.components, &query.unreadable.attributes);
    Lookups {
        components: query.components.keys().chain(components).cloned().chain(os).collect(),
        attributes: query.attributes.keys().chain(attributes).cloned().collect(),
    }
}
