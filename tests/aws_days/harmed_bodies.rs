//! What devices get of objects that S3 does not send as it should: never all the bytes that were promised.

use std::time::Duration;

use edgehop_tests::fault_proxy::Fault;
use edgehop_tests::sample::GAMER;
use futures_util::future::join_all;
use http::Request;
use http_body_util::BodyExt as _;

use crate::catalog_outage::SLACK;
use crate::day::{Answer, Day, NOW};

/// How long a body may stand still: the SDK's window of a second, and its grace of five.
const STALL: Duration = Duration::from_secs(7);

/// What may happen to an object of so many bytes on its way.
fn harms(size: usize) -> Vec<Fault> {
    let mut harms = vec![Fault::Stalled(size / 2), Fault::Stalled(0)];
    for at in [0, 1, size / 2, size - 1] {
        harms.extend([Fault::Cut(at), Fault::Torn(at)]);
    }
    harms.extend([1, size / 2, size].map(Fault::Short));
    harms
}

/// A package with a fragment and one with a blob in it, first or later, and an artifact by itself.
async fn cases() -> Vec<(String, &'static str)> {
    let blob = Day::begin().await.blob("modemfw").await;
    vec![
        (GAMER.to_owned(), "modemfw"),
        (GAMER.to_owned(), "videostreamer"),
        ("/package?cpuArch=armv8".to_owned(), "os_armv8"),
        (blob, "modemfw"),
    ]
}

/// A day on which one component's object is harmed.
struct Harmed {
    day: Day,
    calls: String,
}

impl Harmed {
    async fn new(component: &str) -> (Harmed, usize) {
        let day = Day::begin().await;
        let (object, size) = day.place.object(component).await;
        let calls = format!("GET /{}/{object}", day.place.name);
        (Harmed { day, calls }, size)
    }

    /// Asks while the object is harmed, and once more when it is not. Either nothing was promised, or the connection is
    /// cut.
    async fn check(&self, harm: &Fault, target: &str, range: &[(&str, &str)], good: &Answer) {
        let about = format!("{harm:?} {} {target} {range:?}", self.calls);
        self.day.s3.each(&self.calls, harm.clone());
        let answer = self.day.ask("GET", target, range).await;
        if answer.status == 503 {
            answer.check_unavailable(&about);
        } else {
            assert!(answer.is_broken(), "{about}: {} of {} bytes", answer.body.len(), answer.header("content-length"));
            assert!(good.body.starts_with(&answer.body) || matches!(harm, Fault::Altered(_)), "{about}");
        }
        assert!(answer.took.0 < STALL + SLACK, "{about}: {:?}", answer.took);
        self.day.s3.mend();
        assert_eq!(self.day.ask("GET", target, range).await, *good, "{about}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harmed_object_is_never_delivered_whole() {
    join_all(cases().await.into_iter().map(async |(target, component)| {
        let good = Day::begin().await.get(&target).await;
        assert!(good.is_whole());
        let (_, size) = Harmed::new(component).await;
        join_all(harms(size).into_iter().map(async |harm| {
            let (harmed, _) = Harmed::new(component).await;
            // Whether or not this process has seen the object as it is.
            for _ in 0..2 {
                harmed.check(&harm, &target, &[], &good).await;
            }
        }))
        .await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_wrong_bytes_is_never_delivered_whole() {
    for (target, component) in cases().await {
        let good = Day::begin().await.get(&target).await;
        // A range that is all of it is checked as well.
        let whole = [("range", &*format!("bytes=0-{}", good.body.len() - 1))];
        for range in [&[][..], &whole] {
            let good = Day::begin().await.ask("GET", &target, range).await;
            let (_, size) = Harmed::new(component).await;
            for at in [0, size / 2, size - 1] {
                let (harmed, _) = Harmed::new(component).await;
                harmed.check(&Fault::Altered(at), &target, range, &good).await;
            }
        }
    }
}

/// Of a part of an object the bytes can only be counted: gzip's CRC-32 tells a device what it put together.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_harmed_object_is_never_delivered_whole() {
    join_all(cases().await.into_iter().map(async |(target, component)| {
        let whole = Day::begin().await.get(&target).await;
        // From within the object that is harmed, or before it, to almost the end.
        let from = whole.body.len() / 10;
        let range = format!("bytes={from}-{}", whole.body.len() - 5);
        let good = Day::begin().await.ask("GET", &target, &[("range", &range)]).await;
        assert!(good.is_whole() && good.status == 206 && good.body == whole.body[from..whole.body.len() - 4]);
        for harm in [Fault::Cut(0), Fault::Cut(5000), Fault::Torn(5000), Fault::Short(1), Fault::Stalled(5000)] {
            let (harmed, _) = Harmed::new(component).await;
            harmed.check(&harm, &target, &[("range", &range)], &good).await;
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_slowly_comes_whole() {
    let good = Day::begin().await.get(GAMER).await;
    let (harmed, size) = Harmed::new("os_armv8").await;
    // Twice as long as a body may stand still, in all.
    harmed.day.s3.each(&harmed.calls, Fault::Drips(size / 20, 2 * STALL / 20));
    assert_eq!(harmed.day.get(GAMER).await, good);
}

/// A body that waits for its device does not stand still because of S3.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_may_take_its_time() {
    let day = Day::begin().await;
    let good = day.get(GAMER).await;
    let request = Request::builder().uri(GAMER).header("host", "ota.test").body(()).unwrap();
    let mut body = day.service.answer(&request, NOW).await.into_body();
    let (mut bytes, mut next_pause) = (Vec::new(), 10_000);
    while let Some(frame) = body.frame().await {
        bytes.extend_from_slice(&frame.unwrap().into_data().unwrap());
        if bytes.len() > next_pause && next_pause < 500_000 {
            next_pause = 500_000;
            tokio::time::sleep(STALL + Duration::from_secs(2)).await;
        }
    }
    assert!(bytes == good.body);
}
