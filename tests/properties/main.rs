//! What holds for every question and every package, shown with drawn ones.

mod answers;
#[path = "../model/ask.rs"]
mod ask;
mod canonical;
mod deliverable;
#[path = "../model/draw.rs"]
mod draw;
#[path = "../model/facts.rs"]
mod facts;
#[path = "../model/keys.rs"]
mod keys;
mod known;
mod package;
mod paths;
mod proof;
#[path = "../model/published.rs"]
mod published;
#[path = "../model/rules.rs"]
mod rules;
mod shelf;
mod spelling;
mod tag;
mod twins;
mod unpacked;
mod vectors;
#[path = "../model/versions.rs"]
mod versions;
mod walk;

use proptest::test_runner::Config;

/// So many cases, and no file about those that failed: a failure prints what it takes to repeat it.
fn cases(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}
