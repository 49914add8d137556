//! What devices get while DynamoDB is in trouble: what is known, as long as it may stand in, and else when to come back.

use std::time::{Duration, Instant};

use aws::{ATTEMPTS, OPERATION};
use edgehop_tests::fault_proxy::Fault;
use edgehop_tests::sample::GAMER;
use service::FRESH;

use crate::day::{Answer, Day};

/// Longest that anything takes beyond its time, on a machine that is busy with other tests. Less than an operation: one too
/// many is noticed.
pub(crate) const SLACK: Duration = Duration::from_millis(4500);

/// A little longer than records are fresh.
const NO_LONGER_FRESH: Duration = Duration::from_millis(FRESH.as_millis() as u64 + 100);

/// Every way in which DynamoDB fails, and in how long at most one operation ends with it.
pub(crate) fn troubles() -> Vec<(&'static str, Fault, Duration)> {
    let soon = Duration::from_secs(1);
    vec![
        ("throttled", Fault::dynamodb("ThrottlingException"), soon),
        ("over its throughput", Fault::dynamodb("ProvisionedThroughputExceededException"), soon),
        ("over its limit", Fault::dynamodb("RequestLimitExceeded"), soon),
        ("out of order", Fault::dynamodb("InternalServerError"), soon),
        ("unavailable", Fault::Answer { status: "503 Service Unavailable", body: String::new() }, soon),
        ("forbidden", Fault::dynamodb("AccessDeniedException"), soon),
        ("reset", Fault::Reset, soon),
        ("cut", Fault::Cut(10), soon),
        ("torn", Fault::Torn(10), soon),
        ("short", Fault::Short(1), soon),
        ("silent", Fault::Silent, OPERATION),
        ("stalled", Fault::Stalled(10), OPERATION),
    ]
}

/// A device's question takes two rounds of reads at most, one behind the other.
const ROUNDS: u32 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_stands_in_for_a_catalog_in_trouble() {
    let day = Day::begin().await;
    let good = day.get(GAMER).await;
    assert!(good.is_whole());
    let all = troubles().into_iter().map(async |(name, fault, longest)| {
        let day = Day::begin().await;
        let asked = Instant::now();
        assert_eq!(day.get(GAMER).await, good, "{name}");
        let list = day.ask("GET", &format!("{GAMER}&payloadType=metadataOnly"), &[]).await;
        day.dynamodb.all(fault);
        // Fresh records are not asked for.
        day.dynamodb.calls();
        assert_eq!(day.get(GAMER).await, good, "{name}");
        assert!(day.dynamodb.calls().is_empty() || asked.elapsed() >= FRESH, "{name}");
        tokio::time::sleep(NO_LONGER_FRESH).await;
        // One asks, and another for what the first one did not get to yet. Whoever comes then does not wait for them.
        let after = async |time: Duration| {
            tokio::time::sleep(time).await;
            (day.get(GAMER).await, day.get(&format!("{GAMER}&payloadType=metadataOnly")).await)
        };
        let (first, second) = (Duration::ZERO, Duration::from_millis(300));
        let (first, second, third) = tokio::join!(after(first), after(second), after(2 * second));
        for stale in [first, second, third.clone()] {
            assert_eq!(stale, (good.clone(), list.clone()), "{name}: byte by byte, header by header");
            assert!(stale.0.took.0 < ROUNDS * longest + SLACK, "{name}: {:?}", stale.0.took);
        }
        assert!(third.0.took.0 + third.1.took.0 < SLACK, "{name}: {third:?}");
    });
    futures_util::future::join_all(all).await;
}

/// A question about a record that is not known.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_503_in_time() {
    let all = troubles().into_iter().map(async |(name, fault, longest)| {
        let day = Day::begin().await;
        day.dynamodb.all(fault.clone());
        for (target, rounds) in [(GAMER, 1), ("/package?cpuArch=armv7", 1), ("/healthz", 1)] {
            let answer = day.get(target).await;
            answer.check_unavailable(name);
            assert!(answer.took.0 < rounds * longest + SLACK, "{name} {target}: {:?}", answer.took);
        }
        // The list is there, what is on it is not.
        day.dynamodb.mend();
        day.dynamodb.each("Query modemfw", fault);
        let answer = day.get("/package?cpuArch=armv7&attrCellular=prod").await;
        answer.check_unavailable(name);
        // A question that is not understood needs no catalog.
        assert_eq!(day.get("/package?cpuArch=armv8&ring=x").await.status, 400, "{name}");
    });
    futures_util::future::join_all(all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_passes_at_once_is_not_seen() {
    let good = Day::begin().await.get(GAMER).await;
    // What is forbidden stays so; and a body that is no JSON is DynamoDB's answer, as far as the SDK can tell.
    let passing = troubles().into_iter().filter(|(name, ..)| !["forbidden", "short"].contains(name));
    let all = passing.map(async |(name, fault, _)| {
        // Silence takes the time of an attempt: of three, one is left.
        let failing = if [Fault::Silent, Fault::Stalled(10)].contains(&fault) { 1 } else { ATTEMPTS as usize - 1 };
        let day = Day::begin().await;
        for part in ["Query attr#gamer", "Query os_armv8", "Query modemfw"] {
            day.dynamodb.first(failing, part, fault.clone());
        }
        let answer = day.get(GAMER).await;
        assert_eq!(answer, good, "{name}");
        let calls = day.dynamodb.calls();
        let count = |name: &str| calls.iter().filter(|call| call.name == name).count();
        for name in ["Query attr#gamer", "Query os_armv8", "Query modemfw"] {
            assert_eq!(count(name), 1 + failing, "{name}");
        }
        assert_eq!(count("Query scoreboard"), 1);
    });
    futures_util::future::join_all(all).await;
}

/// `STALE` itself is ten minutes, which no test waits for: this service may use its records for less.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_does_not_stand_in_for_ever() {
    const STALE: Duration = Duration::from_secs(20);
    // Those that are soon known. For the others time goes by while they are asked.
    let soon = troubles().into_iter().filter(|(.., longest)| *longest < OPERATION);
    let all = soon.map(async |(name, fault, _)| {
        let day = Day::with(|service| service.with_stale(STALE)).await;
        let good = day.get(GAMER).await;
        day.dynamodb.all(fault);
        tokio::time::sleep(NO_LONGER_FRESH).await;
        assert_eq!(day.get(GAMER).await, good, "{name}");
        tokio::time::sleep(STALE + NO_LONGER_FRESH).await;
        let refused: Answer = day.get(GAMER).await;
        refused.check_unavailable(name);
        day.dynamodb.mend();
        tokio::time::sleep(service::FAILED).await;
        assert_eq!(day.get(GAMER).await, good, "{name}");
    });
    futures_util::future::join_all(all).await;
}
