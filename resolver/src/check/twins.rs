use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Problem, Twins};
use super::{DeviceView, Facts, Position, Report, no_way, shortest_path};
use crate::catalog::{Component, Match};
use crate::decide::{Obstacle, Path};
use crate::words::{ChannelName, Md5};

/// Returns the sets of releases that share their bytes, each in the order of versions.
pub(super) fn sets(component: &Component) -> Vec<Vec<usize>> {
    let mut sets: BTreeMap<Md5, Vec<usize>> = BTreeMap::new();
    for (index, release) in component.releases().iter().enumerate() {
        sets.entry(release.artifact.md5).or_default().push(index);
    }
    sets.into_values().filter(|set| set.len() > 1).collect()
}

/// Proves one channel for devices that report one digest alone: the answer, made for one of the releases with that
/// digest, must be right for all of them.
pub(super) fn twins(
    view: &DeviceView<'_>,
    set: &[usize],
    name: &ChannelName,
    facts: &Facts,
    target: usize,
    report: &mut Report,
) {
    let bytes = |index: usize| view.release(index).artifact.md5;
    let Some(stand) = view.graph.release_of(&bytes(set[0])).filter(|stand| bytes(*stand) != bytes(target)) else {
        return;
    };
    let cannot_run = |index: usize| view.release(index).requires.iter().any(|one| one.evaluate(facts) == Match::No);
    let others = set.iter().copied().filter(|other| *other != stand && !cannot_run(*other));
    let version = |index: usize| view.release(index).version.clone();
    let mut problem = |other: usize, why: String| {
        let (channel, facts) = (name.clone(), facts.clone());
        let (version, other) = (version(stand), version(other));
        report.problems.insert(Problem::Twins(Twins { channel, facts, version, other, why }));
    };
    let Some(Path { first, .. }) = shortest_path(view, Position::Release(stand), target) else {
        let why = no_way(view, Position::Release(stand), target).1;
        // A release without a path to the target loses nothing.
        let is_led = |other: &usize| shortest_path(view, Position::Release(*other), target).is_some();
        others.filter(is_led).for_each(|other| problem(other, why.clone()));
        return;
    };
    if bytes(first) == bytes(stand) {
        let why = format!("it is led to {}, whose bytes it has, so it is asked for ever what it runs", version(first));
        return problem(first, why);
    }
    for other in others {
        if let Some(obstacle) = unsafe_step(view, other, first, target) {
            problem(other, format!("it is given {}, and {obstacle}", version(first)));
        }
    }
    if let Some(again) = returns(view, stand, first, target) {
        problem(again, format!("{} is given to it again and again", version(first)));
    }
}

/// Returns the rule that a step breaks for a device that runs another release than assumed.
///
/// A downgrade that the channel forbids is no danger to devices above its target, because those are on another channel.
/// The release's own constraints on its successors hold on every channel.
fn unsafe_step<'a>(view: &DeviceView<'a>, other: usize, first: usize, target: usize) -> Option<Obstacle<'a>> {
    let rank = &view.graph.rank;
    let obstacle = view.obstacle(Position::Release(other), first);
    match obstacle {
        Some(Obstacle::Down { at, .. }) if rank[other] > rank[target] => {
            view.distrust(Position::Release(other), at, view.release(first))
        }
        _ => obstacle,
    }
}

/// Returns the release at which updates start to repeat for a device that installs what it is given and reports only the
/// digest of that, if there is one.
fn returns(view: &DeviceView<'_>, stand: usize, first: usize, target: usize) -> Option<usize> {
    let (mut at, mut seen) = (first, BTreeSet::new());
    while view.release(at).artifact.md5 != view.release(target).artifact.md5 && seen.insert(at) {
        let taken_for = view.graph.release_of(&view.release(at).artifact.md5)?;
        if taken_for == stand {
            return Some(at);
        }
        at = shortest_path(view, Position::Release(taken_for), target)?.first;
    }
    None
}
