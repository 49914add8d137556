//! The 55 answers recorded from the AWS sample, asked again of edgehop. What differs is named, with the defect of the
//! sample that it mends; what is named must differ.

mod compare;
mod differences;
mod recorded;

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use edgehop_tests::cloud::{Cloud, patient_clients, wait};
use edgehop_tests::fault_proxy::{FaultProxy, Memory};
use edgehop_tests::sample_table;
use edgehop_tests::server::{Server, command_line, folder};
use edgehop_tests::stand_ins::endpoints;

use compare::compare;
use differences::{CASES, EVERYWHERE};
use recorded::Recorded;

/// The sample's own artifact size: its recorded member sizes must hold too.
const SAMPLE_SIZE: usize = 10 << 20;

#[test]
fn recorded_answers_hold_but_for_the_defects_named() {
    check(&Server::start(&["--sample-size", &SAMPLE_SIZE.to_string()]));
}

#[test]
fn they_hold_over_the_samples_own_table_and_bucket_which_stay_as_they_are() {
    let _alone = alone();
    let cloud = Cloud::new();
    wait(async { sample_table::fill(&patient_clients().await, &cloud.table, &cloud.bucket, SAMPLE_SIZE).await });
    let before = cloud.content();
    assert_eq!((before.items.len(), before.objects.len()), (9, 9));
    check_over(&cloud);
    assert_eq!(cloud.content(), before);
}

#[test]
fn they_hold_over_the_same_table_and_bucket_when_they_are_adopted() {
    let _alone = alone();
    let cloud = Cloud::new();
    wait(async { sample_table::fill(&patient_clients().await, &cloud.table, &cloud.bucket, SAMPLE_SIZE).await });
    let before = cloud.content();
    let mut adopt = Command::new(command_line());
    adopt.args(["adopt", "--table", &cloud.table, "--bucket", &cloud.bucket, "--yes"]);
    let begun = Instant::now();
    let adopted = adopt.envs(cloud.environment()).output().unwrap();
    eprintln!("adopted 9 objects of {SAMPLE_SIZE} bytes in {:?}", begun.elapsed());
    assert!(adopted.status.success(), "{adopted:?}");
    check_over(&cloud);
    let after = cloud.content();
    assert!(before.items.iter().all(|(key, item)| after.items.get(key) == Some(item)));
    assert!(before.objects.iter().all(|(name, object)| after.objects.get(name) == Some(object)));
}

/// One of these tests at a time: an artifact of this size keeps the stand-in for S3 busy for a while, it answers one call
/// after another, and no program of ours waits for S3 for long.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same of a server over a table and a bucket that nobody changes: the stand-ins are asked each question once.
fn check_over(cloud: &Cloud) {
    let memory = Memory::default();
    let [s3, dynamodb] = [&endpoints().s3, &endpoints().dynamodb].map(|url| FaultProxy::before(url, &memory));
    let mut environment = cloud.environment();
    environment.push(("AWS_ENDPOINT_URL_S3".to_owned(), s3.url()));
    environment.push(("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), dynamodb.url()));
    let server = Server::start_with(folder(), &[], &environment);
    // On a busy machine a stand-in's own first answer may come too late for the server, which then says 503: ask again.
    for case in Recorded::all() {
        (0..10).any(|_| case.ask(server.address()).status != 503);
    }
    check(&server);
}

/// That a server answers as was recorded, but for what is named.
fn check(server: &Server) {
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
