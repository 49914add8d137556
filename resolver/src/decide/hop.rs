use std::collections::BTreeSet;
use std::sync::Arc;

use super::device_view::DeviceView;
use super::installed::{Installed, KnownBy, Position};
use super::obstacle::Obstacle;
use super::outcome::{Entry, Outcome, Refusal};
use super::path::{Path, shortest_path};
use super::select::Selected;
use crate::query::Query;
use crate::words::{ChannelName, Md5, Version};

/// Decides the next hop from the installed version towards the channel's target: the first step of a shortest safe path.
pub(super) fn next(
    query: &Query,
    selected: Selected<'_>,
    installed: Option<Installed<'_>>,
    had: &BTreeSet<Md5>,
) -> Entry {
    let (mut outcome, mut reason) = decided(query, selected, installed);
    let Selected { component, channel_name, channel, .. } = selected;
    if let Some(Installed { position: Position::Release(index), known_by: KnownBy::Digest }) = installed {
        let target = component.release(&channel.target);
        match (&outcome, target) {
            // The device has the bytes of both its release and the next hop, so it is unknown which of them it runs.
            (Outcome::Install { release, .. }, _) if had.contains(&release.artifact.md5) => {
                let (name, runs) = (&component.name, &component.releases()[index].version);
                reason = format!(
                    "say what runs now, as installed={name}@<version>: the bytes of {} are there, and of {runs}",
                    release.version
                );
                outcome = Outcome::Refused(Refusal::UnknownVersion);
            }
            // Whichever release it runs, there is nothing to install.
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
    let view = DeviceView::new(component, channel, &query.facts);
    if installed.is_some_and(|installed| runs(&view, installed, target)) {
        return (Outcome::Have(release(target)), on_target(channel_name));
    }
    if let Some(obstacle) = view.closed(target) {
        return (Outcome::Refused(Refusal::of(&obstacle)), obstacle.to_string());
    }
    let Some(Installed { position, .. }) = installed else {
        return match constraint(&view, target) {
            None => {
                let install = Outcome::Install { release: release(target), hops_remaining: 0 };
                (install, format!("the target of {channel_name}"))
            }
            Some(obstacle) => {
                let name = &component.name;
                let reason = format!("say what runs now, as installed={name}@<version>: {obstacle}");
                (Outcome::Refused(Refusal::UnknownVersion), reason)
            }
        };
    };
    match shortest_path(&view, position, target) {
        Some(Path { first, hops }) => {
            let install = Outcome::Install { release: release(first), hops_remaining: hops - 1 };
            (install, why(&view, position, first, target, channel_name))
        }
        None => {
            let (refusal, reason) = no_way(&view, position, target);
            (Outcome::Refused(refusal), reason)
        }
    }
}

fn on_target(channel: &ChannelName) -> String {
    format!("already on the target of {channel}")
}

/// Returns true if the device is on the target: it runs an equal version, or reports the digest of the target's bytes.
fn runs(view: &DeviceView<'_>, Installed { position, known_by }: Installed<'_>, target: usize) -> bool {
    let Position::Release(index) = position else { return false };
    let bytes = |index: usize| &view.release(index).artifact.md5;
    view.graph.rank[index] == view.graph.rank[target] || known_by == KnownBy::Digest && bytes(index) == bytes(target)
}

/// Returns an obstacle between the target and some release that the device might run. A device that does not report what
/// it runs is given the target only if there is none.
fn constraint<'a>(view: &DeviceView<'a>, target: usize) -> Option<Obstacle<'a>> {
    let same = view.same(target);
    let others = (0..view.graph.rank.len()).rev().filter(|index| !same.contains(index));
    others.filter_map(|index| view.obstacle(Position::Release(index), target)).find(|obstacle| {
        // Nearly every target is older than some release, so the device is assumed not to run a newer one.
        !matches!(obstacle, Obstacle::Down { .. })
    })
}

/// Explains why this step comes first.
fn why(view: &DeviceView<'_>, position: Position<'_>, first: usize, target: usize, channel: &ChannelName) -> String {
    if first == target {
        return format!("the target of {channel}");
    }
    match (&view.release(first).barrier, view.obstacle(position, target)) {
        (Some(reason), Some(Obstacle::Barrier { index, .. })) if index == first => format!("barrier: {reason}"),
        (_, Some(obstacle)) => format!("on the way to {}: {obstacle}", view.release(target).version),
        (_, None) => format!("on the way to {}", view.release(target).version),
    }
}

/// Explains why no path leads from a position to a target that the device may be given.
pub(crate) fn no_way(view: &DeviceView<'_>, position: Position<'_>, target: usize) -> (Refusal, String) {
    // If other facts would open a path, the refusal names the missing fact.
    let others = view.with_any_facts();
    let mut at = position;
    while let Some(Path { first, .. }) = shortest_path(&others, at, target) {
        if let Some(obstacle) = view.unmet(first) {
            return (Refusal::Fact, obstacle.to_string());
        }
        if first == target {
            break;
        }
        at = Position::Release(first);
    }
    let wanted = &view.release(target).version;
    let reason = match view.obstacle(position, target) {
        Some(Obstacle::Barrier { index, .. }) => stuck_below(view, position, index, wanted),
        Some(obstacle @ (Obstacle::From { .. } | Obstacle::Key { .. } | Obstacle::Unsigned { .. })) => {
            format!("no way to {wanted}: {obstacle}, and no other release leads there")
        }
        Some(obstacle) => obstacle.to_string(),
        None => format!("no way to {wanted}"),
    };
    (Refusal::NoPath, reason)
}

/// Explains why a barrier ahead cannot be installed, or cannot be replaced once installed.
fn stuck_below(view: &DeviceView<'_>, position: Position<'_>, barrier: usize, wanted: &Version) -> String {
    let first = &view.release(barrier).version;
    let problem = match view.closed(barrier).or_else(|| view.obstacle(position, barrier)) {
        Some(obstacle) => obstacle.to_string(),
        None => format!("no release leads on from {first}"),
    };
    format!("no way to {wanted}: {first} must be installed before it, and {problem}")
}
