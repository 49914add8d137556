use std::collections::BTreeMap;

use super::{DeviceView, Facts, Position, no_way, shortest_path};
use crate::catalog::{Match, Release};
use crate::decide::Path;
use crate::words::Version;

/// Returns the number of hops from a release to the target, if the first step is allowed and leads to a release whose
/// path is proven and one hop shorter; else an error for the operator.
pub(super) fn proven(
    view: &DeviceView<'_>,
    facts: &Facts,
    installed: usize,
    target: usize,
    proven: &BTreeMap<usize, u32>,
) -> Result<u32, String> {
    let Some(Path { first, hops }) = shortest_path(view, Position::Release(installed), target) else {
        return Err(no_way(view, Position::Release(installed), target).1);
    };
    let (from, to) = (view.release(installed), view.release(first));
    let unproven = |what: &str| format!("the step from {} to {} {what}", from.version, to.version);
    if proven.get(&first).is_none_or(|left| left + 1 != hops) {
        return Err(unproven("leads to a path that is not proven"));
    }
    let goal = &view.release(target).version;
    if let Some(rule) = broken(view, facts, from, to, goal) {
        return Err(unproven(rule));
    }
    let way = to.version.precedence(&from.version);
    if way != goal.precedence(&from.version) || to.version.precedence(goal) == way {
        return Err(unproven("does not go towards the target"));
    }
    Ok(hops)
}

/// Returns the rule that a step breaks, by a naive reading of the records.
fn broken(view: &DeviceView<'_>, facts: &Facts, from: &Release, to: &Release, goal: &Version) -> Option<&'static str> {
    let (low, high) = (&from.version, &to.version);
    let bars = |release: &Release| {
        let here = release.requires.iter().all(|requirement| requirement.evaluate(facts) != Match::No);
        let between = release.version.precedence(low).is_gt() && release.version.precedence(high).is_lt();
        release.is_barrier() && here && between
    };
    let below = |floor: &Version| goal.precedence(floor).is_lt();
    let down = high.precedence(low).is_lt();
    let signed = from.trusts.is_empty() || to.key().is_some_and(|key| from.trusts.contains(key));
    let required = to.requires.iter().all(|requirement| requirement.evaluate(facts) == Match::Yes);
    let rules = [
        (to.withdrawn.is_some(), "delivers a release that was withdrawn"),
        (to.dead_end.is_some() || from.dead_end.is_some(), "touches a dead end"),
        (!required, "delivers a release whose requirements are not met"),
        (down && !view.allow_downgrade, "goes down"),
        (down && from.floor.as_ref().is_some_and(below), "leads below the anti-rollback floor"),
        (view.component.releases().iter().any(|release| bars(release)), "jumps a barrier"),
        (
            to.from.as_ref().is_some_and(|range| !range.contains(low)),
            "delivers a release to a version outside its range",
        ),
        (!signed, "needs a key that is not trusted"),
    ];
    rules.into_iter().find(|(holds, _)| *holds).map(|(_, rule)| rule)
}
