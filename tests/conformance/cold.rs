//! What is in cold storage is 503 with the time it takes, the rest is delivered, and one restore is asked for.

use std::sync::Arc;

use edgehop_tests::sample::{GAMER, manifest, members};
use futures_util::future::join_all;
use resolver::answer::Deployment;
use resolver::catalog::{Archive, Availability, ObjectKey, Restore, Tier};
use resolver::decide::Restores;
use resolver::words::Timestamp;
use service::Service;

use crate::asking::{Answer, Stock, ask, ask_at, get, part};
use crate::frozen::{ASKED, FLEXIBLE, Frozen};
use crate::memory::{MemoryArtifacts, MemoryCatalog};

const SIZE: u64 = 50_000;
const HOUR: u64 = 3600;
const LIST: &str = "/package?cpuArch=armv8&payloadType=metadataOnly";
const OS: &str = "/package?cpuArch=armv8";

type Shared = Arc<Service<MemoryCatalog, Frozen<MemoryArtifacts>>>;

struct Cold {
    stock: Stock,
    artifacts: Frozen<MemoryArtifacts>,
}

impl Cold {
    async fn new() -> Cold {
        let stock = Stock::new(SIZE).await;
        let artifacts = Frozen::new(stock.artifacts.clone());
        Cold { stock, artifacts }
    }

    /// Another process.
    fn service(&self) -> Shared {
        self.limited(u64::MAX)
    }

    fn limited(&self, max_package_bytes: u64) -> Shared {
        let restores = Some(Restores { tier: Tier::Standard, days: 7 });
        let deployment =
            Deployment { restores, max_package_bytes, ..Deployment::new("https://ota.test".parse().unwrap()) };
        Arc::new(Service::new(self.stock.catalog.clone(), self.artifacts.clone(), deployment))
    }

    /// The objects of a component: what goes into packages, and what its URL names.
    async fn objects(&self, component: &str) -> (ObjectKey, ObjectKey) {
        let artifact = self.stock.artifact(component).await;
        (artifact.packaged(), ObjectKey::Blob(artifact.sha256))
    }
}

fn entry(answer: &Answer, component: &str) -> serde_json::Value {
    let all: serde_json::Value = match answer.header("content-type") {
        "application/json" => serde_json::from_slice(&answer.body).unwrap(),
        _ => serde_json::to_value(manifest(&members(&answer.body))).unwrap(),
    };
    all[component].clone()
}

#[tokio::test]
async fn a_cold_artifact_is_503_and_the_rest_is_delivered() {
    let cold = Cold::new().await;
    let (packaged, _) = cold.objects("os_armv8").await;
    cold.artifacts.is(packaged, FLEXIBLE);
    let service = cold.service();
    let answer = get(&service, GAMER).await;
    assert!(answer.status == 200 && answer.is_whole() && answer.header("content-type") == "application/gzip");
    let names: Vec<String> = members(&answer.body).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("os_armv8")), "{names:?}");
    let waits = entry(&answer, "os_armv8");
    assert_eq!((&waits["status_code"], &waits["latestVersion"]), (&503.into(), &"1.1.0".into()));
    let after = waits["retryAfter"].as_u64().unwrap();
    assert!((5 * HOUR..=5 * HOUR + HOUR / 2).contains(&after), "{after}");
    assert!(waits["reason"].as_str().unwrap().contains("cold storage"), "{waits}");
    assert_eq!(entry(&answer, "scoreboard")["retryAfter"], serde_json::Value::Null);
    assert_eq!(cold.artifacts.restores(), [(packaged, Tier::Standard, 7)]);
}

#[tokio::test]
async fn with_nothing_else_left_the_answer_is_503_with_retry_after() {
    let cold = Cold::new().await;
    let (packaged, blob) = cold.objects("os_armv8").await;
    for (target, object) in [(OS, packaged), (LIST, blob)] {
        cold.artifacts.is(object, FLEXIBLE);
        let answer = get(&cold.service(), target).await;
        assert_eq!((answer.status, answer.header("cache-control")), (503, "max-age=1"), "{target}");
        let after = entry(&answer, "os_armv8")["retryAfter"].as_u64().unwrap();
        let header: u64 = answer.header("retry-after").parse().unwrap();
        assert!((after..after + 60).contains(&header), "{target}: {after} {header}");
    }
    assert_eq!(cold.artifacts.restores().len(), 2);
    // With something that the device has, and nothing else, it is still 503; with a refusal beside it, a list.
    let have = format!("{OS}&modemFW=prod&installed=modemFW@1.0");
    assert_eq!(get(&cold.service(), &have).await.status, 503);
    let refused = format!("{OS}&modemFW=prod&installed=modemFW@2.0");
    assert_eq!(get(&cold.service(), &refused).await.status, 200);
}

#[tokio::test]
async fn a_crowd_makes_one_look_and_one_restore() {
    let cold = Cold::new().await;
    let (packaged, _) = cold.objects("os_armv8").await;
    cold.artifacts.is(packaged, FLEXIBLE);
    let service = cold.service();
    let answers = join_all((0..1000).map(|_| get(&service, OS))).await;
    assert!(answers.iter().all(|answer| answer.status == 503));
    assert_eq!((cold.artifacts.looks().len(), cold.artifacts.restores().len()), (1, 1));
    get(&cold.service(), OS).await;
    assert_eq!(cold.artifacts.restores().len(), 1, "another process sees that it is being restored");
}

#[tokio::test]
async fn a_warm_answer_looks_at_nothing() {
    let cold = Cold::new().await;
    let service = cold.service();
    let first = get(&service, GAMER).await;
    assert_eq!(cold.artifacts.looks().len(), 4);
    let again = get(&service, GAMER).await;
    assert!(first.status == 200 && again.body == first.body);
    assert_eq!(cold.artifacts.looks(), []);
    // A process whose deployment has no cold storage never looks.
    let never = Service::new(
        cold.stock.catalog.clone(),
        cold.artifacts.clone(),
        Deployment::new("https://ota.test".parse().unwrap()),
    );
    assert_eq!(get(&never, GAMER).await.status, 200);
    assert_eq!(cold.artifacts.looks(), []);
}

#[tokio::test]
async fn what_is_restored_is_delivered() {
    let cold = Cold::new().await;
    let (packaged, _) = cold.objects("os_armv8").await;
    let whole = get(&cold.service(), GAMER).await;
    cold.artifacts.is(packaged, FLEXIBLE);
    assert_ne!(get(&cold.service(), GAMER).await.body, whole.body);
    cold.artifacts.is(packaged, Availability::Ready);
    assert!(get(&cold.service(), GAMER).await.body == whole.body);
}

/// A device that resumes a package must find the same one.
#[tokio::test]
async fn a_package_that_says_how_long_to_wait_stays_the_same_for_a_while() {
    let cold = Cold::new().await;
    let (packaged, _) = cold.objects("os_armv8").await;
    let since = ASKED;
    let restore = Restore { archive: Archive::Flexible, tier: Tier::Standard, since };
    cold.artifacts.is(packaged, Availability::Restoring(restore));
    let at = async |seconds: u64| ask_at(&cold.service(), "GET", GAMER, &[], Timestamp(since.0 + seconds)).await;
    let (first, later, other) = (at(1).await, at(HOUR / 4 - 1).await, at(HOUR / 4 + 1).await);
    assert_eq!(first.header("etag"), later.header("etag"));
    assert!(first.body == later.body);
    assert_ne!(first.header("etag"), other.header("etag"));
    // No cache keeps it past the moment at which another wait is said.
    let last = at(HOUR / 4 - 10).await;
    assert!(last.header("cache-control").starts_with("max-age=10,"), "{}", last.header("cache-control"));
    let waits = async |seconds| entry(&at(seconds).await, "os_armv8")["retryAfter"].as_u64().unwrap();
    let (start, middle, overdue) = (waits(0).await, waits(4 * HOUR).await, waits(9 * HOUR).await);
    assert_eq!((start - middle, start - overdue), (4 * HOUR, 5 * HOUR - HOUR / 4));
}

#[tokio::test]
async fn what_goes_to_cold_storage_unseen_is_503_and_seen_then() {
    let cold = Cold::new().await;
    let (packaged, blob) = cold.objects("os_armv8").await;
    let service = cold.service();
    let path = cold.stock.blob("os_armv8").await;
    assert_eq!((get(&service, OS).await.status, get(&service, &path).await.status), (200, 200));
    cold.artifacts.is(packaged, FLEXIBLE);
    assert!(get(&service, OS).await.is_refused(), "it was believed to be there");
    let answer = get(&service, OS).await;
    assert_eq!((answer.status, cold.artifacts.restores().len()), (503, 1));
    assert!(entry(&answer, "os_armv8")["retryAfter"].as_u64().unwrap() >= 5 * HOUR);
    // Who asks for bytes by their digest is told to come back, and starts nothing.
    cold.artifacts.is(blob, FLEXIBLE);
    let by_digest = get(&cold.service(), &path).await;
    assert_eq!(by_digest.status, 503);
    assert!(by_digest.header("retry-after").parse::<u64>().unwrap() >= 5 * HOUR);
    assert!(part(&cold.service(), &path, "0-1").await.status == 503);
    assert_eq!(cold.artifacts.restores().len(), 1);
    assert_eq!(ask(&cold.service(), "HEAD", OS, &[]).await.status, 503);
}

/// In place of a package that is too large come URLs: then it is their objects that count.
#[tokio::test]
async fn over_the_limit_both_kinds_of_objects_count() {
    let cold = Cold::new().await;
    let (packaged, blob) = cold.objects("os_armv8").await;
    assert_ne!(packaged, blob);
    cold.artifacts.is(blob, FLEXIBLE);
    assert_eq!(get(&cold.service(), OS).await.status, 200);
    assert_eq!(get(&cold.limited(10_000), OS).await.status, 503);
}

#[tokio::test]
async fn who_cannot_tell_delivers() {
    let cold = Cold::new().await;
    cold.artifacts.is_out_of_reach();
    assert!(get(&cold.service(), GAMER).await.is_whole());
}
