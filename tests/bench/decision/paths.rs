use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use resolver::catalog::{Artifact, Channel, Component, Components, Release, Revision};
use resolver::check::check;
use resolver::decide::{Outcome, decide};
use resolver::query::{Ladder, Query};
use resolver::words::{Digest, Sha256, Timestamp};

use super::keys::{public_key, signature};
use crate::{median, report};

/// Releases of the one component.
const RELEASES: usize = 500;

/// Decisions in one repetition, and repetitions of which the middle one counts.
const DECISIONS: usize = 10;
const ROUNDS: usize = 501;

/// Checks, of which the middle one counts.
const CHECKS: usize = 5;

/// Microseconds for a decision, and seconds for a check, that are still good.
const DECISION_GOAL: f64 = 20.0;
const CHECK_GOAL: f64 = 1.0;

/// A way to make hundreds of releases, and how many hops it takes from the first to the last.
struct Shape {
    name: &'static str,
    make: fn(usize) -> Release,
    hops: u32,
}

const SHAPES: [Shape; 3] = [
    Shape { name: "a barrier every 50", make: barriers, hops: 10 },
    Shape { name: "each over the one before", make: chain, hops: RELEASES as u32 - 1 },
    Shape { name: "two keys, two hops", make: keys, hops: 2 },
];

/// What a path among hundreds of releases costs from the oldest of them, and its proof for all of them.
pub(crate) fn five_hundred() {
    for Shape { name, make, hops } in SHAPES {
        let component = Arc::new(component(make));
        let micros = decision(&component, hops);
        let what = format!("decide, {RELEASES} releases, {name}, µs");
        let (figure, goal) = (format!("{micros:.2}"), format!("{DECISION_GOAL} µs"));
        report(&what, figure, goal, micros / DECISION_GOAL, "≤ 1", micros <= DECISION_GOAL);
    }
    for Shape { name, make, .. } in SHAPES {
        let component = component(make);
        let rounds = (0..CHECKS).map(|_| {
            let started = Instant::now();
            let report = black_box(check(black_box(&component), Timestamp(0)));
            assert!(report.problems.is_empty() && report.paths > 4 * RELEASES, "{:?}", report.problems.first());
            started.elapsed().as_secs_f64()
        });
        let seconds = median(rounds.collect());
        let what = format!("check, {RELEASES} releases, {name}, s");
        let (figure, goal) = (format!("{seconds:.3}"), format!("{CHECK_GOAL} s"));
        report(&what, figure, goal, seconds / CHECK_GOAL, "≤ 1", seconds <= CHECK_GOAL);
    }
}

/// Microseconds to decide what a device on the oldest release gets.
fn decision(component: &Arc<Component>, hops: u32) -> f64 {
    let raw = format!("modem=prod&installed=modem@{}&hw.rev=3&hw.board=a", version(0));
    let query = Query::parse(&raw, None, &Ladder::default()).unwrap().query;
    let components = Components::from([(component.name.key(), Arc::clone(component))]);
    let rounds = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        for _ in 0..DECISIONS {
            let decision = black_box(decide(black_box(&query), black_box(&components), Timestamp(0)));
            let outcome = &decision.entries[0].outcome;
            assert!(matches!(outcome, Outcome::Install { hops_remaining, .. } if hops_remaining + 1 == hops));
        }
        started.elapsed().as_secs_f64() * 1e6 / DECISIONS as f64
    });
    median(rounds.collect())
}

/// Three channels, on the last release and on two a little older.
fn component(make: fn(usize) -> Release) -> Component {
    let channels = [("prod", 1), ("beta", 3), ("early", 5)]
        .map(|(name, from_end)| (name.parse().unwrap(), Channel::new(version(RELEASES - from_end).parse().unwrap())));
    let releases = (0..RELEASES).map(|index| Arc::new(make(index))).collect();
    Component::new("modem".parse().unwrap(), Revision(1), channels.into(), releases)
}

/// Bridges that older devices must pass, and between them hardware that some releases are not for.
fn barriers(index: usize) -> Release {
    let mut release = signed(index, 0, &[0]);
    match index % 50 {
        49 if index + 1 < RELEASES => release.barrier = "drawn".parse().ok(),
        10 => release.requires = ["hw.rev>=3".parse().unwrap()].into(),
        20 => release.requires = ["hw.board=a".parse().unwrap()].into(),
        _ => {}
    }
    release
}

/// Nothing is ever left out; only the first release, which nothing leads over, tells facts apart.
fn chain(index: usize) -> Release {
    let from = index.checked_sub(1).map(|before| format!("={}", version(before)).parse().unwrap());
    let first = ["hw.rev>=3", "hw.board=a"].into_iter().filter(|_| index == 0);
    Release { from, requires: first.map(|text| text.parse().unwrap()).collect(), ..barriers(index) }
}

/// The newest releases are signed with a new key, and every release but the oldest half knows it.
fn keys(index: usize) -> Release {
    let new = index + 5 >= RELEASES;
    let trusts: &[u8] = if index < RELEASES / 2 { &[0] } else { &[0, 1] };
    Release { requires: barriers(index).requires, ..signed(index, new.into(), trusts) }
}

fn version(index: usize) -> String {
    format!("{}.{:02}", 1 + index / 100, index % 100)
}

fn signed(index: usize, key: u8, trusts: &[u8]) -> Release {
    let text = version(index);
    let (sha256, md5) = (Sha256::of(text.as_bytes()), Digest((index as u128).to_be_bytes()));
    let artifact = Artifact { sha256, md5, size: 1, crc32: Some(0), fragment: None };
    let trusts = trusts.iter().map(|number| public_key(*number)).collect();
    Release { signature: Some(signature(key)), trusts, ..Release::new(text.parse().unwrap(), artifact, Timestamp(0)) }
}
