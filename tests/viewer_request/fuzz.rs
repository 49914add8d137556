//! Random questions, asked of the function and of the origin's canonicaliser: they agree on every one, or on how it is
//! refused.

use std::io::Write as _;
use std::path::Path;

use edgehop_tests::viewer::{Entries, filter, function};
use fastrand::Rng;
use resolver::query::{CacheVocabulary, Trait};

use crate::draw::{self, Question};
use crate::judge::{differs, event};

/// Questions a run, without and with known words.
const QUESTIONS: [usize; 3] = [60_000, 40_000, 20_000];

/// Where the environment names it, the seed of a run that shall be repeated.
const SEED: &str = "EDGEHOP_TEST_SEED";

#[test]
fn the_function_and_the_origin_agree_on_random_questions() {
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let _ = writeln!(std::io::stderr(), "{SEED}={seed}");
    let [none, few, many] = QUESTIONS;
    disagreements(function(), seed, none, None).none();
    disagreements(function(), seed + 1, few, Some(&few_words())).none();
    disagreements(function(), seed + 2, many, Some(&many_words())).none();
}

/// Without this, all of them could have been refused, or none.
#[test]
fn the_drawn_questions_are_of_every_kind() {
    let mut rng = Rng::with_seed(1);
    let questions: Vec<Question> = (0..5_000).map(|_| draw::question(&mut rng)).collect();
    let refused = |question: &&Question| {
        let header = question.fields.join(",");
        resolver::query::Query::parse(&question.query, Some(header.as_bytes()), &Default::default()).is_err()
    };
    let count = questions.iter().filter(refused).count();
    assert!((1_000..4_000).contains(&count), "{count} are refused");
    let distinct: std::collections::BTreeSet<_> =
        questions.iter().map(|question| (&question.query, &question.fields)).collect();
    assert!(distinct.len() > 4_500, "{} are different", distinct.len());
}

/// What two readings of some questions differ in.
#[derive(Debug)]
pub(crate) struct Disagreements {
    pub(crate) count: usize,
    first: String,
}

impl Disagreements {
    fn none(&self) {
        assert_eq!(self.count, 0, "one of them:\n{}", self.first);
    }
}

/// Asks both.
pub(crate) fn disagreements(
    function: &Path,
    seed: u64,
    count: usize,
    known: Option<&CacheVocabulary>,
) -> Disagreements {
    let drawn = |seed: u64| {
        let mut rng = Rng::with_seed(seed);
        (0..count).map(move |_| draw::question(&mut rng))
    };
    let entries: Option<Entries> = known.map(CacheVocabulary::entries);
    let (mut questions, mut found) = (drawn(seed), Disagreements { count: 0, first: String::new() });
    filter(function, entries.as_ref(), drawn(seed).map(|question| event(&question)), |given| {
        if let Some(what) = differs(&questions.next().unwrap(), known, &given) {
            found.count += 1;
            if found.first.is_empty() {
                found.first = what;
            }
        }
    });
    found
}

/// A list that fits into one value, and knows about half of what is drawn.
pub(crate) fn few_words() -> CacheVocabulary {
    CacheVocabulary {
        components: ["scoreboard", "modemfw", "constructor", "os_armv8"].map(|word| word.parse().unwrap()).into(),
        attributes: ["gamer", "x.y"].map(|word| word.parse().unwrap()).into(),
        facts: ["hw.rev", "constructor.name"].map(|word| word.parse().unwrap()).into(),
        digests: [draw::DIGESTS[0].parse().unwrap()].into(),
        traits: [Trait::Delta].into(),
    }
}

/// The same, lost in a long list on many pages.
pub(crate) fn many_words() -> CacheVocabulary {
    let mut words = few_words();
    words.traits = [Trait::Cohort, Trait::Ring].into();
    words.components.extend((0..900).map(|number| format!("c{number}").parse().unwrap()));
    assert!(words.entries().len() > 5);
    words
}
