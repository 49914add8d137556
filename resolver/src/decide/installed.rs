use std::borrow::Cow;
use std::collections::BTreeSet;

use super::select::Selected;
use crate::catalog::Component;
use crate::query::Query;
use crate::words::{ComponentKey, Md5, Version};

/// Installed version of one component, and the source of that knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Installed<'a> {
    pub(super) position: Position<'a>,
    pub(super) known_by: KnownBy,
}

/// Position of a device among a component's releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position<'a> {
    /// The device runs the release of this index.
    Release(usize),
    /// The device runs a version that was never published; releases from this index on are newer.
    Unpublished(&'a Version, usize),
}

/// Source of the knowledge of what a device runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownBy {
    /// The parameter `installed`.
    Parameter,
    /// A digest in `have` or `If-None-Match`.
    Digest,
}

/// Returns the version in `installed=`, else the release whose digest is among `had`, else `None` for unknown.
///
/// Among releases with the same bytes, the device is assumed to run the oldest that was not withdrawn
/// ([`crate::catalog::Graph`]). A device that keeps a fallback has several releases' digests, and is assumed to run the
/// newest. A device that runs another one reports it by `installed=`, and is asked to (`hop`) if it has the bytes of its
/// next hop: after a revert to the release in its other slot, the device reports the same digests before and after it
/// installs that. Calling it up to date would leave it on the reverted release; sending the bytes would never end.
pub(super) fn installed<'a>(
    query: &'a Query,
    key: &ComponentKey,
    component: &Component,
    had: &BTreeSet<Md5>,
) -> Option<Installed<'a>> {
    if let Some(version) = query.installed.get(key) {
        return Some(Installed { position: position(component, version), known_by: KnownBy::Parameter });
    }
    let newest = had.iter().filter_map(|digest| component.graph().release_of(digest)).max();
    newest.map(|index| Installed { position: Position::Release(index), known_by: KnownBy::Digest })
}

/// Returns the digests in `have` that identify a component; digests shared by releases of two requested components
/// identify neither.
///
/// A device with an empty configuration of one component, and none of another, reports the same digest as a device with
/// both. Sending the second device bytes that it has costs little, until it reports `installed=`; assuming that the first
/// has both would withhold a component from it for ever.
pub(super) fn had<'a>(query: &'a Query, selected: &[Selected<'_>]) -> Cow<'a, BTreeSet<Md5>> {
    if query.have.is_empty() || selected.len() < 2 {
        return Cow::Borrowed(&query.have);
    }
    Cow::Owned(query.have.iter().copied().filter(|digest| !is_shared(digest, selected)).collect())
}

/// Returns true if two of the requested components have releases with these bytes.
pub(super) fn is_shared(digest: &Md5, selected: &[Selected<'_>]) -> bool {
    selected.iter().filter(|one| one.component.graph().release_of(digest).is_some()).nth(1).is_some()
}

/// Finds the release of a version: by its spelling, else by an equal version in another spelling.
fn position<'a>(component: &Component, version: &'a Version) -> Position<'a> {
    let releases = component.releases();
    if let Some(index) = component.index(version) {
        return Position::Release(index);
    }
    let at = releases.partition_point(|release| release.version.precedence(version).is_lt());
    match releases.get(at) {
        Some(release) if release.version.is_same(version) => Position::Release(at),
        _ => Position::Unpublished(version, at),
    }
}
