use std::collections::BTreeSet;
use std::sync::Arc;

use super::installed::{Installed, KnownBy, Place};
use super::obstacle::Obstacle;
use super::outcome::{Entry, Outcome, Refusal};
use super::route::{Route, route};
use super::select::Selected;
use super::terrain::Terrain;
use crate::query::Query;
use crate::words::{ChannelName, Md5, Version};

/// The next hop from what is installed towards the channel's target: the first step of a shortest safe path.
pub(super) fn next(
    query: &Query,
    selected: Selected<'_>,
    installed: Option<Installed<'_>>,
    had: &BTreeSet<Md5>,
) -> Entry {
    let (mut outcome, mut reason) = decided(query, selected, installed);
    let Selected { component, channel_name, channel, .. } = selected;
    if let Some(Installed { place: Place::Release(index), known_by: KnownBy::Digest }) = installed {
        let target = component.release(&channel.target);
        match (&outcome, target) {
            // Of the releases whose bytes it has, nothing tells which it runs: to one it is the next, to one it is over.
            (Outcome::Install { release, .. }, _) if had.contains(&release.artifact.md5) => {
                let (name, runs) = (&component.name, &component.releases()[index].version);
                reason = format!(
                    "say what runs now, as installed={name}@<version>: the bytes of {} are there, and of {runs}",
                    release.version
                );
                outcome = Outcome::Refused(Refusal::Unsaid);
            }
            // Whichever it runs, there is nothing for it.
            (Outcome::Refused(Refusal::NoPath | Refusal::Withdrawn), Some(target))
                if had.contains(&target.artifact.md5) =>
            {
                reason = on_target(channel_name);
                outcome = Outcome::Have(Arc::clone(target));
            }
            _ => {}
        }
    }
    Entry { component: component.name.clone(), target: Some(channel.target.clone()), outcome, reason }
}

fn decided(query: &Query, selected: Selected<'_>, installed: Option<Installed<'_>>) -> (Outcome, String) {
    let Selected { component, channel_name, channel, .. } = selected;
    let Some(target) = component.index(&channel.target) else {
        let reason = format!("{channel_name} points at a release that is not published");
        return (Outcome::Refused(Refusal::Withdrawn), reason);
    };
    let release = |index: usize| Arc::clone(&component.releases()[index]);
    let terrain = Terrain::new(component, channel, &query.facts);
    if installed.is_some_and(|installed| runs(&terrain, installed, target)) {
        return (Outcome::Have(release(target)), on_target(channel_name));
    }
    if let Some(obstacle) = terrain.closed(target) {
        return (Outcome::Refused(Refusal::of(&obstacle)), obstacle.to_string());
    }
    let Some(Installed { place, .. }) = installed else {
        return match constraint(&terrain, target) {
            None => {
                let install = Outcome::Install { release: release(target), hops_remaining: 0 };
                (install, format!("the target of {channel_name}"))
            }
            Some(obstacle) => {
                let name = &component.name;
                let reason = format!("say what runs now, as installed={name}@<version>: {obstacle}");
                (Outcome::Refused(Refusal::Unsaid), reason)
            }
        };
    };
    match route(&terrain, place, target) {
        Some(Route { first, hops }) => {
            let install = Outcome::Install { release: release(first), hops_remaining: hops - 1 };
            (install, why(&terrain, place, first, target, channel_name))
        }
        None => {
            let (refusal, reason) = no_way(&terrain, place, target);
            (Outcome::Refused(refusal), reason)
        }
    }
}

fn on_target(channel: &ChannelName) -> String {
    format!("already on the target of {channel}")
}

/// The device is on the target: it runs that version however spelled, or is known by the very bytes.
fn runs(terrain: &Terrain<'_>, Installed { place, known_by }: Installed<'_>, target: usize) -> bool {
    let Place::Release(index) = place else { return false };
    let bytes = |index: usize| &terrain.release(index).artifact.md5;
    terrain.graph.rank[index] == terrain.graph.rank[target]
        || known_by == KnownBy::Digest && bytes(index) == bytes(target)
}

/// What stands between some release that a device might run and the target: a device that does not say what it runs
/// is given the target only if there is nothing.
fn constraint<'a>(terrain: &Terrain<'a>, target: usize) -> Option<Obstacle<'a>> {
    let same = terrain.same(target);
    let others = (0..terrain.graph.rank.len()).rev().filter(|index| !same.contains(index));
    others.filter_map(|index| terrain.obstacle(Place::Release(index), target)).find(|obstacle| {
        // That a device may be on something newer is true of nearly every target: it is then taken for older.
        !matches!(obstacle, Obstacle::Down { .. })
    })
}

/// Why this step comes first.
fn why(terrain: &Terrain<'_>, place: Place<'_>, first: usize, target: usize, channel: &ChannelName) -> String {
    if first == target {
        return format!("the target of {channel}");
    }
    match (&terrain.release(first).barrier, terrain.obstacle(place, target)) {
        (Some(reason), Some(Obstacle::Barrier { index, .. })) if index == first => format!("barrier: {reason}"),
        (_, Some(obstacle)) => format!("on the way to {}: {obstacle}", terrain.release(target).version),
        (_, None) => format!("on the way to {}", terrain.release(target).version),
    }
}

/// Why there is no way from a place to a target that is open to the device.
pub(crate) fn no_way(terrain: &Terrain<'_>, place: Place<'_>, target: usize) -> (Refusal, String) {
    // With other facts there might be a way: then the facts are what is missing.
    let others = terrain.with_any_facts();
    let mut at = place;
    while let Some(Route { first, .. }) = route(&others, at, target) {
        if let Some(obstacle) = terrain.unmet(first) {
            return (Refusal::Fact, obstacle.to_string());
        }
        if first == target {
            break;
        }
        at = Place::Release(first);
    }
    let wanted = &terrain.release(target).version;
    let reason = match terrain.obstacle(place, target) {
        Some(Obstacle::Barrier { index, .. }) => stuck_below(terrain, place, index, wanted),
        Some(obstacle @ (Obstacle::From { .. } | Obstacle::Key { .. } | Obstacle::Unsigned { .. })) => {
            format!("no way to {wanted}: {obstacle}, and no other release leads there")
        }
        Some(obstacle) => obstacle.to_string(),
        None => format!("no way to {wanted}"),
    };
    (Refusal::NoPath, reason)
}

/// A barrier is ahead and cannot be reached, or not left again.
fn stuck_below(terrain: &Terrain<'_>, place: Place<'_>, barrier: usize, wanted: &Version) -> String {
    let first = &terrain.release(barrier).version;
    let problem = match terrain.closed(barrier).or_else(|| terrain.obstacle(place, barrier)) {
        Some(obstacle) => obstacle.to_string(),
        None => format!("no release leads on from {first}"),
    };
    format!("no way to {wanted}: {first} must be installed before it, and {problem}")
}
