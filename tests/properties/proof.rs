//! What `check` says about a component is what becomes of the devices that run it, no more and no less.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use resolver::catalog::{Components, Match, Requirement};
use resolver::check::{Facts, Problem, Stranded, check};
use resolver::words::Timestamp;

use crate::draw::{Catalog, Row, Shipped};
use crate::facts::{FACTS, Required};
use crate::published::components;
use crate::rules::Rule;
use crate::versions::rank;
use crate::walk::Device;
use crate::{cases, draw};

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn whoever_is_stranded_was_named(catalog in draw::catalog()) {
        let published = components(&catalog);
        let problems = problems(&published);
        for device in every_device(&catalog) {
            for release in served(&device) {
                let end = device.walk(&published, Some(&release.version)).end;
                let named = problems[&device.row.component].iter().any(|problem| names(problem, &device, release));
                prop_assert!(end == 304 || named, "{} ends with {}: {:?}", release.version, end, device);
            }
        }
    }

    #[test]
    fn whoever_was_named_is_stranded(catalog in draw::catalog()) {
        let published = components(&catalog);
        for (component, problems) in problems(&published) {
            for problem in problems {
                let Problem::Stranded(Stranded { channel, facts, version, .. }) = &problem else { continue };
                let is_meant = |row: &&Row| row.component == component && row.channel == channel.as_str();
                let row = catalog.rows.iter().find(is_meant).unwrap();
                let said = facts.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
                let device = Device { catalog: &catalog, row, facts: said };
                let walk = device.walk(&published, Some(version.as_str()));
                let stranded = walk.hops.is_empty() && [409, 412].contains(&walk.end);
                prop_assert!(stranded, "{:?}: {} {:?}", walk, problem, device);
                for device in alike(&device, facts) {
                    let promised = served(&device).iter().any(|release| release.version == version.as_str());
                    prop_assert!(promised, "nobody is to be served there: {} {:?}", problem, device);
                }
            }
        }
    }

    #[test]
    fn records_that_make_no_sense_are_named(catalog in draw::catalog()) {
        let published = components(&catalog);
        for (component, problems) in problems(&published) {
            let mut named = BTreeSet::new();
            for problem in &problems {
                named.extend(match problem {
                    Problem::Dangling { channel, .. } => Some(("dangling", channel.to_string())),
                    Problem::Closed { channel, .. } => Some(("closed", channel.to_string())),
                    Problem::Circular { version, .. } => Some(("circular", version.to_string())),
                    Problem::Floor { version, .. } => Some(("floor", version.to_string())),
                    Problem::BelowMinimum { version, .. } => Some(("minimum", version.to_string())),
                    Problem::Wider { version, .. } => Some(("wider", version.to_string())),
                    Problem::SameVersion { other, .. } => Some(("same", other.to_string())),
                    Problem::Superseded { version, .. } => Some(("superseded", version.to_string())),
                    Problem::TooManyCombinations { .. } => Some(("combinations", String::new())),
                    Problem::Stranded(_) | Problem::Twins(_) => None,
                });
            }
            prop_assert_eq!(named, nonsense(&catalog, &component), "{}: {:?}", component, catalog);
        }
    }
}

/// Without this, nothing but ruins could have been checked, or nothing but what is easy.
#[test]
fn the_drawn_catalogs_are_sound_and_unsound() {
    let mut runner = TestRunner::deterministic();
    let (mut stranded, mut sound, mut far) = (0, 0, 0);
    for _ in 0..300 {
        let catalog = draw::catalog().new_tree(&mut runner).unwrap().current();
        let published = components(&catalog);
        let problems = problems(&published);
        let is_stranded = |problem: &&Problem| matches!(problem, Problem::Stranded(_));
        stranded += problems.values().flatten().filter(is_stranded).count();
        for device in every_device(&catalog).filter(|device| problems[&device.row.component].is_empty()) {
            let walks = served(&device).into_iter().map(|one| device.walk(&published, Some(&one.version)).hops.len());
            let longest = walks.max().unwrap_or(0);
            sound += usize::from(longest > 0);
            far += usize::from(longest > 1);
        }
    }
    assert!(stranded >= 300 && sound >= 300 && far >= 60, "{stranded} stranded, {sound} sound, {far} of them far");
}

/// What is wrong with each component.
fn problems(published: &Components) -> BTreeMap<String, BTreeSet<Problem>> {
    let checked = published.values().map(|one| (one.name.to_string(), check(one, Timestamp(0)).problems));
    // Those of devices known by bytes alone are `twins`' matter.
    let words = |problems: BTreeSet<Problem>| problems.into_iter().filter(|one| !matches!(one, Problem::Twins(_)));
    checked.map(|(name, problems): (String, BTreeSet<Problem>)| (name, words(problems).collect())).collect()
}

/// A device of each channel with each set of facts.
pub(crate) fn every_device(catalog: &Catalog) -> impl Iterator<Item = Device<'_>> {
    fact_sets().into_iter().flat_map(|facts| Device::of_each(catalog, &facts))
}

/// The same device with other facts, as they are drawn, that meet what these facts meet. There may be none: `check`
/// makes up values that nothing names.
fn alike<'a>(device: &Device<'a>, facts: &Facts) -> impl Iterator<Item = Device<'a>> {
    let releases = device.world().releases;
    let required: Vec<Required> = releases.iter().flat_map(|release| release.requires.clone()).collect();
    let meets = |(text, ..): &Required| text.parse::<Requirement>().unwrap().evaluate(facts) == Match::Yes;
    let should: Vec<bool> = required.iter().map(meets).collect();
    let sets = fact_sets().into_iter().filter(move |set| {
        let meets =
            |(_, fact, values): &Required| set.iter().any(|(name, said)| name == fact && values.contains(&&**said));
        required.iter().map(meets).eq(should.iter().copied())
    });
    let Device { catalog, row, .. } = *device;
    sets.map(move |facts| Device { catalog, row, facts })
}

/// Every set of facts in which every fact is said.
fn fact_sets() -> Vec<Vec<(String, String)>> {
    let mut sets = vec![Vec::new()];
    for (name, values) in FACTS {
        let with = |set: &Vec<(String, String)>, value: &str| {
            let mut set = set.clone();
            set.push((name.to_string(), value.to_owned()));
            set
        };
        sets = sets.iter().flat_map(|set| values.iter().map(move |value| with(set, value))).collect();
    }
    sets
}

/// The releases from which this device must get to its channel's target: it can run them, nobody said that nothing
/// leads on from them, and nothing about the target itself keeps it from the device.
pub(crate) fn served<'a>(device: &Device<'a>) -> Vec<&'a Shipped> {
    let mut world = device.world();
    let Some(target) = world.releases.iter().copied().find(|release| release.version == device.row.target) else {
        return Vec::new();
    };
    if world.closed(target).is_some() {
        return Vec::new();
    }
    let goal = rank(&target.version);
    let above = |release: &Shipped| goal < rank(&release.version);
    let bound = |release: &Shipped| above(release) && release.floor.is_some_and(|floor| goal < rank(floor));
    let cannot_run: Vec<bool> = world.releases.iter().map(|one| world.unmet(one).contains(&Rule::OtherFact)).collect();
    let mut cannot_run = cannot_run.into_iter();
    world.releases.retain(|release| {
        let runs = !cannot_run.next().unwrap_or(true) && !release.dead_end;
        runs && !bound(release) && (device.row.allow_downgrade || !above(release))
    });
    world.releases
}

/// The problem is that this release is stranded on this channel.
fn names(problem: &Problem, device: &Device<'_>, release: &Shipped) -> bool {
    let Problem::Stranded(Stranded { channel, version, .. }) = problem else { return false };
    channel.as_str() == device.row.channel && version.as_str() == release.version
}

/// What is wrong with a component's records themselves, and with which channel or release.
fn nonsense(catalog: &Catalog, component: &str) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    let releases: Vec<&Shipped> = catalog.releases.iter().filter(|release| release.component == component).collect();
    for row in catalog.rows.iter().filter(|row| row.component == component) {
        match releases.iter().find(|release| release.version == row.target) {
            None => found.insert(("dangling", row.channel.clone())),
            Some(target) => (target.withdrawn || target.dead_end) && found.insert(("closed", row.channel.clone())),
        };
    }
    for (at, release) in releases.iter().enumerate() {
        let own = rank(&release.version);
        let mut wrong = |what, holds: bool| holds && found.insert((what, release.version.clone()));
        wrong("same", releases[..at].iter().any(|earlier| rank(&earlier.version) == own));
        wrong("floor", release.floor.is_some_and(|floor| rank(floor) > own));
        let low = |(operator, bound): &(&str, &str)| !operator.starts_with('<') && rank(bound) >= own;
        wrong("circular", release.from.iter().any(low));
        let does_its_duty = |by: &str| {
            let bars = |one: &&Shipped| one.barrier && !(one.withdrawn && one.superseded_by.is_some());
            releases.iter().filter(|one| bars(one)).any(|one| one.version == by && rank(&one.version) > own)
        };
        wrong("superseded", release.superseded_by.is_some_and(|by| !does_its_duty(by)));
    }
    found
}
