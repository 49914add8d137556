//! Devices of which nothing is known but the bytes that they run, where several releases have those.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use resolver::catalog::Components;
use resolver::check::{Problem, check};
use resolver::decide::Outcome;
use resolver::words::Timestamp;

use crate::draw::Shipped;
use crate::proof::{every_device, served};
use crate::published::components;
use crate::rules::Stand;
use crate::versions::rank;
use crate::walk::Device;
use crate::{cases, draw};

proptest! {
    #![proptest_config(cases(5_000))]

    /// Whichever of the releases it runs, every step is allowed from that one, and the last leads to the target.
    #[test]
    fn who_is_known_by_bytes_alone_is_led_as_safely_as_who_says_it(catalog in draw::catalog()) {
        let published = components(&catalog);
        for device in every_device(&catalog).filter(|device| is_safe(device, &published)) {
            for release in served(&device).into_iter().filter(|one| rank(&one.version) != rank(&device.row.target)) {
                prop_assert_eq!(walk(&device, &published, release), Ok(304), "{} {:?}", release.version, device);
            }
        }
    }
}

/// Without this, no catalog with releases of the same bytes could have been safe, or all.
#[test]
fn some_releases_of_the_same_bytes_are_safe_and_some_are_not() {
    let mut runner = TestRunner::deterministic();
    let (mut safe, mut named) = (0, 0);
    for _ in 0..300 {
        let catalog = draw::catalog().new_tree(&mut runner).unwrap().current();
        let published = components(&catalog);
        for device in every_device(&catalog) {
            let releases = device.world().releases;
            let has_twins = releases.iter().any(|one| releases.iter().filter(|two| one.md5 == two.md5).count() > 1);
            let is_led = served(&device).iter().any(|one| rank(&one.version) != rank(&device.row.target));
            safe += usize::from(has_twins && is_led && is_safe(&device, &published));
        }
        let problems = published.values().flat_map(|one| check(one, Timestamp(0)).problems);
        named += problems.filter(|problem| matches!(problem, Problem::Twins(_))).count();
    }
    assert!(safe >= 100 && named >= 100, "{safe} safe, {named} named");
}

/// Nothing is said against this device's channel.
fn is_safe(device: &Device<'_>, published: &Components) -> bool {
    let component = &published[&device.row.component.to_ascii_lowercase().parse().unwrap()];
    let here = |channel: &str| channel == device.row.channel;
    !check(component, Timestamp(0)).problems.iter().any(|problem| match problem {
        Problem::Stranded(stranded) => here(stranded.channel.as_str()),
        Problem::Twins(twins) => here(twins.channel.as_str()),
        _ => false,
    })
}

/// The status at the end of a walk of a device that says the digest of what it runs, or the step that is not allowed.
fn walk(device: &Device<'_>, published: &Components, from: &Shipped) -> Result<u16, String> {
    let world = device.world();
    let mut at = from;
    for _ in 0..=world.releases.len() {
        let outcome = device.decided(published, None, BTreeSet::from([at.md5.parse().unwrap()])).outcome;
        let Outcome::Install { release, .. } = &outcome else { return Ok(outcome.status_code()) };
        let to = world.releases.iter().find(|one| one.version == release.version.as_str()).unwrap();
        if let Some(rule) = world.closed(to).or_else(|| world.stopped(Stand::on(at), to)) {
            return Err(format!("{} to {}: {rule:?}", at.version, to.version));
        }
        at = to;
    }
    Err("it goes round in circles".into())
}
