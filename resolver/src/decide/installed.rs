use crate::catalog::Component;
use crate::query::Query;
use crate::words::{ComponentKey, Version};

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

/// What `installed=` says, else the release whose digest is in `have`, else `None`: unknown.
///
/// A device may have several releases' digests, where it keeps a fallback: it runs the newest of them. One that runs
/// another says so by `installed=`.
pub(super) fn installed<'a>(query: &'a Query, key: &ComponentKey, component: &Component) -> Option<Installed<'a>> {
    if let Some(version) = query.installed.get(key) {
        return Some(Installed { place: place(component, version), known_by: KnownBy::Word });
    }
    let has = |index: &usize| query.have.contains(&component.releases()[*index].artifact.md5);
    let newest = if query.have.is_empty() { None } else { (0..component.releases().len()).rev().find(has) };
    newest.map(|index| Installed { place: Place::Release(index), known_by: KnownBy::Digest })
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
