//! Following hops ends, and every hop is safe.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::draw::Shipped;
use crate::published::components;
use crate::rules::Stand;
use crate::versions::{rank, spellings};
use crate::walk::{Device, Walk, facts};
use crate::{cases, draw};

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn a_path_once_begun_leads_to_the_target(catalog in draw::catalog(), facts in facts()) {
        let published = components(&catalog);
        for device in Device::of_each(&catalog, &facts) {
            for from in starts() {
                let Walk { hops, end } = device.walk(&published, from);
                let target = &device.row.target;
                match hops.last() {
                    Some(last) => prop_assert_eq!((&last.version, end), (target, 304), "{:?} from {:?}", device, from),
                    None => prop_assert!([304, 404, 409, 412, 428].contains(&end), "{:?} from {:?}", device, from),
                }
                for (at, hop) in hops.iter().enumerate() {
                    prop_assert_eq!(hop.remaining as usize, hops.len() - 1 - at, "{:?} from {:?}", device, from);
                }
            }
        }
    }

    #[test]
    fn every_hop_is_allowed(catalog in draw::catalog(), facts in facts()) {
        let published = components(&catalog);
        for device in Device::of_each(&catalog, &facts) {
            let world = device.world();
            let release = |version: &str| -> &Shipped {
                world.releases.iter().find(|release| release.version == version).unwrap()
            };
            for from in starts() {
                let mut at = from.map(|from| world.said(from));
                let hops = device.walk(&published, from).hops;
                for hop in &hops {
                    let to = release(&hop.version);
                    prop_assert_eq!(world.closed(to), None, "{} from {:?}: {:?}", hop.version, from, device);
                    let stopped = at.and_then(|at| world.stopped(at, to));
                    prop_assert_eq!(stopped, None, "{} from {:?}: {:?}", hop.version, from, device);
                    at = Some(Stand::on(to));
                }
                // However many hops it takes, nothing that was installed is replaced by what lies below its floor.
                let start = from.and_then(|from| world.said(from).release).filter(|_| !hops.is_empty());
                for passed in start.into_iter().chain(hops.iter().map(|hop| release(&hop.version))) {
                    let floor = passed.floor.map_or(0, |floor| rank(floor).min(rank(&passed.version)));
                    prop_assert!(rank(&device.row.target) >= floor, "{:?} from {:?}: {:?}", device, from, hops);
                }
                let versions = from.into_iter().chain(hops.iter().map(|hop| hop.version.as_str()));
                let ranks: Vec<usize> = versions.map(rank).collect();
                let up = ranks.is_sorted_by(|a, b| a < b);
                let down = device.row.allow_downgrade && ranks.is_sorted_by(|a, b| a > b);
                prop_assert!(up || down, "{:?} from {:?}: {:?}", device, from, hops);
            }
        }
    }

    #[test]
    fn a_device_that_does_not_say_what_it_runs_is_given_what_all_could_take(
        catalog in draw::catalog(),
        facts in facts(),
    ) {
        let published = components(&catalog);
        for device in Device::of_each(&catalog, &facts) {
            if device.walk(&published, None).hops.is_empty() {
                continue;
            }
            for release in device.world().releases {
                let entry = device.decided(&published, Some(&release.version), BTreeSet::new());
                let up = rank(&release.version) < rank(&device.row.target);
                let given = entry.outcome.release().map(|release| release.version.as_str());
                prop_assert!(!up || given == Some(&device.row.target), "{}: {:?}", release.version, device);
            }
        }
    }

    #[test]
    fn a_digest_says_what_a_word_says(mut catalog in draw::catalog(), facts in facts()) {
        for (number, release) in catalog.releases.iter_mut().enumerate() {
            release.md5 = format!("{number:032x}");
        }
        let published = components(&catalog);
        for device in Device::of_each(&catalog, &facts) {
            for release in device.world().releases {
                let word = device.decided(&published, Some(&release.version), BTreeSet::new());
                let digest = device.decided(&published, None, BTreeSet::from([release.md5.parse().unwrap()]));
                prop_assert_eq!(&word, &digest, "{}: {:?}", release.version, device);
                prop_assert!(!word.reason.is_empty() && !word.reason.contains('\n'), "{:?}", word.reason);
            }
        }
    }
}

/// Every version that is published somewhere, others around them, and none.
fn starts() -> impl Iterator<Item = Option<&'static str>> {
    spellings().into_iter().map(Some).chain([None])
}
