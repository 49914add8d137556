//! What a channel is said to deliver is what some device is given, no more and no less.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use resolver::catalog::{Match, Requirement};
use resolver::check::deliverable;

use crate::cases;
use crate::draw::{self, Catalog, Row, Shipped};
use crate::facts::{FACTS, Required};
use crate::published::components;
use crate::versions::spellings;
use crate::walk::Device;

/// Versions that nobody publishes and no range names: one in each place between those that are drawn.
const BETWEEN: &[&str] = &["0.1", "0.95", "1.5", "2.0-rc2", "2.0+a", "2.5", "4.0", "5.6.10", "6.0", "7.0", "2025.1"];

/// Values of facts that nothing names.
const OTHERS: &[(&str, &[&str])] = &[("hw.rev", &["1", "5", "11", "zz"]), ("hw.board", &["d"])];

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn what_devices_are_given_is_what_a_channel_can_deliver(catalog in draw::catalog()) {
        for row in &catalog.rows {
            prop_assert_eq!(said(&catalog, row), given(&catalog, row), "{:?} of {:?}", row, catalog);
        }
    }
}

/// Without this, every channel could have delivered its target and nothing else.
#[test]
fn the_drawn_channels_deliver_more_than_their_targets() {
    let mut runner = TestRunner::deterministic();
    let (mut targets, mut more, mut less) = (0, 0, 0);
    for _ in 0..300 {
        let catalog = draw::catalog().new_tree(&mut runner).unwrap().current();
        for row in &catalog.rows {
            let (said, all) = (said(&catalog, row), catalog.releases.iter());
            let offered = all.filter(|one| one.component == row.component && !one.withdrawn && !one.dead_end).count();
            targets += usize::from(said.len() == 1);
            more += usize::from(said.len() > 1);
            less += usize::from(said.len() < offered);
        }
    }
    assert!(targets >= 50 && more >= 50 && less >= 100, "{targets} only their targets, {more} more, {less} not all");
}

/// What the resolver says of a channel without asking any device.
fn said(catalog: &Catalog, row: &Row) -> BTreeSet<String> {
    let published = components(catalog);
    let component = &published[&row.component.to_ascii_lowercase().parse().unwrap()];
    let channel = &component.channels[&row.channel.parse().unwrap()];
    deliverable(component, channel).iter().map(|release| release.version.to_string()).collect()
}

/// The target, if devices may have it, and what they are given, asked one by one: each version there is and others between, with each set of facts, silent
/// ones among them.
fn given(catalog: &Catalog, row: &Row) -> BTreeSet<String> {
    let published = components(catalog);
    let mut given = BTreeSet::new();
    for facts in fact_sets() {
        let device = Device { catalog, row, facts };
        // A target counts although nobody can reach it yet: it is what the channel is for.
        let said = device.facts.iter().map(|(fact, value)| (fact.parse().unwrap(), value.parse().unwrap())).collect();
        let meets = |(text, ..): &Required| text.parse::<Requirement>().unwrap().evaluate(&said) == Match::Yes;
        let releases = device.world().releases.into_iter().filter(|release| release.version == row.target);
        let open = |target: &&Shipped| !target.withdrawn && !target.dead_end && target.requires.iter().all(meets);
        given.extend(releases.filter(open).map(|target| target.version.clone()));
        for from in spellings().into_iter().chain(BETWEEN.iter().copied()).map(Some).chain([None]) {
            let entry = device.decided(&published, from, BTreeSet::new());
            if entry.outcome.status_code() == 200 {
                given.extend(entry.outcome.release().map(|release| release.version.to_string()));
            }
        }
    }
    given
}

/// Every set of facts, in which each fact has one of its values or is not said.
fn fact_sets() -> Vec<Vec<(String, String)>> {
    let mut sets = vec![Vec::new()];
    for ((name, values), (other, others)) in FACTS.iter().zip(OTHERS) {
        assert_eq!(name, other);
        let with = |set: &Vec<(String, String)>, value: Option<&str>| {
            let mut set = set.clone();
            set.extend(value.map(|value| (name.to_string(), value.to_owned())));
            set
        };
        let values: Vec<Option<&str>> = values.iter().chain(*others).copied().map(Some).chain([None]).collect();
        sets = sets.iter().flat_map(|set| values.iter().map(move |value| with(set, *value))).collect();
    }
    sets
}
