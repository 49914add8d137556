use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Problem, Twins};
use super::{Facts, Place, Report, Terrain, no_way, route};
use crate::catalog::{Component, Met};
use crate::decide::{Obstacle, Route};
use crate::words::{ChannelName, Md5};

/// The sets of releases that have the same bytes, each in the order of versions.
pub(super) fn sets(component: &Component) -> Vec<Vec<usize>> {
    let mut sets: BTreeMap<Md5, Vec<usize>> = BTreeMap::new();
    for (index, release) in component.releases().iter().enumerate() {
        sets.entry(release.artifact.md5).or_default().push(index);
    }
    sets.into_values().filter(|set| set.len() > 1).collect()
}

/// Proves one channel for devices that are known by these bytes alone: what they are given as if they ran one of the
/// releases that have them must be right for whichever they run.
pub(super) fn twins(
    terrain: &Terrain<'_>,
    set: &[usize],
    name: &ChannelName,
    facts: &Facts,
    target: usize,
    report: &mut Report,
) {
    let bytes = |index: usize| terrain.release(index).artifact.md5;
    let Some(stand) = terrain.graph.stand(&bytes(set[0])).filter(|stand| bytes(*stand) != bytes(target)) else {
        return;
    };
    let cannot_run = |index: usize| terrain.release(index).requires.iter().any(|one| one.met(facts) == Met::No);
    let others = set.iter().copied().filter(|other| *other != stand && !cannot_run(*other));
    let version = |index: usize| terrain.release(index).version.clone();
    let mut problem = |other: usize, why: String| {
        let (channel, facts) = (name.clone(), facts.clone());
        let (version, other) = (version(stand), version(other));
        report.problems.insert(Problem::Twins(Twins { channel, facts, version, other, why }));
    };
    let Some(Route { first, .. }) = route(terrain, Place::Release(stand), target) else {
        let why = no_way(terrain, Place::Release(stand), target).1;
        // From a release of which no device is led to the target anyway, nothing is taken.
        let is_led = |other: &usize| route(terrain, Place::Release(*other), target).is_some();
        others.filter(is_led).for_each(|other| problem(other, why.clone()));
        return;
    };
    if bytes(first) == bytes(stand) {
        let why = format!("it is led to {}, whose bytes it has, so it is asked for ever what it runs", version(first));
        return problem(first, why);
    }
    for other in others {
        if let Some(obstacle) = unsafe_step(terrain, other, first, target) {
            problem(other, format!("it is given {}, and {obstacle}", version(first)));
        }
    }
    if let Some(again) = returns(terrain, stand, first, target) {
        problem(again, format!("{} is given to it again and again", version(first)));
    }
}

/// The rule that a step breaks for a device that runs another release than it is taken for.
///
/// That a channel which goes up only points below a release is no danger to who runs it: those devices are on another
/// channel. What the release itself says about its successors holds wherever it runs.
fn unsafe_step<'a>(terrain: &Terrain<'a>, other: usize, first: usize, target: usize) -> Option<Obstacle<'a>> {
    let rank = &terrain.graph.rank;
    let obstacle = terrain.obstacle(Place::Release(other), first);
    match obstacle {
        Some(Obstacle::Down { at, .. }) if rank[other] > rank[target] => {
            terrain.distrust(Place::Release(other), at, terrain.release(first))
        }
        _ => obstacle,
    }
}

/// The release by which a device comes back to where it is taken to stand, installing what it is given and saying
/// nothing but the digest of that.
fn returns(terrain: &Terrain<'_>, stand: usize, first: usize, target: usize) -> Option<usize> {
    let (mut at, mut seen) = (first, BTreeSet::new());
    while terrain.release(at).artifact.md5 != terrain.release(target).artifact.md5 && seen.insert(at) {
        let taken_for = terrain.graph.stand(&terrain.release(at).artifact.md5)?;
        if taken_for == stand {
            return Some(at);
        }
        at = route(terrain, Place::Release(taken_for), target)?.first;
    }
    None
}
