//! How many keys a cache has for how many answers: a million questions of a simulated fleet.

use edgehop_tests::fleet::{Manners, simulate};

use super::report;

const REQUESTS: usize = 1_000_000;

/// Most keys for an answer.
const GOAL: f64 = 1.05;

/// The ratio of keys to answers, by what devices say and by what stands before the cache. A peer is the AWS sample, whose
/// cache is keyed on queries as they are spelled.
pub(crate) fn simulated() {
    for manners in [Manners::Tame, Manners::Wild] {
        let tally = simulate(REQUESTS, manners, 1);
        let answers = tally.answers as f64;
        println!("  ({manners:?}: {} answers; {tally:?})", tally.answers);
        for (what, keys) in [("the function alone", tally.keys), ("with known words", tally.known_keys)] {
            let ratio = keys as f64 / answers;
            let peer = format!("{:.0}", tally.spelled_without_device as f64 / answers);
            let goal = format!("keys an answer <= {GOAL}");
            report(&format!("{manners:?} fleet, {what}"), keys.to_string(), peer, ratio, &goal, ratio <= GOAL);
        }
    }
}
