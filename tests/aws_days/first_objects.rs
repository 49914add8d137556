//! What devices get while S3 is in trouble before it has answered at all: nothing is promised yet, so 503 can be said.

use std::time::Duration;

use aws::{ATTEMPTS, OPERATION};
use edgehop_tests::fault_proxy::Fault;
use edgehop_tests::sample::GAMER;
use futures_util::future::join_all;
use service::FRESH;

use crate::catalog_outage::SLACK;
use crate::day::Day;

/// Every way in which S3 does not answer, and in how long at most one operation ends with it.
fn troubles() -> Vec<(&'static str, Fault, Duration)> {
    let soon = Duration::from_secs(1);
    vec![
        ("slow down", Fault::s3("SlowDown"), soon),
        ("unavailable", Fault::s3("ServiceUnavailable"), soon),
        ("internal", Fault::s3("InternalError"), soon),
        ("a bare 503", Fault::Answer { status: "503 Service Unavailable", body: String::new() }, soon),
        ("reset", Fault::Reset, soon),
        ("silent", Fault::Silent, OPERATION),
    ]
}

/// What needs an object, with which headers, and in how many operations before the first byte of an answer.
async fn questions(day: &Day) -> Vec<(String, Option<&'static str>, u32)> {
    let blob = day.blob("modemfw").await;
    vec![
        (GAMER.to_owned(), None, 1),
        (GAMER.to_owned(), Some("bytes=1000-299999"), 1),
        (blob.clone(), None, 2),
        (blob.clone(), Some("bytes=1000-1999"), 2),
        (format!("{blob}.minisig"), None, 1),
    ]
}

/// The header that asks for a part.
fn range(range: Option<&'static str>) -> Vec<(&'static str, &'static str)> {
    range.map(|range| ("range", range)).into_iter().collect()
}

/// Every question on every bad day, each day by itself.
async fn each_on_each(check: impl AsyncFn(&str, &Day, Fault, Duration, &str, &[(&str, &str)])) {
    let questions = questions(&Day::begin().await).await;
    let days =
        troubles().into_iter().flat_map(|trouble| questions.iter().map(move |question| (trouble.clone(), question)));
    join_all(days.map(async |((name, fault, longest), (target, part, operations))| {
        let about = format!("{name} {target} {part:?}");
        check(&about, &Day::begin().await, fault, *operations * longest, target, &range(*part)).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_lasts_is_503_in_time() {
    each_on_each(async |about, day, fault, longest, target, range| {
        let good = day.ask("GET", target, range).await;
        assert!(good.is_whole(), "{about}: {good:?}");
        day.s3.all(fault.clone());
        let answer = day.ask("GET", target, range).await;
        answer.check_unavailable(about);
        assert!(answer.took.0 < longest + SLACK, "{about}: {:?}", answer.took);
        // What needs no object is answered all the same.
        assert!(day.get(&format!("{GAMER}&payloadType=metadataOnly")).await.is_whole(), "{about}");
        assert_eq!(day.ask("HEAD", GAMER, &[]).await.status, 200, "{about}");
        // The first look at a blob goes well, and then nothing does.
        day.s3.mend();
        day.s3.each("GET /", fault);
        day.ask("GET", target, range).await.check_unavailable(about);
        // Mended, the next question is answered.
        day.s3.mend();
        assert_eq!(day.ask("GET", target, range).await, good, "{about}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_passes_at_once_is_not_seen() {
    each_on_each(async |about, day, fault, _, target, range| {
        // Silence takes the time of an attempt: of three, one is left.
        let failing = if fault == Fault::Silent { 1 } else { ATTEMPTS as usize - 1 };
        let good = day.ask("GET", target, range).await;
        let calls = day.s3.calls();
        day.s3.first(failing, "", fault);
        assert_eq!(day.ask("GET", target, range).await, good, "{about}");
        let again = day.s3.calls();
        assert_eq!(again.len(), calls.len() + failing, "{about}");
        assert_eq!(again[..failing], vec![calls[0].clone(); failing], "{about}");
    })
    .await;
}

/// The longest that a device may wait for its answer: nobody answers, and what is known must be asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn when_all_of_aws_is_silent_an_answer_comes_in_time() {
    let day = Day::begin().await;
    let list = format!("{GAMER}&payloadType=metadataOnly");
    let good = day.get(&list).await;
    for proxy in [&day.dynamodb, &day.s3] {
        proxy.all(Fault::Silent);
    }
    tokio::time::sleep(FRESH).await;
    let answer = day.get(GAMER).await;
    answer.check_unavailable("silence");
    // Two rounds of catalog reads, and the first object.
    assert!(answer.took.0 < 3 * OPERATION + SLACK, "{:?}", answer.took);
    assert_eq!(day.get(&list).await, good);
}

/// A package's later objects are opened while its bytes are on their way.
#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_a_later_object_is_tried_again_too() {
    let day = Day::begin().await;
    let good = day.get(GAMER).await;
    let (object, _) = day.place.object("videostreamer").await;
    for (name, fault, _) in troubles() {
        day.s3.first(1, &object, fault.clone());
        assert_eq!(day.get(GAMER).await, good, "{name}");
        if fault != Fault::Silent {
            day.s3.each(&object, fault);
            assert!(day.get(GAMER).await.is_broken(), "{name}");
        }
        day.s3.mend();
    }
}
