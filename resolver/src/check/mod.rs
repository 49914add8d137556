//! The proof that no device is stranded: what publishing runs on the catalog as it would be.
//!
//! For every channel, every combination of facts that releases tell apart, and every release that a device may run:
//! the path to the target exists, ends, goes one way, and every step is allowed by the records. The path is found by
//! the search that devices are served by; each step is then tested by another, naive reading of the records, so that a
//! mistake in one of them shows. A device known by its bytes alone may run any release that has them: what it is given
//! is proven for each of those.

mod combinations;
mod deliverable;
mod known_words;
mod passes;
mod problem;
mod step;
mod twins;

use std::collections::{BTreeMap, BTreeSet};

pub use combinations::{Facts, MAX_COMBINATIONS, combinations};
pub use deliverable::deliverable;
pub use passes::passes;
pub use problem::{Note, Problem, Stranded, Twins};

use crate::catalog::{Channel, Component, Met, Release, Statement};
use crate::decide::{Obstacle, Place, Terrain, no_way, route};
use crate::words::{ChannelName, Timestamp, Version};

/// What was found about one component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// What must not be published.
    pub problems: BTreeSet<Problem>,
    /// What an operator may want to know.
    pub notes: BTreeSet<Note>,
    /// Paths proven, one for each channel, combination of facts and release.
    pub paths: usize,
}

/// Proves one component's paths, or says where the proof fails. `now` is what signatures expire by.
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

/// What is wrong with the records themselves, whatever channel devices follow.
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
            let takes_over = |later: &Release| later.bars() && later.version.precedence(version).is_gt();
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

/// Compares a release's signature with its record. The signature alone holds an attacker who hands a device files.
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
    let jumped = passes(component, version, &release.requires)
        .filter(|passes| minimum.as_ref().is_none_or(|minimum| minimum.precedence(passes).is_lt()));
    if let Some(passes) = jumped {
        let (version, minimum, passes) = (version.clone(), minimum.clone(), passes.clone());
        report.notes.insert(Note::Jumps { version, minimum, passes });
    }
    for requirement in release.requires.difference(&statement.requires) {
        report.notes.insert(Note::Unsaid { version: version.clone(), requirement: requirement.clone() });
    }
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
        let terrain = Terrain::new(component, channel, facts);
        match terrain.closed(target) {
            None => {
                paths(&terrain, name, facts, target, report);
                sets.iter().for_each(|set| twins::twins(&terrain, set, name, facts, target, report));
            }
            // These devices are not served on this channel: 412 says so.
            Some(Obstacle::Fact { .. }) => {}
            Some(closed) => {
                let (target, why) = (channel.target.clone(), closed.to_string());
                report.problems.insert(Problem::Closed { channel: name.clone(), target, why });
            }
        }
    }
}

/// Notes that devices may run what is newer than the channel's target, and hear 409. A dead end is noted as such, and what
/// another channel has is for that one's devices.
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
/// Releases are taken from the target outwards, so that a path is proven by its first step and what is proven already.
fn paths(terrain: &Terrain<'_>, name: &ChannelName, facts: &Facts, target: usize, report: &mut Report) {
    let same = terrain.same(target);
    let mut proven = BTreeMap::from([(target, 0)]);
    let above = if terrain.allow_downgrade { same.end..terrain.graph.rank.len() } else { 0..0 };
    for installed in (0..same.start).rev().chain(above) {
        let release = terrain.release(installed);
        let cannot_run = release.requires.iter().any(|requirement| requirement.met(facts) == Met::No);
        // A dead end and a floor are the operator's word that nothing leads on.
        if cannot_run || release.dead_end.is_some() || same.start < terrain.graph.floor[installed] {
            continue;
        }
        match step::proven(terrain, facts, installed, target, &proven) {
            Ok(hops) => {
                proven.insert(installed, hops);
                report.paths += 1;
            }
            Err(why) => {
                let (version, target) = (release.version.clone(), terrain.release(target).version.clone());
                let facts = facts.clone();
                let stranded = Stranded { channel: name.clone(), target, facts, version, why };
                report.problems.insert(Problem::Stranded(stranded));
            }
        }
    }
}
