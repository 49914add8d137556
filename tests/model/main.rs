//! The resolver's decision beside a naive model of it, on random catalogs and questions.

mod ask;
mod asked;
mod draw;
mod facts;
mod keys;
mod published;
mod reference;
mod rules;
mod versions;
mod ways;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use ask::Question;
use draw::Catalog;
use reference::Part;
use resolver::catalog::Components;
use resolver::decide::{Outcome, decide, lookups};
use resolver::query::{Ladder, Query};
use resolver::words::Timestamp;

/// Catalogs a run; each is asked [`QUESTIONS`] questions.
const CATALOGS: u32 = 20_000;

/// Questions a catalog.
const QUESTIONS: usize = 8;

proptest! {
    #![proptest_config(ProptestConfig { cases: CATALOGS, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_resolver_decides_as_the_model_does(
        catalog in draw::catalog(),
        questions in proptest::collection::vec(ask::question(), QUESTIONS),
    ) {
        let everything = published::components(&catalog);
        for question in &questions {
            let (is, should) = (resolved(&everything, question), modelled(&catalog, question));
            prop_assert_eq!(is, should, "{:?}", question);
        }
    }
}

/// Without this, the model could agree about nothing at all.
#[test]
fn the_drawn_questions_reach_every_outcome() {
    const DRAWN: usize = 4_000;
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..DRAWN {
        let drawn = (draw::catalog(), ask::question()).new_tree(&mut runner).unwrap().current();
        let mut see = |what: String| *seen.entry(what).or_default() += 1;
        let Some(parts) = reference::answer(&drawn.0, &drawn.1) else {
            see("refused".into());
            continue;
        };
        if parts.is_empty() {
            see("empty".into());
        }
        for judged in parts {
            see(format!("{} with {} hops to go", judged.part.status, judged.part.hops_remaining.min(2)));
            judged.rule.into_iter().for_each(|rule| see(format!("{rule:?}")));
        }
    }
    let expected = [
        ("refused", 200),
        ("empty", 200),
        ("200 with 0 hops to go", 400),
        ("200 with 1 hops to go", 60),
        ("200 with 2 hops to go", 10),
        ("304 with 0 hops to go", 200),
        ("404 with 0 hops to go", 100),
        ("409 with 0 hops to go", 200),
        ("412 with 0 hops to go", 100),
        ("428 with 0 hops to go", 100),
        ("Withdrawn", 20),
        ("Trap", 20),
        ("UnsaidFact", 20),
        ("OtherFact", 20),
        ("DeadEnd", 10),
        ("Floor", 10),
        ("Down", 20),
        ("Barrier", 20),
        ("From", 20),
        ("Key", 20),
        ("Unsigned", 10),
        ("UnknownTrust", 20),
    ];
    let rare = expected.iter().filter(|(what, least)| seen.get(*what).is_none_or(|count| count < least));
    assert_eq!(rare.collect::<Vec<_>>(), [&("", 0); 0], "{seen:#?}");
    assert!(seen["refused"] < DRAWN / 4, "{seen:#?}");
}

fn modelled(catalog: &Catalog, question: &Question) -> Option<Vec<Part>> {
    let judged = reference::answer(catalog, question)?;
    Some(judged.into_iter().map(|judged| judged.part).collect())
}

/// What the resolver makes of a question, given nothing but what its lookups name.
fn resolved(everything: &Components, question: &Question) -> Option<Vec<Part>> {
    let header = question.header.as_deref().map(str::as_bytes);
    let query = Query::parse(&question.query, header, &Ladder::default()).ok()?.query;
    let fetched = published::fetched(everything, &lookups(&query));
    query.clone().restrict_to_components(&fetched).ok()?;
    let decision = decide(&query, &fetched, Timestamp(0));
    assert_eq!(decision, decide(&query, everything, Timestamp(0)), "what was not looked up changes nothing");
    let parts = decision.entries.into_iter().map(|entry| {
        let (delivered, hops_remaining) = match &entry.outcome {
            Outcome::Install { release, hops_remaining } => (Some(release.version.to_string()), *hops_remaining),
            _ => (None, 0),
        };
        Part {
            component: entry.component.to_string(),
            status: entry.outcome.status_code(),
            delivered,
            hops_remaining,
            target: entry.target.map(|target| target.to_string()).unwrap_or_default(),
        }
    });
    Some(parts.collect())
}
