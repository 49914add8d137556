//! The resolver's decision beside a naive model of it, on random catalogs and questions.

mod draw;
mod published;
mod reference;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use draw::{Catalog, Question};
use reference::Part;
use resolver::decide::{Outcome, decide, lookups};
use resolver::query::{Ladder, Query};
use resolver::words::Timestamp;

/// Catalogs a run; each is asked [`QUESTIONS`] questions.
const CATALOGS: u32 = 10_000;

/// Questions a catalog.
const QUESTIONS: usize = 8;

proptest! {
    #![proptest_config(ProptestConfig { cases: CATALOGS, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_resolver_decides_as_the_model_does(
        catalog in draw::catalog(),
        questions in proptest::collection::vec(draw::question(), QUESTIONS),
    ) {
        for question in &questions {
            let (is, should) = (resolved(&catalog, question), reference::answer(&catalog, question));
            prop_assert_eq!(is, should, "{:?}", question);
        }
    }
}

/// Without this, the model could agree about nothing at all.
#[test]
fn the_drawn_questions_reach_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let (mut refused, mut empty, mut codes) = (0, 0, [0, 0, 0]);
    for _ in 0..2_000 {
        let drawn = (draw::catalog(), draw::question()).new_tree(&mut runner).unwrap().current();
        match reference::answer(&drawn.0, &drawn.1) {
            None => refused += 1,
            Some(parts) if parts.is_empty() => empty += 1,
            Some(parts) => {
                for (code, count) in [200, 304, 404].into_iter().zip(&mut codes) {
                    *count += usize::from(parts.iter().any(|part| part.status == code));
                }
            }
        }
    }
    let seen = format!("{refused} refused, {empty} empty, 200 304 404: {codes:?}");
    assert!((100..1_000).contains(&refused) && empty >= 100 && codes.into_iter().all(|count| count >= 100), "{seen}");
}

/// What the resolver makes of a question, given nothing but what its lookups name.
fn resolved(catalog: &Catalog, question: &Question) -> Option<Vec<Part>> {
    let header = question.header.as_deref().map(str::as_bytes);
    let query = Query::parse(&question.query, header, &Ladder::default()).ok()?.query;
    let everything = published::components(catalog);
    let decision = decide(&query, &published::fetched(&everything, &lookups(&query)), Timestamp(0));
    assert_eq!(decision, decide(&query, &everything, Timestamp(0)), "what was not looked up changes nothing");
    let parts = decision.entries.into_iter().map(|entry| Part {
        component: entry.component.to_string(),
        status: entry.outcome.status_code(),
        delivered: match &entry.outcome {
            Outcome::Install { release, .. } => Some(release.version.to_string()),
            _ => None,
        },
        target: entry.target.to_string(),
    });
    Some(parts.collect())
}
