//! A table and a bucket of the sample's: what is served of them, what is left out, and what is asked of AWS meanwhile.

use std::time::{Duration, Instant};

use aws::{AwsArtifacts, AwsCatalog, BucketName, Clients, SampleArtifacts, SampleCatalog, TableName, open_refreshing};
use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, M, N, S};
use edgehop_tests::fault_proxy::{Fault, FaultProxy, Memory};
use edgehop_tests::sample_table::{fill, item, noise, put_item, put_object};
use edgehop_tests::stand_ins::endpoints;
use futures_util::StreamExt as _;
use resolver::catalog::{Artifact, Edit, ObjectKey, Revision};
use resolver::words::{ComponentKey, Sha256};
use store::{Artifacts, Catalog, Either, StoreError};

use crate::aws::Aws;
use crate::aws_watch::Watch;
use crate::suite::Place as _;
use crate::words::word;

/// Size of an object, in bytes.
const SIZE: usize = 5000;

/// How often the table is read again, where a test waits for that.
const OFTEN: Duration = Duration::from_millis(100);

/// How often it is where it must not happen.
const NEVER: Duration = Duration::from_secs(3600);

/// How long a test waits for what comes soon.
const PATIENCE: Duration = Duration::from_secs(30);

async fn opened(clients: &Clients, place: &Aws, every: Duration) -> Result<(AwsCatalog, AwsArtifacts), StoreError> {
    let table: TableName = format!("dynamodb:{}", place.table).parse().unwrap();
    let bucket: BucketName = format!("s3:{}", place.bucket).parse().unwrap();
    open_refreshing(clients, &table, &bucket, every).await
}

async fn sample(clients: &Clients, place: &Aws, every: Duration) -> (SampleCatalog, SampleArtifacts) {
    match opened(clients, place, every).await.unwrap() {
        (Either::Right(catalog), Either::Right(artifacts)) => (catalog, artifacts),
        _ => panic!("it is the sample's"),
    }
}

async fn filled() -> Aws {
    let place = Aws::new().await;
    fill(&place.clients, &place.table, &place.bucket, SIZE).await;
    place
}

/// The artifact that a channel points at.
async fn target(catalog: &impl Catalog, component: &str, channel: &str) -> Option<Artifact> {
    let component = catalog.component(&word(component)).await.unwrap()?;
    let channel = component.channels.get(&word(channel))?;
    Some(component.release(&channel.target).unwrap().artifact.clone())
}

async fn bytes(artifacts: &impl Artifacts, key: &ObjectKey, range: std::ops::Range<u64>) -> Vec<u8> {
    let pieces = artifacts.read(key, range).await.unwrap().bytes;
    pieces.map(|piece| piece.unwrap().to_vec()).collect::<Vec<_>>().await.concat()
}

/// Waits until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(OFTEN).await;
    }
}

/// Puts an item there, with its object.
async fn add(place: &Aws, app: &str, env: &str, version: &str, seed: u64) {
    let object = format!("{app}_{version}");
    put_object(&place.clients, &place.bucket, &object, noise(SIZE, seed)).await;
    let item = item(&place.bucket, app, env, version, &object, &noise(SIZE, seed));
    put_item(&place.clients, &place.table, item).await;
}

/// An item with one field otherwise, or without it.
fn odd(place: &Aws, app: &str, field: &str, value: Option<AttributeValue>) -> Vec<(String, AttributeValue)> {
    let mut odd = item(&place.bucket, app, "prod", "1.0", "modemFW_1.0", &noise(SIZE, 9));
    odd.retain(|(name, _)| name != field);
    odd.extend(value.map(|value| (field.to_owned(), value)));
    odd
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_found_whatever_their_case() {
    let place = filled().await;
    let (catalog, artifacts) = sample(&place.clients, &place, NEVER).await;
    assert_eq!(catalog.left_out(), [""; 0]);
    let keys: Vec<ComponentKey> = catalog.components().await.unwrap();
    let keys: Vec<&str> = keys.iter().map(ComponentKey::as_str).collect();
    assert_eq!(keys, ["modemfw", "os_armv7", "os_armv8", "scoreboard", "videostreamer"]);
    let component = catalog.component(&word("videostreamer")).await.unwrap().unwrap();
    assert_eq!((component.name.as_str(), component.releases().len()), ("videoStreamer", 2));
    for (attribute, wanting) in
        [("gamer", &["scoreboard", "videostreamer"][..]), ("cellular", &["modemfw"]), ("x", &[])]
    {
        let found = catalog.wanting(&word(attribute)).await.unwrap();
        assert_eq!(found.iter().map(ComponentKey::as_str).collect::<Vec<_>>(), wanting, "{attribute}");
    }

    let expected = noise(SIZE, 9);
    let artifact = target(&catalog, "modemfw", "prod").await.unwrap();
    let known = (artifact.sha256, artifact.size, artifact.crc32, artifact.fragment);
    assert_eq!(known, (Sha256::of(&expected), SIZE as u64, Some(crc32fast::hash(&expected)), None));
    let blob = ObjectKey::Blob(artifact.sha256);
    assert_eq!(artifacts.stat(&blob).await.unwrap().unwrap().md5, artifact.md5);
    assert!(bytes(&artifacts, &blob, 0..artifact.size).await == expected);
    assert!(bytes(&artifacts, &blob, 10..20).await == expected[10..20]);
    let fragment = ObjectKey::Fragment(artifact.sha256);
    assert!(artifacts.stat(&fragment).await.unwrap().is_none());
    assert!(matches!(artifacts.read(&fragment, 0..1).await.map(drop), Err(StoreError::Missing(_))));
    assert_eq!(artifacts.list().await.unwrap().len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_is_left_out_and_named() {
    let place = filled().await;
    let long = "x".repeat(300_000);
    let huge = M((0..3000).map(|index| (format!("attribute{index}"), Bool(true))).collect());
    let cases = [
        ("a", "md5", None, "md5 takes a string"),
        ("b", "md5", Some(S("0".repeat(32))), "has the MD5"),
        ("c", "version", Some(S(long.clone())), "is not a version"),
        ("d", "url", Some(S("s3://somebody-elses/x".into())), "in the bucket somebody-elses"),
        ("e", "url", Some(S(format!("s3://{}/not-there", place.bucket))), "not-there is missing"),
        ("f", "md5", Some(N("7".into())), "md5 takes a string"),
        ("g", "deviceAttr", Some(S(long)), "deviceAttr takes a map"),
        ("h", "url", Some(S("x".into())), "it takes s3://<bucket>/<object>"),
        ("no.such.name", "env", Some(S("prod".into())), "is not a component name"),
    ];
    for (app, field, value, _) in cases.clone() {
        put_item(&place.clients, &place.table, odd(&place, app, field, value)).await;
    }
    put_item(&place.clients, &place.table, odd(&place, "crowded", "deviceAttr", Some(huge))).await;
    // One that says nothing of a version is nobody's business.
    put_item(&place.clients, &place.table, odd(&place, "other", "url", None)).await;
    put_object(&place.clients, &place.bucket, "empty", Vec::new()).await;
    let empty = item(&place.bucket, "empty", "prod", "1.0", "empty", b"");
    put_item(&place.clients, &place.table, empty).await;

    let (catalog, _) = sample(&place.clients, &place, NEVER).await;
    let left_out = catalog.left_out();
    assert_eq!(left_out.len(), cases.len() + 1, "{left_out:#?}");
    for (app, _, _, said) in cases {
        let of = format!("item {app} prod: ");
        assert!(left_out.iter().any(|why| why.starts_with(&of) && why.contains(said) && why.len() < 500), "{app}");
    }
    assert!(left_out.iter().any(|why| why.starts_with("item empty prod") && why.contains("it has 0 bytes")));
    // The nine, the crowded one, and the one that only nobody wants by an attribute.
    assert_eq!(catalog.components().await.unwrap().len(), 5 + 2);
    assert_eq!(catalog.wanting(&word("attribute2999")).await.unwrap(), [word("crowded")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_items_that_cannot_both_be_true_both_are_named() {
    let place = filled().await;
    // The same version with other bytes, and the same component in another spelling, on the same channel.
    put_object(&place.clients, &place.bucket, "again", noise(SIZE, 77)).await;
    let again = item(&place.bucket, "modemFW", "qa", "1.0", "again", &noise(SIZE, 77));
    put_item(&place.clients, &place.table, again).await;
    add(&place, "modemfw", "prod", "9.0", 78).await;
    add(&place, "MODEMFW", "beta", "2.0", 79).await;
    let (catalog, _) = sample(&place.clients, &place, NEVER).await;
    assert_eq!(
        catalog.left_out(),
        [
            "item modemFW qa: item modemFW prod has other bytes under the same version 1.0",
            "item modemfw prod: item modemFW prod is the same channel of the same component: delete one of them",
        ]
    );
    assert_eq!(target(&catalog, "modemfw", "prod").await.unwrap().sha256, Sha256::of(&noise(SIZE, 9)));
    assert_eq!(target(&catalog, "modemfw", "beta").await.unwrap().sha256, Sha256::of(&noise(SIZE, 79)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_never_causes_a_scan() {
    let place = filled().await;
    let watch = Watch::default();
    let clients = watch.over(&place.clients);
    let (catalog, artifacts) = sample(&clients, &place, NEVER).await;
    let calls = watch.calls();
    assert_eq!(calls[..2], ["Query", "Scan"]);
    assert_eq!(calls[2..], ["GET"; 9], "each object once");
    let artifact = target(&catalog, "os_armv8", "prod").await.unwrap();
    let blob = ObjectKey::Blob(artifact.sha256);
    catalog.wanting(&word("gamer")).await.unwrap();
    catalog.component(&word("never")).await.unwrap();
    artifacts.stat(&blob).await.unwrap();
    artifacts.signature(&artifact.sha256).await.unwrap();
    assert_eq!(watch.calls(), [""; 0], "all from memory");
    bytes(&artifacts, &blob, 0..artifact.size).await;
    assert_eq!(watch.calls(), ["GET"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_edgehops_own_is_known_by_one_query() {
    let place = Aws::new().await;
    let watch = Watch::default();
    let clients = watch.over(&place.clients);
    assert!(matches!(opened(&clients, &place, OFTEN).await.unwrap(), (Either::Left(_), Either::Left(_))));
    assert_eq!(watch.calls(), ["Query", "Scan"], "an empty table is edgehop's");
    // What is half of a first publish is nobody else's, nor is an item beside what was published.
    place.catalog().await.commit(&word("app"), Revision(0), &Edit::default()).await.unwrap();
    fill(&place.clients, &place.table, &place.bucket, SIZE).await;
    assert!(matches!(opened(&clients, &place, OFTEN).await.unwrap(), (Either::Left(_), Either::Left(_))));
    assert_eq!(watch.calls(), ["Query"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_seen_and_only_that_is_read() {
    let place = filled().await;
    let watch = Watch::default();
    let clients = watch.over(&place.clients);
    let (catalog, artifacts) = sample(&clients, &place, OFTEN).await;
    let before = catalog.component(&word("scoreboard")).await.unwrap().unwrap();
    watch.calls();
    add(&place, "scoreboard", "beta", "3.0.0", 30).await;
    let due = Sha256::of(&noise(SIZE, 30));
    let is_due = async || target(&catalog, "scoreboard", "beta").await.is_some_and(|found| found.sha256 == due);
    until("a new item", is_due).await;
    let calls = watch.calls();
    assert_eq!(calls.iter().filter(|call| *call == "GET").count(), 1, "{calls:?}");
    assert!(calls.iter().all(|call| ["Query", "Scan", "HEAD", "GET"].contains(&call.as_str())), "{calls:?}");
    let after = catalog.component(&word("scoreboard")).await.unwrap().unwrap();
    assert_eq!(after.revision, Revision(before.revision.0 + 1));
    assert_eq!(catalog.component(&word("os_armv8")).await.unwrap().unwrap().revision, Revision(1));

    // Other bytes under an old name: never handed out as the old ones.
    let old = ObjectKey::Blob(target(&catalog, "modemfw", "prod").await.unwrap().sha256);
    put_object(&place.clients, &place.bucket, "modemFW_1.0", noise(SIZE, 31)).await;
    match artifacts.read(&old, 5..10).await {
        Err(StoreError::Damaged { .. } | StoreError::Missing(_)) => {}
        read => panic!("it was opened: {:?}", read.map(drop)),
    }
    until("it is left out", async || target(&catalog, "modemfw", "prod").await.is_none()).await;
    assert!(catalog.left_out()[0].contains("item modemFW prod: its object modemFW_1.0 has the MD5"));
    assert!(matches!(artifacts.read(&old, 5..10).await.map(drop), Err(StoreError::Missing(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_aws_is_down_what_was_known_is_served() {
    let place = filled().await;
    let watch = Watch::default();
    let (catalog, _) = sample(&watch.over(&place.clients), &place, OFTEN).await;
    watch.dies_after("Scan", 0);
    tokio::time::sleep(5 * OFTEN).await;
    assert_eq!(catalog.components().await.unwrap().len(), 5);
    add(&place, "late", "prod", "1.0", 50).await;
    watch.lives();
    until("it is read again", async || target(&catalog, "late", "prod").await.is_some()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_bucket_is_down_what_was_learned_of_it_holds() {
    let place = filled().await;
    let watch = Watch::default();
    let s3 = watch.over(&place.clients).s3;
    let (catalog, _) = sample(&Clients { s3, ..place.clients.clone() }, &place, OFTEN).await;
    watch.dies_after("HEAD", 0);
    // An item of an object that is known, and one of an object that nobody can ask for now.
    let known = item(&place.bucket, "second", "prod", "1.0", "modemFW_1.0", &noise(SIZE, 9));
    put_item(&place.clients, &place.table, known).await;
    add(&place, "third", "prod", "1.0", 50).await;
    until("the table is read", async || target(&catalog, "second", "prod").await.is_some()).await;
    until("it is named", async || catalog.left_out().iter().any(|why| why.starts_with("item third prod"))).await;
    assert_eq!(catalog.components().await.unwrap().len(), 6);
    watch.lives();
    until("it is read", async || target(&catalog, "third", "prod").await.is_some()).await;
    assert_eq!(catalog.left_out(), [""; 0]);

    watch.dies_after("GET", 0);
    let Clients { s3, .. } = watch.over(&place.clients);
    let refused = opened(&Clients { s3, ..place.clients.clone() }, &place, NEVER).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "else everything would be missing: {refused:?}");
}

/// Clients whose S3 is behind a proxy.
async fn behind(proxy: &FaultProxy, place: &Aws) -> Clients {
    let s3 = place.clients.s3.config().to_builder().endpoint_url(proxy.url()).build();
    Clients { s3: aws_sdk_s3::Client::from_conf(s3), ..place.clients.clone() }
}

fn before_s3() -> FaultProxy {
    FaultProxy::before(&endpoints().s3, &Memory::none())
}

/// One object that nobody may read, as one that is encrypted with another key, costs its item, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_of_one_object_is_left_out() {
    let (place, proxy) = (filled().await, before_s3());
    let clients = behind(&proxy, &place).await;
    for (status, code) in [("403 Forbidden", "AccessDenied"), ("400 Bad Request", "KMS.DisabledException")] {
        let body = format!("<Error><Code>{code}</Code><Message>as told</Message></Error>");
        let refused = Fault::Answer { status, body };
        proxy.each(&format!("GET /{}/modemFW_1.0", place.bucket), refused.clone());
        let (catalog, _) = sample(&clients, &place, NEVER).await;
        let left_out = catalog.left_out();
        assert!(left_out.len() == 1 && left_out[0].starts_with("item modemFW prod: "), "{left_out:?}");
        assert!(left_out[0].contains(code), "{left_out:?}");
        assert_eq!(catalog.components().await.unwrap().len(), 4);
        // Where it is all of them, it is the bucket: else everything would be missing.
        proxy.each("GET /", refused);
        let opened = opened(&clients, &place, NEVER).await.map(drop);
        assert!(matches!(opened, Err(StoreError::Unavailable { .. })), "{opened:?}");
        proxy.mend();
    }
    // What may pass is waited for by whoever starts.
    proxy.each(&format!("GET /{}/modemFW_1.0", place.bucket), Fault::s3("SlowDown"));
    let opened = opened(&clients, &place, NEVER).await.map(drop);
    assert!(matches!(opened, Err(StoreError::Unavailable { .. })), "{opened:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_new_object_cannot_be_read_the_old_one_is_served() {
    let (place, proxy) = (filled().await, before_s3());
    let (catalog, artifacts) = sample(&behind(&proxy, &place).await, &place, OFTEN).await;
    let old = target(&catalog, "scoreboard", "beta").await.unwrap();
    proxy.each("scoreboard_3.0.0", Fault::s3("SlowDown"));
    add(&place, "scoreboard", "beta", "3.0.0", 30).await;
    let is_named = async || catalog.left_out().iter().any(|why| why.starts_with("item scoreboard beta"));
    until("it is named", is_named).await;
    // At this reading and at further ones.
    for _ in 0..10 {
        assert_eq!(target(&catalog, "scoreboard", "beta").await.as_ref(), Some(&old));
        tokio::time::sleep(OFTEN).await;
    }
    let left_out = catalog.left_out();
    assert!(left_out.len() == 1 && left_out[0].ends_with("what it said before is served meanwhile"), "{left_out:?}");
    assert!(bytes(&artifacts, &ObjectKey::Blob(old.sha256), 0..old.size).await.len() == SIZE);
    proxy.mend();
    let due = Sha256::of(&noise(SIZE, 30));
    let is_due = async || target(&catalog, "scoreboard", "beta").await.is_some_and(|found| found.sha256 == due);
    until("it is read", is_due).await;
    assert_eq!(catalog.left_out(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_the_table_when_nobody_wants_it() {
    let place = filled().await;
    let watch = Watch::default();
    let (catalog, artifacts) = sample(&watch.over(&place.clients), &place, OFTEN).await;
    watch.calls();
    until("it is read again", async || !watch.calls().is_empty()).await;
    drop((catalog, artifacts));
    // What was under way may still be noted.
    tokio::time::sleep(2 * OFTEN).await;
    watch.calls();
    tokio::time::sleep(10 * OFTEN).await;
    assert_eq!(watch.calls(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_ever_written() {
    let place = filled().await;
    let watch = Watch::default();
    let (catalog, artifacts) = sample(&watch.over(&place.clients), &place, NEVER).await;
    watch.calls();
    let key = ObjectKey::Blob(target(&catalog, "modemfw", "prod").await.unwrap().sha256);
    let file = tempfile::NamedTempFile::new().unwrap();
    let md5 = "0".repeat(32).parse().unwrap();
    let refused = [
        catalog.commit(&word("modemFW"), Revision(1), &Edit::default()).await.map(drop),
        artifacts.put(&key, file.path(), &md5).await,
        artifacts.put_signature(&key.sha256(), "signed").await,
        artifacts.lock_collection().await.map(drop),
        artifacts.set_aside(&key).await,
        artifacts.put_back(&key).await,
        artifacts.discard(&key).await,
    ];
    for refused in refused {
        let Err(error @ StoreError::ReadOnly { .. }) = refused else { panic!("{refused:?}") };
        assert!(error.to_string().contains("publish into another one") && error.to_string().contains("adopt"));
    }
    assert_eq!(watch.calls(), [""; 0]);
}
