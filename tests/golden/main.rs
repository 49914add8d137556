//! The 55 answers recorded from the AWS sample, asked again of edgehop. What differs is named, with the defect of the
//! sample that it mends; what is named must differ.

mod compare;
mod differences;
mod recorded;

use std::collections::BTreeSet;

use edgehop_tests::server::Server;

use compare::compare;
use differences::{CASES, EVERYWHERE};
use recorded::Recorded;

/// The sample's own artifact size: its recorded member sizes must hold too.
const SAMPLE_SIZE: &str = "10485760";

#[test]
fn recorded_answers_hold_but_for_the_defects_named() {
    let server = Server::start(&["--sample-size", SAMPLE_SIZE]);
    let recorded = Recorded::all();
    assert_eq!(recorded.len(), 55);
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for case in &recorded {
        let answer = case.ask(server.address());
        for found in compare(case, &answer) {
            let own = CASES.iter().find(|(name, what, _)| *name == case.name && found.what == *what);
            let common = EVERYWHERE.iter().find(|(what, _)| found.what == *what);
            match (own, common) {
                (Some((name, what, _)), _) => drop(seen.insert((*name, *what))),
                (None, Some((what, _))) => drop(seen.insert(("", *what))),
                (None, None) => wrong.push(format!("{}: {}: {}", case.name, found.what, found.detail)),
            }
        }
    }
    assert!(wrong.is_empty(), "differences that nobody named:\n{}", wrong.join("\n"));
    let named =
        CASES.iter().map(|(name, what, _)| (*name, *what)).chain(EVERYWHERE.iter().map(|(what, _)| ("", *what)));
    let stale: Vec<_> = named.filter(|named| !seen.contains(named)).collect();
    assert!(stale.is_empty(), "named, but there is no such difference: {stale:?}");
}
