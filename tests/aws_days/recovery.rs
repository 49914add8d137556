//! How soon devices get good answers again: by the same process, as soon as AWS is well.

use std::time::{Duration, Instant};

use edgehop_tests::fault_proxy::Fault;
use edgehop_tests::sample::GAMER;
use futures_util::future::join_all;
use service::FAILED;

use crate::catalog_outage::{SLACK, troubles};
use crate::day::{Answer, Day};

impl Day {
    /// Asks until the answer is good; how long that took.
    async fn recovers(&self, target: &str) -> (Answer, Duration) {
        let begun = Instant::now();
        loop {
            let answer = self.get(target).await;
            if answer.status == 200 {
                return (answer, begun.elapsed());
            }
            answer.check_unavailable(target);
            assert!(begun.elapsed() < Duration::from_secs(20), "{target} is 503 still");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_that_is_well_again_is_asked_within_a_second() {
    let good = Day::begin().await.get(GAMER).await;
    join_all(troubles().into_iter().map(async |(name, fault, _)| {
        let day = Day::begin().await;
        day.dynamodb.all(fault);
        join_all((0..10).map(|_| day.get(GAMER))).await.iter().for_each(|answer| answer.check_unavailable(name));
        day.get("/healthz").await.check_unavailable(name);
        day.dynamodb.mend();
        assert_eq!(day.get("/healthz").await.status, 200, "{name}: it is asked at once");
        let (answer, took) = day.recovers(GAMER).await;
        assert_eq!(answer, good, "{name}");
        assert!(took < FAILED + SLACK, "{name}: {took:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_well_again_is_used_at_once() {
    let day = Day::begin().await;
    let blob = day.blob("modemfw").await;
    let faults = [Fault::s3("SlowDown"), Fault::Reset, Fault::Silent, Fault::Cut(1000), Fault::Stalled(1000)];
    join_all(faults.into_iter().map(async |fault| {
        let day = Day::begin().await;
        let targets = [GAMER, &blob];
        day.s3.all(fault.clone());
        for target in targets {
            let answers = join_all((0..5).map(|_| day.get(target))).await;
            assert!(answers.iter().all(|answer| !answer.is_whole()), "{fault:?} {target}");
        }
        day.s3.mend();
        for target in targets {
            assert!(day.get(target).await.is_whole(), "{fault:?} {target}");
        }
    }))
    .await;
}

/// Further attempts are rationed while most fail. A process that comes out of a long outage must have some again soon.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_long_outage_further_attempts_are_made_again() {
    let day = Day::begin().await;
    day.dynamodb.all(Fault::dynamodb("InternalServerError"));
    // A hundred records, of which none was ever read.
    join_all((0..100).map(async |number| {
        day.get(&format!("/package?app{number}=prod")).await.check_unavailable("an outage");
    }))
    .await;
    day.dynamodb.mend();
    tokio::time::sleep(Duration::from_secs(3)).await;
    day.dynamodb.calls();
    day.dynamodb.first(1, "Query os_armv8", Fault::dynamodb("InternalServerError"));
    assert!(day.get("/package?cpuArch=armv8").await.is_whole());
    assert_eq!(day.dynamodb.calls().len(), 2);
}
