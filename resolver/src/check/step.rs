use std::collections::BTreeMap;

use super::{Facts, Place, Terrain, no_way, route};
use crate::catalog::{Met, Release};
use crate::decide::Route;
use crate::words::Version;

/// The number of hops from a release to the target, if its first step is allowed and leads to a release whose path is
/// proven and one shorter; else why not.
pub(super) fn proven(
    terrain: &Terrain<'_>,
    facts: &Facts,
    installed: usize,
    target: usize,
    proven: &BTreeMap<usize, u32>,
) -> Result<u32, String> {
    let Some(Route { first, hops }) = route(terrain, Place::Release(installed), target) else {
        return Err(no_way(terrain, Place::Release(installed), target).1);
    };
    let (from, to) = (terrain.release(installed), terrain.release(first));
    let unproven = |what: &str| format!("the step from {} to {} {what}", from.version, to.version);
    if proven.get(&first).is_none_or(|left| left + 1 != hops) {
        return Err(unproven("leads to a path that is not proven"));
    }
    let goal = &terrain.release(target).version;
    if let Some(rule) = broken(terrain, facts, from, to, goal) {
        return Err(unproven(rule));
    }
    let way = to.version.precedence(&from.version);
    if way != goal.precedence(&from.version) || to.version.precedence(goal) == way {
        return Err(unproven("does not go towards the target"));
    }
    Ok(hops)
}

/// The rule that a step breaks, read from the records one by one.
fn broken(terrain: &Terrain<'_>, facts: &Facts, from: &Release, to: &Release, goal: &Version) -> Option<&'static str> {
    let (low, high) = (&from.version, &to.version);
    let bars = |release: &Release| {
        let here = release.requires.iter().all(|requirement| requirement.met(facts) != Met::No);
        let between = release.version.precedence(low).is_gt() && release.version.precedence(high).is_lt();
        release.bars() && here && between
    };
    let below = |floor: &Version| goal.precedence(floor).is_lt();
    let down = high.precedence(low).is_lt();
    let signed = from.trusts.is_empty() || to.key().is_some_and(|key| from.trusts.contains(key));
    let required = to.requires.iter().all(|requirement| requirement.met(facts) == Met::Yes);
    let rules = [
        (to.withdrawn.is_some(), "delivers a release that was withdrawn"),
        (to.dead_end.is_some() || from.dead_end.is_some(), "touches a dead end"),
        (!required, "delivers a release whose requirements are not met"),
        (down && !terrain.allow_downgrade, "goes down"),
        (down && from.floor.as_ref().is_some_and(below), "leads below the anti-rollback floor"),
        (terrain.component.releases().iter().any(|release| bars(release)), "jumps a barrier"),
        (
            to.from.as_ref().is_some_and(|range| !range.contains(low)),
            "delivers a release to a version outside its range",
        ),
        (!signed, "needs a key that is not trusted"),
    ];
    rules.into_iter().find(|(holds, _)| *holds).map(|(_, rule)| rule)
}
