//! How many keys a cache has for one answer. `cargo bench --package edgehop-tests -- keys` asks a million questions.

use std::io::Write as _;

use edgehop_tests::fleet::{Manners, Tally, simulate};

const REQUESTS: usize = 50_000;

/// Most keys for an answer.
const GOAL: f64 = 1.05;

#[test]
fn with_known_words_a_wild_fleet_has_hardly_more_keys_than_answers() {
    let tally = tallied(Manners::Wild);
    assert!(tally.known_keys as f64 <= GOAL * tally.answers as f64, "{tally:?}");
    assert!(tally.keys > 10 * tally.known_keys, "its words are not wild: {tally:?}");
}

#[test]
fn a_tame_fleet_needs_little_more_than_the_function() {
    let tally = tallied(Manners::Tame);
    assert!(tally.known_keys as f64 <= GOAL * tally.answers as f64, "{tally:?}");
    assert!(tally.spelled > 10 * tally.keys, "its spellings are few: {tally:?}");
}

fn tallied(manners: Manners) -> Tally {
    let tally = simulate(REQUESTS, manners, 1);
    let _ = writeln!(std::io::stderr(), "{manners:?}, {REQUESTS} requests: {tally:?}");
    tally
}
