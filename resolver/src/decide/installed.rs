use std::borrow::Cow;
use std::collections::BTreeSet;

use super::select::Selected;
use crate::catalog::Component;
use crate::query::Query;
use crate::words::{ComponentKey, Md5, Version};

/// What a device runs of one component, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Installed<'a> {
    pub(super) place: Place<'a>,
    pub(super) known_by: KnownBy,
}

/// Where a device stands among a component's releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// On the release of this index.
    Release(usize),
    /// On a version that was never published; releases from this index on are newer.
    Unpublished(&'a Version, usize),
}

/// What told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownBy {
    /// `installed=`
    Word,
    /// A digest in `have` or `If-None-Match`.
    Digest,
}

/// What `installed=` says, else the release whose digest is among `had`, else `None`: unknown.
///
/// Of releases with the same bytes it is the oldest that was not withdrawn ([`crate::catalog::Graph`]). A device may
/// have several releases' digests, where it keeps a fallback: it runs the newest of them. One that runs another says so
/// by `installed=`, and is asked for it where its next hop is among what it has: after a revert to bytes that are in its
/// other slot, a device that runs them and one that runs what was reverted say the same digests. "Up to date" would
/// leave the second there, and the bytes would be sent to the first for ever (`hop`).
pub(super) fn installed<'a>(
    query: &'a Query,
    key: &ComponentKey,
    component: &Component,
    had: &BTreeSet<Md5>,
) -> Option<Installed<'a>> {
    if let Some(version) = query.installed.get(key) {
        return Some(Installed { place: place(component, version), known_by: KnownBy::Word });
    }
    let newest = had.iter().filter_map(|digest| component.graph().stand(digest)).max();
    newest.map(|index| Installed { place: Place::Release(index), known_by: KnownBy::Digest })
}

/// The digests in `have` that say which component they are of: those that two of the components asked for have releases
/// with say nothing.
///
/// A device that has an empty configuration of one component, and none of another, says the same digest as one that has
/// both. Sending the second what it has costs a few bytes, until it says `installed=`; believing the first would hide a
/// component from it for ever.
pub(super) fn had<'a>(query: &'a Query, selected: &[Selected<'_>]) -> Cow<'a, BTreeSet<Md5>> {
    if query.have.is_empty() || selected.len() < 2 {
        return Cow::Borrowed(&query.have);
    }
    Cow::Owned(query.have.iter().copied().filter(|digest| !is_shared(digest, selected)).collect())
}

/// Two of the components asked for have releases with these bytes.
pub(super) fn is_shared(digest: &Md5, selected: &[Selected<'_>]) -> bool {
    selected.iter().filter(|one| one.component.graph().stand(digest).is_some()).nth(1).is_some()
}

/// The release of a version: the one of this spelling, else of another spelling of the same version.
fn place<'a>(component: &Component, version: &'a Version) -> Place<'a> {
    let releases = component.releases();
    if let Some(index) = component.index(version) {
        return Place::Release(index);
    }
    let at = releases.partition_point(|release| release.version.precedence(version).is_lt());
    match releases.get(at) {
        Some(release) if release.version.is_same(version) => Place::Release(at),
        _ => Place::Unpublished(version, at),
    }
}
