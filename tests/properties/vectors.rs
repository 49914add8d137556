//! The vectors of the canonical query that the origin and the CDN's function share.

use std::collections::BTreeSet;

use edgehop_tests::vectors::{File, Limits};
use resolver::query::{
    DEFAULT_LADDER, Ladder, MAX_IF_NONE_MATCH_BYTES, MAX_PARAMETERS, MAX_QUERY_BYTES, MAX_VALUE_BYTES, Query,
};
use resolver::words::{MAX_COMPONENT_BYTES, MAX_VERSION_BYTES};

#[test]
fn every_vector_has_the_canonical_form_it_says() {
    let file = File::read();
    let ladder = Ladder::new(file.ladder.clone()).unwrap();
    let wrong: Vec<String> = file.cases.iter().filter_map(|case| case.differs(&ladder)).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), file.cases.len(), wrong.join("\n"));
}

#[test]
fn every_canonical_form_in_the_vectors_is_its_own() {
    let file = File::read();
    let ladder = Ladder::new(file.ladder.clone()).unwrap();
    for case in file.cases.iter() {
        let Some(canonical) = &case.canonical else { continue };
        let again = Query::parse(&canonical.text(), None, &ladder).map(|asked| asked.query.canonical());
        assert_eq!(again, Ok(canonical.text()), "{}", case.name);
    }
}

#[test]
fn every_vector_has_a_name_of_its_own_and_one_outcome() {
    let file = File::read();
    let mut names = BTreeSet::new();
    for case in &file.cases {
        assert!(names.insert(&case.name), "{:?} is there twice", case.name);
        assert!(case.canonical.is_some() != case.error.is_some(), "{:?} takes either canonical or error", case.name);
        let rest = !case.tags.is_empty();
        assert!(case.error.is_none() || !rest, "{:?}: with an error nothing stays in the header", case.name);
    }
}

#[test]
fn the_vectors_state_the_limits_that_hold() {
    let file = File::read();
    assert_eq!(file.ladder, DEFAULT_LADDER);
    let limits = Limits {
        query_bytes: MAX_QUERY_BYTES,
        parameters: MAX_PARAMETERS,
        value_bytes: MAX_VALUE_BYTES,
        if_none_match_bytes: MAX_IF_NONE_MATCH_BYTES,
        component_bytes: MAX_COMPONENT_BYTES,
        version_bytes: MAX_VERSION_BYTES,
    };
    assert_eq!(file.limits, limits);
}
