//! What devices get while the catalog does not answer: what was known, for a while, and else when to come back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use edgehop_tests::sample::GAMER;
use edgehop_tests::writes::Writes as _;
use resolver::words::ComponentKey;
use service::{FAILED, FRESH, STALE, Service};
use store::Catalog as _;

use crate::asking::{Answer, Stock, ask, get, service};
use crate::faults::{CAUSE, Harm, Harmed, Trouble, Watched};
use crate::memory::{MemoryArtifacts, MemoryCatalog};
use crate::words::{channel, word};

type Catalog = Watched<MemoryCatalog>;
type Gamers = Arc<Service<Catalog, Harmed<MemoryArtifacts>>>;

/// A service whose stores can be told to fail, with small samples.
async fn gamers() -> (Stock, Catalog, Harmed<MemoryArtifacts>, Gamers) {
    let stock = Stock::new(4096).await;
    let (catalog, artifacts) = (Watched::new(stock.catalog.clone()), Harmed::new(stock.artifacts.clone()));
    let service = service(catalog.clone(), artifacts.clone());
    (stock, catalog, artifacts, service)
}

/// That an answer says when to come back and nothing that is not a device's business. Returns how many seconds.
fn check_unavailable(answer: &Answer, method: &str) -> u64 {
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!(answer.status == 503 && (30..=90).contains(&seconds), "{} {seconds}", answer.status);
    assert_eq!((answer.header("cache-control"), answer.header("content-type")), ("max-age=1", "application/json"));
    let text = String::from_utf8(answer.body.clone()).unwrap();
    if method == "HEAD" {
        assert!(text.is_empty() && answer.length() > 0);
    } else {
        assert!(answer.is_whole());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(!json["error"].as_str().unwrap().is_empty() && json.as_object().unwrap().len() == 1, "{text}");
    }
    let everything = format!("{text} {:?}", answer.headers).to_lowercase();
    for secret in [CAUSE, "internal", "5432", "refused", "memory", "gamer", "armv8"] {
        assert!(!everything.contains(secret), "it tells {secret}: {everything}");
    }
    seconds
}

#[tokio::test]
async fn a_catalog_that_fails_from_the_start_is_503_until_it_is_mended() {
    for trouble in [Trouble::Unavailable, Trouble::Damaged] {
        let (_, catalog, _, service) = gamers().await;
        catalog.is_in(Some(trouble));
        for target in [GAMER, &format!("{GAMER}&payloadType=metadataOnly"), "/package?nothing=prod", "/healthz"] {
            for method in ["GET", "HEAD"] {
                check_unavailable(&ask(&service, method, target, &[("if-none-match", "\"p-x\"")]).await, method);
            }
        }
        // What is wrong with the question is said all the same, and an artifact needs no catalog.
        assert_eq!(get(&service, "/package?cpuArch=armv8&ring=x").await.status, 400);
        catalog.is_in(None);
        tokio::time::sleep(FAILED).await;
        let answer = get(&service, GAMER).await;
        assert!(answer.status == 200 && answer.is_whole());
        assert_eq!(get(&service, "/package?nothing=prod").await.status, 404);
        assert_eq!(get(&service, "/healthz").await.status, 200);
    }
}

/// A fleet that was sent away must not come back all at once.
#[tokio::test]
async fn devices_are_told_different_times_to_come_back() {
    let (_, catalog, _, service) = gamers().await;
    catalog.is_in(Some(Trouble::Unavailable));
    let mut seconds = BTreeSet::new();
    for _ in 0..200 {
        seconds.insert(check_unavailable(&get(&service, GAMER).await, "GET"));
    }
    assert!(seconds.len() > 30, "200 devices, but only {seconds:?}");
}

/// `STALE` itself is ten minutes, which no test waits for.
#[tokio::test]
async fn a_catalog_that_fails_later_is_answered_for_from_memory() {
    let (_, catalog, _, service) = gamers().await;
    let good = get(&service, GAMER).await;
    catalog.read_since();
    catalog.is_in(Some(Trouble::Unavailable));
    for _ in 0..3 {
        assert!(get(&service, GAMER).await.body == good.body);
    }
    assert!(catalog.read_since().0.is_empty(), "what is fresh is not asked for again");

    // The records are no longer fresh, but young enough to stand in.
    const { assert!(STALE.as_secs() > 60 * FRESH.as_secs()) };
    tokio::time::sleep(FRESH + Duration::from_millis(100)).await;
    catalog.takes(Duration::from_millis(50));
    let many: Vec<_> = (0..50)
        .map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move { get(&service, GAMER).await })
        })
        .collect();
    for answer in many {
        let answer = answer.await.unwrap();
        assert!(answer.status == 200 && answer.is_whole() && answer.body == good.body);
    }
    let (reads, _) = catalog.read_since();
    assert!(reads.values().all(|times| *times == 1), "a failing store is not stormed: {reads:?}");
    // What was never known is another matter, and so is whether the store is healthy.
    check_unavailable(&get(&service, "/package?cpuArch=armv7").await, "GET");
    check_unavailable(&get(&service, "/healthz").await, "GET");
}

#[tokio::test]
async fn what_changed_is_seen_once_the_record_is_no_longer_fresh() {
    let (stock, catalog, _, service) = gamers().await;
    let key: ComponentKey = word("scoreboard");
    let before = get(&service, "/package?scoreboard=prod&payloadType=metadataOnly").await;
    let old = stock.catalog.component(&key).await.unwrap().unwrap().channels[&word("prod")].clone();
    catalog.set_channel(&key, &word("prod"), &channel("2.0.0", &["gamer"]), Some(&old)).await.unwrap();
    tokio::time::sleep(FRESH + Duration::from_millis(100)).await;
    let after = get(&service, "/package?scoreboard=prod&payloadType=metadataOnly").await;
    assert!(String::from_utf8_lossy(&before.body).contains("\"1.0.0\""));
    assert!(String::from_utf8_lossy(&after.body).contains("\"2.0.0\""));
}

/// Nobody knows what a damaged record said, so the last reading is not believed either.
#[tokio::test]
async fn a_record_that_gets_damaged_is_503_until_it_is_mended() {
    let (_, catalog, _, service) = gamers().await;
    let good = get(&service, GAMER).await;
    catalog.is_in(Some(Trouble::Damaged));
    tokio::time::sleep(FRESH + Duration::from_millis(100)).await;
    for _ in 0..2 {
        check_unavailable(&get(&service, GAMER).await, "GET");
    }
    catalog.is_in(None);
    tokio::time::sleep(FAILED).await;
    assert!(get(&service, GAMER).await.body == good.body);
}

#[tokio::test]
async fn an_artifact_store_that_cannot_be_reached_is_503_where_nothing_was_promised_yet() {
    let (stock, _, artifacts, service) = gamers().await;
    let key = resolver::catalog::ObjectKey::Blob(stock.artifact("modemfw").await.sha256);
    let target = stock.blob("modemfw").await;
    artifacts.harm(Some((key, Harm::Unavailable)));
    for method in ["GET", "HEAD"] {
        check_unavailable(&ask(&service, method, &target, &[]).await, method);
    }
    artifacts.harm(None);
    assert!(get(&service, &target).await.body == stock.artifacts.bytes(&key));
}
