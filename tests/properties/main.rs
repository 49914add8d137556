//! What holds for every question and every package, shown with drawn ones.

mod answers;
mod canonical;
#[path = "../model/draw.rs"]
mod draw;
mod package;
#[path = "../model/published.rs"]
mod published;
mod shelf;
mod spelling;
mod tag;
mod unpacked;
mod vectors;

use proptest::test_runner::Config;

/// So many cases, and no file about those that failed: a failure prints what it takes to repeat it.
fn cases(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}
