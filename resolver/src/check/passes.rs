use std::collections::BTreeSet;

use crate::catalog::{Component, Release, Requirement};
use crate::words::Version;

/// The newest version that every device passes before it is given a version with these requirements, or older than which
/// the release's own range admits none: its signer has to say no less.
///
/// A barrier counts that is for every device that the version is for. One with a requirement of its own does not bar
/// devices that contradict it, and a signature that demanded it would lock those out.
pub fn passes<'a>(
    component: &'a Component,
    version: &Version,
    requires: &BTreeSet<Requirement>,
) -> Option<&'a Version> {
    let bars = |release: &Release| release.bars() && release.requires.is_subset(requires);
    let below = component.releases().iter().rev().filter(|release| release.version.precedence(version).is_lt());
    let barrier = below.map(|release| &**release).find(|release| bars(release)).map(|release| &release.version);
    let from = component.release(version).and_then(|release| release.from.as_ref()?.lower());
    barrier.into_iter().chain(from).max_by(|a, b| a.precedence(b))
}
