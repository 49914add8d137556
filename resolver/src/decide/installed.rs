use std::sync::Arc;

use crate::catalog::{Component, Release};
use crate::query::Query;
use crate::words::{ComponentKey, Version};

/// What a device runs of one component, as far as it said.
pub(super) enum Installed<'a> {
    /// It named a version, published or not.
    Said(&'a Version),
    /// It has these releases' artifacts. More than one where it keeps a fallback: which one runs is not known.
    Has(Vec<&'a Arc<Release>>),
    /// It said nothing.
    Unknown,
}

/// What `installed=` says, else the releases whose digests are in `have`, else unknown.
pub(super) fn installed<'a>(query: &'a Query, key: &ComponentKey, component: &'a Component) -> Installed<'a> {
    if let Some(version) = query.installed.get(key) {
        return Installed::Said(version);
    }
    let has: Vec<_> = query.have.iter().filter_map(|digest| component.release_of(digest)).collect();
    if has.is_empty() { Installed::Unknown } else { Installed::Has(has) }
}
