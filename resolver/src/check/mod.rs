//! Proof that no device is stranded, which publishing runs on the catalog as it would be.
//!
//! For every channel, every combination of facts that requirements distinguish, and every release that a device may run:
//! the path to the target exists, ends, goes in one direction, and the records allow every step. The path is found by
//! the search that serves devices; each step is then tested by a second, naive reading of the records, so that a mistake
//! in either of them shows. A device known by a digest alone may run any release with those bytes, so its answer is
//! proven for each of them.

mod cache_vocabulary;
mod combinations;
mod deliverable;
mod problem;
mod step;
mod twins;

use std::collections::{BTreeMap, BTreeSet};

pub use combinations::{Facts, MAX_COMBINATIONS, combinations};
pub use deliverable::deliverable;
pub use problem::{Note, Problem, Stranded, Twins};

use crate::catalog::{Channel, Component, Match, Release, Requirement, Statement};
use crate::decide::{DeviceView, Obstacle, Position, no_way, shortest_path};
use crate::words::{ChannelName, Timestamp, Version};

/// Findings about one component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Reasons against publishing the component.
    pub problems: BTreeSet<Problem>,
    /// Facts that an operator may want to know.
    pub notes: BTreeSet<Note>,
    /// Number of proven paths, one for each channel, combination of facts and release.
    pub paths: usize,
}

/// Proves one component's paths, or reports where the proof fails. Signatures that expire by `now` are noted.
pub fn check(component: &Component, now: Timestamp) -> Report {
    let mut report = Report::default();
    records(component, now, &mut report);
    let combinations = match combinations(component) {
        Ok(combinations) => combinations,
        Err(count) => {
            report.problems.insert(Problem::TooManyCombinations { count });
            return report;
        }
    };
    let sets = twins::sets(component);
    for set in &sets {
        for other in &set[1..] {
            let version = |index: usize| component.releases()[index].version.clone();
            report.notes.insert(Note::SameBytes { version: version(set[0]), other: version(*other) });
        }
    }
    for (name, channel) in &component.channels {
        self::channel(component, name, channel, (&combinations, &sets), &mut report);
    }
    report
}

/// Checks the records themselves, which concerns devices on any channel.
fn records(component: &Component, now: Timestamp, report: &mut Report) {
    for pair in component.releases().windows(2).filter(|pair| pair[0].version.is_same(&pair[1].version)) {
        let (version, other) = (pair[0].version.clone(), pair[1].version.clone());
        report.problems.insert(Problem::SameVersion { version, other });
    }
    for release in component.releases() {
        let version = &release.version;
        if let Some(minimum) = release.below_minimum() {
            report.problems.insert(Problem::BelowMinimum { version: version.clone(), minimum });
        }
        if let Some(from) = release.from.as_ref().filter(|from| !from.reaches_below(version)) {
            report.problems.insert(Problem::Circular { version: version.clone(), from: from.clone() });
        }
        if let Some(floor) = release.floor.as_ref().filter(|floor| floor.precedence(version).is_gt()) {
            report.problems.insert(Problem::Floor { version: version.clone(), floor: floor.clone() });
        }
        if let Some(by) = release.withdrawn.as_ref().and_then(|withdrawal| withdrawal.superseded_by.as_ref()) {
            let takes_over = |later: &Release| later.is_barrier() && later.version.precedence(version).is_gt();
            if !component.release(by).is_some_and(|later| takes_over(later)) {
                report.problems.insert(Problem::Superseded { version: version.clone(), by: by.clone() });
            }
        }
        if let Some(reason) = &release.dead_end {
            report.notes.insert(Note::DeadEnd { version: version.clone(), reason: reason.clone() });
        }
        if let Some(statement) = release.statement() {
            signed(component, release, &statement, now, report);
        }
    }
}

/// Compares a release's signature with its record. An attacker who hands files to a device is bound by the signature
/// alone.
fn signed(component: &Component, release: &Release, statement: &Statement, now: Timestamp, report: &mut Report) {
    let version = &release.version;
    for requirement in statement.requires.difference(&release.requires) {
        report.problems.insert(Problem::Wider { version: version.clone(), requirement: requirement.clone() });
    }
    if !release.is_offered() {
        return;
    }
    if let Some(expires) = statement.expires.filter(|expires| now >= *expires) {
        report.notes.insert(Note::Expired { version: version.clone(), expires });
    }
    let minimum = &statement.minimum;
    let least = least_minimum(component, version, &release.requires)
        .filter(|least| minimum.as_ref().is_none_or(|minimum| minimum.precedence(least).is_lt()));
    if let Some(least) = least {
        let (version, minimum, least) = (version.clone(), minimum.clone(), least.clone());
        report.notes.insert(Note::LowMinimum { version, minimum, least });
    }
    for requirement in release.requires.difference(&statement.requires) {
        report.notes.insert(Note::UnsignedRequirement { version: version.clone(), requirement: requirement.clone() });
    }
}

/// Returns the lowest `minimum` that a signature of a release with these requirements should have: the newest barrier
/// that every device installs before it, or the lower bound of the release's own range, whichever is newer.
///
/// A barrier counts if its requirements are among these. A barrier with other requirements does not concern devices that
/// contradict them, and a `minimum` at that barrier would lock those devices out.
pub fn least_minimum<'a>(
    component: &'a Component,
    version: &Version,
    requires: &BTreeSet<Requirement>,
) -> Option<&'a Version> {
    let bars = |release: &Release| release.is_barrier() && release.requires.is_subset(requires);
    let below = component.releases().iter().rev().filter(|release| release.version.precedence(version).is_lt());
    let barrier = below.map(|release| &**release).find(|release| bars(release)).map(|release| &release.version);
    let from = component.release(version).and_then(|release| release.from.as_ref()?.lower());
    barrier.into_iter().chain(from).max_by(|a, b| a.precedence(b))
}

fn channel(
    component: &Component,
    name: &ChannelName,
    channel: &Channel,
    (combinations, sets): (&[Facts], &[Vec<usize>]),
    report: &mut Report,
) {
    let Some(target) = component.index(&channel.target) else {
        report.problems.insert(Problem::Dangling { channel: name.clone(), target: channel.target.clone() });
        return;
    };
    above(component, name, channel, report);
    for facts in combinations {
        let view = DeviceView::new(component, channel, facts);
        match view.closed(target) {
            None => {
                paths(&view, name, facts, target, report);
                sets.iter().for_each(|set| twins::twins(&view, set, name, facts, target, report));
            }
            // Devices with these facts are not served on this channel, and are answered 412.
            Some(Obstacle::Fact { .. }) => {}
            Some(closed) => {
                let (target, why) = (channel.target.clone(), closed.to_string());
                report.problems.insert(Problem::Closed { channel: name.clone(), target, why });
            }
        }
    }
}

/// Notes releases newer than a channel's target, whose devices are answered 409. Dead ends have a note of their own, and
/// releases up to another channel's target are for that channel's devices.
fn above(component: &Component, name: &ChannelName, channel: &Channel, report: &mut Report) {
    if channel.allow_downgrade {
        return;
    }
    let elsewhere = component.channels.values().map(|channel| &channel.target).max_by(|a, b| a.precedence(b));
    let is_above = |version: &Version| version.precedence(elsewhere.unwrap_or(&channel.target)).is_gt();
    let newer = component.releases().iter().filter(|release| release.dead_end.is_none() && is_above(&release.version));
    let (count, newest) = newer.fold((0, None), |(count, _), release| (count + 1, Some(release)));
    report.notes.extend(newest.map(|newest| Note::Above {
        channel: name.clone(),
        target: channel.target.clone(),
        newest: newest.version.clone(),
        count,
    }));
}

/// Proves the paths of one channel for devices with the same facts.
///
/// Releases are visited from the target outwards, so that a first step to a release with a proven path proves a path.
fn paths(view: &DeviceView<'_>, name: &ChannelName, facts: &Facts, target: usize, report: &mut Report) {
    let same = view.same(target);
    let mut proven = BTreeMap::from([(target, 0)]);
    let above = if view.allow_downgrade { same.end..view.graph.rank.len() } else { 0..0 };
    for installed in (0..same.start).rev().chain(above) {
        let release = view.release(installed);
        let cannot_run = release.requires.iter().any(|requirement| requirement.evaluate(facts) == Match::No);
        // A dead end and a floor say that the operator wants no path from here.
        if cannot_run || release.dead_end.is_some() || same.start < view.graph.floor[installed] {
            continue;
        }
        match step::proven(view, facts, installed, target, &proven) {
            Ok(hops) => {
                proven.insert(installed, hops);
                report.paths += 1;
            }
            Err(why) => {
                let (version, target) = (release.version.clone(), view.release(target).version.clone());
                let facts = facts.clone();
                let stranded = Stranded { channel: name.clone(), target, facts, version, why };
                report.problems.insert(Problem::Stranded(stranded));
            }
        }
    }
}
