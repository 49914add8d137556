//! What is in the canonical query decides the answer, and nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use http::header::CONTENT_LOCATION;
use http::{HeaderMap, Method};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use resolver::answer::{Answer, AnswerContext, Deployment, bad_query, decided};
use resolver::catalog::Components;
use resolver::decide::{Decision, decide, lookups};
use resolver::manifest::Addresses;
use resolver::query::{CacheVocabulary, Ladder, ParsedQuery, Query};
use resolver::words::{FactName, Timestamp};

use crate::ask::Question;
use crate::published::{components, fetched};
use crate::{ask, cases, draw};

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn questions_with_one_canonical_form_have_one_answer(
        catalog in draw::catalog(),
        questions in vec(ask::question(), 12),
    ) {
        let everything = components(&catalog);
        let mut seen: BTreeMap<(String, Vec<String>), (Decision, Answer)> = BTreeMap::new();
        for question in questions.iter().flat_map(respelled) {
            let Some(asked) = parsed(&question) else { continue };
            let is = answered(&asked, &everything);
            let tags = asked.tags.iter().map(ToString::to_string).collect();
            let first = seen.entry((asked.query.canonical(), tags)).or_insert_with(|| is.clone());
            prop_assert_eq!(&is, first, "{:?}", question);
        }
    }

    #[test]
    fn words_that_the_catalog_does_not_know_change_no_decision(
        catalog in draw::catalog(),
        questions in vec(ask::question(), 12),
    ) {
        let everything = components(&catalog);
        let known = known(&everything);
        for question in &questions {
            let Some(ParsedQuery { query, .. }) = parsed(question) else { continue };
            let Ok(left) = query.clone().restrict_to(Some(&known)) else { continue };
            let decision = |query: &Query| decide(query, &fetched(&everything, &lookups(query)), Timestamp(0));
            prop_assert_eq!(decision(&left), decision(&query), "{:?}", question);
            prop_assert_eq!(left.clone().restrict_to(Some(&known)), Ok(left), "{:?}", question);
        }
    }

    #[test]
    fn what_the_edge_left_of_a_question_has_the_answer_of_the_question(
        catalog in draw::catalog(),
        questions in vec(ask::question(), 12),
    ) {
        let everything = components(&catalog);
        let known = known(&everything);
        for question in &questions {
            let Some(asked) = parsed(question) else { continue };
            let Ok(left) = asked.query.clone().restrict_to(Some(&known)) else { continue };
            let at_the_origin = Query::parse(&left.canonical(), None, &Ladder::default()).unwrap().query;
            prop_assert_eq!(at_the_origin.canonical(), left.canonical(), "{:?}", question);
            let at_the_origin = ParsedQuery { query: at_the_origin, ..asked.clone() };
            let (mut is, mut should) = (answered(&at_the_origin, &everything).1, answered(&asked, &everything).1);
            // It names the question, which is another one for those who see the edge's.
            is.headers.remove(CONTENT_LOCATION);
            should.headers.remove(CONTENT_LOCATION);
            prop_assert_eq!(is, should, "{:?}", question);
        }
    }

    #[test]
    fn a_fact_stays_in_the_question_if_a_release_requires_it(
        catalog in draw::catalog(),
        questions in vec(ask::question(), 12),
    ) {
        let everything = components(&catalog);
        for question in &questions {
            let Some(ParsedQuery { query, .. }) = parsed(question) else { continue };
            let fetched = fetched(&everything, &lookups(&query));
            let Ok(left) = query.clone().restrict_to_components(&fetched) else { continue };
            let required = required(&fetched);
            let mut should = query.facts.clone();
            should.retain(|fact, _| required.contains(fact));
            prop_assert_eq!(&left.facts, &should, "{:?}", question);
            for (fact, value) in &should {
                let said = format!("{fact}={value}");
                prop_assert!(left.canonical().split('&').any(|pair| pair == said), "{:?}", question);
            }
            prop_assert_eq!(decide(&left, &fetched, Timestamp(0)), decide(&query, &fetched, Timestamp(0)));
        }
    }

    #[test]
    fn a_fact_that_no_release_requires_changes_nothing(
        catalog in draw::catalog(),
        questions in vec(ask::question(), 12),
        said in select(&["hw.rev=3", "hw.rev=10", "HW.Board=c", "hw.colour=red", "hw.revision=3"][..]),
    ) {
        let everything = components(&catalog);
        for question in &questions {
            let with = Question { query: format!("{}&{said}", question.query), header: question.header.clone() };
            let (Some(asked), Some(with)) = (parsed(question), parsed(&with)) else { continue };
            let fact = said.to_ascii_lowercase().split('=').next().unwrap().parse().unwrap();
            let fetched = fetched(&everything, &lookups(&asked.query));
            if required(&fetched).contains(&fact) {
                continue;
            }
            let settled = |asked: ParsedQuery| Some(ParsedQuery { query: asked.query.restrict_to_components(&fetched).ok()?, ..asked });
            let [Some(asked), Some(with)] = [asked, with].map(settled) else { continue };
            prop_assert_eq!(with.query.canonical(), asked.query.canonical(), "{} and {:?}", said, question);
            prop_assert_eq!(answered(&with, &everything), answered(&asked, &everything), "{} and {:?}", said, question);
        }
    }
}

/// The question, and others that are the same: said twice, with what nothing can be called, canonically, and with the
/// digests of the header where they end up.
fn respelled(question: &Question) -> Vec<Question> {
    let Question { query, header } = question;
    let with = |query: String| Question { query, header: header.clone() };
    let mut all = vec![question.clone(), with(format!("&{query}&&{query}")), with(format!("_x=beta&{query}&x+y=1"))];
    if let Some(asked) = parsed(question) {
        let tags: Vec<_> = asked.tags.iter().map(ToString::to_string).collect();
        let header = (!tags.is_empty()).then(|| tags.join(", "));
        all.push(with(asked.query.canonical()));
        all.push(Question { query: asked.query.canonical(), header });
    }
    all
}

fn parsed(question: &Question) -> Option<ParsedQuery> {
    let header = question.header.as_deref().map(str::as_bytes);
    Query::parse(&question.query, header, &Ladder::default()).ok()
}

fn answered(asked: &ParsedQuery, everything: &Components) -> (Decision, Answer) {
    let url_base = "https://updates.example".parse().unwrap();
    let deployment = Deployment { max_package_bytes: 3_000, ..Deployment::new(url_base) };
    let fetched = fetched(everything, &lookups(&asked.query));
    let settled = match asked.query.clone().restrict_to_components(&fetched) {
        Ok(query) => ParsedQuery { query, ..asked.clone() },
        Err(why) => return (Decision { entries: Vec::new(), changes_at: None }, bad_query(&why)),
    };
    let decision = decide(&asked.query, &fetched, Timestamp(0));
    let (canonical, headers) = (asked.query.canonical(), HeaderMap::new());
    let around = AnswerContext {
        method: &Method::GET,
        headers: &headers,
        now: Timestamp(0),
        seed: 0,
        addresses: &Addresses::new(),
        deployment: &deployment,
    };
    let answer = decided(&settled, &decision, &canonical, around);
    (decision, answer)
}

/// The list of known words as publishing keeps it.
fn known(components: &Components) -> CacheVocabulary {
    CacheVocabulary::of(components.values().map(|component| &**component))
}

/// The facts that releases require, read from their records.
fn required(components: &Components) -> BTreeSet<FactName> {
    let releases = components.values().flat_map(|component| component.releases());
    releases.flat_map(|release| &release.requires).map(|requirement| requirement.fact().clone()).collect()
}
