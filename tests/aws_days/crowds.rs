//! Many who ask the same at once cost what one costs, on good days and on bad ones.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws::{ATTEMPTS, OPERATION};
use edgehop_tests::fault_proxy::Fault;
use service::{FAILED, FRESH};

use crate::catalog_outage::SLACK;
use crate::day::Day;

/// Devices.
const CROWD: usize = 200;

/// A device with two attributes: two lists and four components.
const QUESTION: &str = "/package?cpuArch=armv8&attrGamer=prod&attrCellular=prod&payloadType=metadataOnly";

const FIRST_ROUND: [&str; 3] = ["Query attr#cellular", "Query attr#gamer", "Query os_armv8"];

const SECOND_ROUND: [&str; 3] = ["Query modemfw", "Query scoreboard", "Query videostreamer"];

/// How often each call was made.
fn counted(day: &Day) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in day.dynamodb.calls() {
        *counts.entry(call.name).or_default() += 1;
    }
    counts
}

fn each(names: &[&str], times: usize) -> BTreeMap<String, usize> {
    names.iter().map(|name| ((*name).to_owned(), times)).collect()
}

/// How often a record whose reading fails may be asked for in this time: once more whenever a failure is forgotten.
/// Three crowds take less than that on an idle machine, and longer on a busy one.
fn times(elapsed: Duration) -> usize {
    1 + (elapsed.as_millis() / FAILED.as_millis()) as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_reads_each_record_once() {
    let day = Day::begin().await;
    // Long enough for all of them to come while it runs.
    day.dynamodb.all(Fault::Late(Duration::from_millis(500)));
    let answers = day.crowd(CROWD, QUESTION).await;
    assert!(answers.iter().all(|answer| answer.is_whole() && *answer == answers[0]));
    let all = [FIRST_ROUND, SECOND_ROUND].concat();
    assert_eq!(counted(&day), each(&all, 1));
    // And again each record once, when it is no longer fresh.
    tokio::time::sleep(FRESH).await;
    let again = day.crowd(CROWD, QUESTION).await;
    assert!(again.iter().all(|answer| *answer == answers[0]));
    assert_eq!(counted(&day), each(&all, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_does_not_storm_a_catalog_in_trouble() {
    for fault in [Fault::dynamodb("ThrottlingException"), Fault::Reset] {
        let day = Day::begin().await;
        day.dynamodb.all(fault.clone());
        for _ in 0..2 {
            let begun = Instant::now();
            // A crowd, and one that comes when it has failed a moment ago.
            for answer in [day.crowd(CROWD, QUESTION).await, day.crowd(CROWD, QUESTION).await].concat() {
                answer.check_unavailable("a crowd");
            }
            let (most, counted) = (each(&FIRST_ROUND, ATTEMPTS as usize * times(begun.elapsed())), counted(&day));
            // The first failure is the answer: what is asked beside it may be given up before its last attempt.
            let within = |(name, count): (&String, &usize)| most.get(name).is_some_and(|most| count <= most);
            assert!(counted.iter().all(within), "{fault:?}: {counted:?}");
            assert!(counted.values().any(|count| *count >= ATTEMPTS as usize), "{fault:?}: {counted:?}");
            tokio::time::sleep(FAILED).await;
        }
    }
}

/// The worst there is: nobody answers. Whoever waits is let go when the one who asks is.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_waits_as_long_as_one() {
    let day = Day::begin().await;
    day.dynamodb.all(Fault::Silent);
    for answer in day.crowd(CROWD, QUESTION).await {
        answer.check_unavailable("a crowd");
        assert!(answer.took.0 < OPERATION + SLACK, "{:?}", answer.took);
    }
    let counted = counted(&day);
    let most = ATTEMPTS as usize;
    assert!(counted.len() == FIRST_ROUND.len() && counted.values().all(|count| *count <= most), "{counted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_is_answered_from_memory_asks_once_in_a_while() {
    let day = Day::begin().await;
    let good = day.get(QUESTION).await;
    tokio::time::sleep(FRESH + Duration::from_millis(100)).await;
    day.dynamodb.calls();
    day.dynamodb.all(Fault::dynamodb("ThrottlingException"));
    let begun = Instant::now();
    for _ in 0..3 {
        assert!(day.crowd(CROWD, QUESTION).await.iter().all(|answer| *answer == good));
    }
    let (most, counted) = (ATTEMPTS as usize * times(begun.elapsed()), counted(&day));
    let all: Vec<&str> = [FIRST_ROUND, SECOND_ROUND].concat();
    assert!(counted.keys().eq(each(&all, 1).keys()), "{counted:?}");
    let within = |count: &usize| (ATTEMPTS as usize..=most).contains(count);
    assert!(counted.values().all(within), "at most {most} each: {counted:?}");
}
