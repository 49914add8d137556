//! That words left out by the list of known words change no answer, with digests that tell releases apart and with
//! artifacts in cold storage.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use resolver::catalog::{Archive, Availability, Components, ObjectKey, Tier};
use resolver::decide::{Decision, Reads, Restores, decide};
use resolver::query::{CacheVocabulary, Ladder, Query, Unreadable};
use resolver::words::{Md5, Timestamp};

use crate::draw::{self, Catalog};
use crate::published::components;
use crate::{ask, cases};

const RESTORES: Restores = Restores { tier: Tier::Standard, days: 7 };

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_digest_that_is_left_out_changes_no_answer(
        catalog in catalog(),
        questions in vec((ask::question(), digests()), 8),
        cold in any::<u64>(),
    ) {
        let everything = components(&catalog);
        let known = known(&everything);
        for (question, digests) in &questions {
            let Some(query) = said(&question.query, digests, &catalog) else { continue };
            let left = query.clone().restrict_to(Some(&known)).unwrap();
            let (is, should) = (decided(&left, &everything), decided(&query, &everything));
            prop_assert_eq!(&is, &should, "{:?}", query);
            prop_assert_eq!(withheld(is, cold), withheld(should, cold), "{:?}", query);
        }
    }

    /// Where it is looked up by its first digits only, as the CDN's function does.
    #[test]
    fn every_digest_stays_that_is_newer_than_one_that_stays(catalog in catalog()) {
        let everything = components(&catalog);
        let known = known(&everything);
        for component in everything.values() {
            let stays: Vec<bool> =
                component.releases().iter().map(|release| known.digests.contains(&release.artifact.md5)).collect();
            prop_assert!(stays.is_sorted(), "{:?}", stays);
        }
    }
}

/// Without this, all digests could have been known, or none.
#[test]
fn some_digests_are_left_out_and_some_stay() {
    let mut runner = TestRunner::deterministic();
    let (mut all, mut left_out) = (0, 0);
    for _ in 0..400 {
        let everything = components(&catalog().new_tree(&mut runner).unwrap().current());
        let known = known(&everything);
        let digests: Vec<_> = everything.values().flat_map(|one| one.releases()).map(|one| one.artifact.md5).collect();
        all += digests.len();
        left_out += digests.iter().filter(|digest| !known.digests.contains(digest)).count();
    }
    assert!((all / 20..all / 2).contains(&left_out), "{left_out} of {all} are left out");
}

/// A drawn catalog in which most releases have digests of their own; a few share one.
fn catalog() -> impl Strategy<Value = Catalog> {
    (draw::catalog(), vec(0..40u32, 24), any::<bool>()).prop_map(|(mut catalog, numbers, plain)| {
        for (number, (release, drawn)) in catalog.releases.iter_mut().zip(numbers).enumerate() {
            let number = if drawn < 4 { drawn } else { 100 + number as u32 };
            release.md5 = format!("{number:08x}{:024x}", 7);
            if plain {
                // Where nothing is constrained, old digests say nothing.
                (release.barrier, release.floor, release.dead_end) = (false, None, false);
                (release.withdrawn, release.superseded_by) = (false, None);
                (release.key, release.trusts, release.from, release.requires) = (None, vec![], vec![], vec![]);
            }
        }
        catalog
    })
}

fn digests() -> impl Strategy<Value = Vec<Index>> {
    (vec(any::<Index>(), 0..5), select(&[0usize, 1, 5][..])).prop_map(|(mut all, most)| {
        all.truncate(most);
        all
    })
}

/// The question of a device that has some of the catalog's digests, and one that nobody published.
fn said(query: &str, digests: &[Index], catalog: &Catalog) -> Option<Query> {
    let mut query = Query::parse(query, None, &Ladder::default()).ok()?.query;
    let releases = &catalog.releases;
    query.have.extend(digests.iter().map(|at| at.get(releases).md5.parse::<Md5>().unwrap()));
    // A word that is refused has no answer.
    query.unreadable = Unreadable::default();
    query.have.extend(["f".repeat(32).parse::<Md5>().unwrap()]);
    Some(query)
}

fn known(components: &Components) -> CacheVocabulary {
    CacheVocabulary::of(components.values().map(|component| &**component))
}

fn decided(query: &Query, everything: &Components) -> Decision {
    decide(query, everything, Timestamp(0))
}

/// The same with some artifacts in cold storage; the question, which spreads the waits, is another matter.
fn withheld(decision: Decision, cold: u64) -> Decision {
    let reads = Reads { package: true, urls: true };
    let states: BTreeMap<ObjectKey, Availability> = decision
        .objects(reads)
        .into_iter()
        .filter(|object| {
            let digest = format!("{object}").bytes().map(u64::from).sum::<u64>();
            cold >> (digest % 64) & 1 == 1
        })
        .map(|object| (object, Availability::Cold(Archive::Flexible)))
        .collect();
    decision.withhold(reads, &states, &RESTORES, "", Timestamp(0))
}
