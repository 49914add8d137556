//! Cold storage in S3, over a store that does what the documentation says: restores go on until they are done.

use std::time::Duration;

use aws::{Clients, Options, S3Artifacts, connect};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use edgehop_tests::fault_proxy::{Fault, FaultProxy, Memory};
use edgehop_tests::glacier::{Asked, Glacier};
use futures_util::{StreamExt as _, stream};
use resolver::catalog::{Archive, Availability, ObjectKey, Restore, Tier};
use resolver::words::{Sha256, Timestamp};
use store::{Artifacts as _, Stat, StoreError};

use crate::artifacts::{put, read};
use crate::words::Object;

const BUCKET: &str = "cold";

/// A minute longer than a claim holds.
const LAPSED: Duration = Duration::from_secs(360);

/// So long nobody asks who sees that somebody was refused.
const REFUSED: Duration = Duration::from_secs(20);

/// How long a call may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// Opens the store as another process would: nothing is shared with what was opened before.
async fn opened(glacier: &Glacier) -> S3Artifacts {
    S3Artifacts::new(client(&glacier.url).await, BUCKET, "ota/")
}

async fn client(url: &str) -> aws_sdk_s3::Client {
    let Clients { s3, .. } = connect(Options {
        region: Some("us-east-1".to_owned()),
        s3_endpoint: Some(url.to_owned()),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "the tests"))),
        ..Options::default()
    })
    .await;
    let timeouts = TimeoutConfig::builder()
        .read_timeout(PATIENCE)
        .operation_attempt_timeout(PATIENCE)
        .operation_timeout(PATIENCE)
        .build();
    aws_sdk_s3::Client::from_conf(s3.config().to_builder().timeout_config(timeouts).build())
}

fn name(key: &ObjectKey) -> String {
    format!("{BUCKET}/ota/{key}")
}

fn claim(key: &ObjectKey) -> String {
    format!("{BUCKET}/ota/restores/{key}")
}

/// A store with one object in this class.
async fn one(class: &'static str) -> (Glacier, S3Artifacts, Object) {
    let glacier = Glacier::start();
    let artifacts = opened(&glacier).await;
    let object = put(&artifacts, 1000, 1).await;
    glacier.moved(&name(&object.blob()), class);
    (glacier, artifacts, object)
}

fn restoring(availability: Availability) -> Restore {
    let Availability::Restoring(restore) = availability else { panic!("it is not being restored: {availability:?}") };
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(Timestamp(now).seconds_since(restore.since) < 120 && restore.since.0 <= now, "{restore:?}");
    restore
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_storage_class_means() {
    let (glacier, artifacts, object) = one("STANDARD").await;
    let key = object.blob();
    for class in ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"] {
        glacier.moved(&name(&key), class);
        assert_eq!(artifacts.availability(&key).await.unwrap(), Availability::Ready, "{class}");
        assert_eq!(artifacts.restore(&key, Tier::Bulk, 1).await.unwrap(), Availability::Ready, "{class}");
        assert!(read(&artifacts, &key, 0..1000).await == object.bytes);
    }
    assert_eq!((glacier.calls("RESTORE"), glacier.bytes(&claim(&key))), (0, None), "nothing was to be restored");
    for (class, archive) in [
        ("GLACIER", Archive::Flexible),
        ("DEEP_ARCHIVE", Archive::Deep),
        ("ARCHIVE_ACCESS", Archive::Flexible),
        ("DEEP_ARCHIVE_ACCESS", Archive::Deep),
    ] {
        glacier.moved(&name(&key), class);
        assert_eq!(artifacts.availability(&key).await.unwrap(), Availability::Cold(archive), "{class}");
        assert_eq!(artifacts.stat(&key).await.unwrap(), Some(Stat { size: 1000, md5: object.md5() }), "{class}");
        let Err(error) = artifacts.read(&key, 0..10).await else { panic!("{class} was opened") };
        assert!(matches!(&error, StoreError::Cold(what) if *what == key.to_string()), "{error:?}");
    }
    let missing = ObjectKey::Blob(Sha256::of(b"never"));
    for error in [
        artifacts.availability(&missing).await.unwrap_err(),
        artifacts.restore(&missing, Tier::Bulk, 1).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Missing(_)), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_is_asked_for_goes_on_is_done_and_expires() {
    for (class, tier, archive, given) in [
        ("GLACIER", Tier::Bulk, Archive::Flexible, ("Bulk", Some(3))),
        ("GLACIER", Tier::Expedited, Archive::Flexible, ("Expedited", Some(3))),
        ("DEEP_ARCHIVE", Tier::Expedited, Archive::Deep, ("Standard", Some(3))),
        ("ARCHIVE_ACCESS", Tier::Standard, Archive::Flexible, ("Standard", None)),
        ("DEEP_ARCHIVE_ACCESS", Tier::Bulk, Archive::Deep, ("Bulk", None)),
    ] {
        let (glacier, artifacts, object) = one(class).await;
        let key = object.blob();
        let asked = || vec![Asked { name: name(&key), tier: given.0.to_owned(), days: given.1 }];
        let first = restoring(artifacts.restore(&key, tier, 3).await.unwrap());
        assert_eq!((first.archive, first.tier), (archive, archive.tier(tier)), "{class}");
        assert_eq!(glacier.asked(), asked(), "{class}");

        // Whoever asks later, by whatever tier, is told of this one.
        let other = opened(&glacier).await;
        for later in [other.availability(&key).await, other.restore(&key, Tier::Standard, 9).await] {
            assert_eq!(restoring(later.unwrap()), first, "{class}");
        }
        assert!(matches!(other.read(&key, 0..10).await, Err(StoreError::Cold(_))), "{class}");
        assert_eq!(glacier.asked(), [], "{class}");

        glacier.restored(&name(&key));
        for now in [other.availability(&key).await, other.restore(&key, tier, 3).await] {
            assert_eq!(now.unwrap(), Availability::Ready, "{class}");
        }
        assert!(read(&other, &key, 0..1000).await == object.bytes);
        assert_eq!(glacier.asked(), [], "{class}");

        // S3 takes the copy away days later. The claim of then is no claim any more.
        glacier.moved(&name(&key), class);
        glacier.aged(&claim(&key), Duration::from_secs(3 * 24 * 3600));
        assert_eq!(other.availability(&key).await.unwrap(), Availability::Cold(archive), "{class}");
        restoring(other.restore(&key, tier, 3).await.unwrap());
        assert_eq!(glacier.asked(), asked(), "{class}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_who_ask_at_once_from_eight_processes_make_one_restore() {
    const PROCESSES: usize = 8;
    const EACH: usize = 1250;
    // So many connections a process: more find no file descriptors in one process of tests.
    const AT_ONCE: usize = 32;
    let (glacier, _, object) = one("DEEP_ARCHIVE").await;
    let key = object.blob();
    let mut processes = tokio::task::JoinSet::new();
    for _ in 0..PROCESSES {
        let artifacts = opened(&glacier).await;
        processes.spawn(async move {
            let asking = stream::iter(0..EACH).map(|_| artifacts.restore(&key, Tier::Standard, 3));
            asking.buffer_unordered(AT_ONCE).map(|done| restoring(done.unwrap())).collect::<Vec<_>>().await
        });
    }
    let answers: Vec<Restore> = processes.join_all().await.into_iter().flatten().collect();
    assert_eq!(answers.len(), PROCESSES * EACH);
    assert_eq!(glacier.calls("RESTORE"), 1);
    assert_eq!(glacier.asked().len(), 1);
    assert!(answers.iter().all(|answer| (answer.archive, answer.tier) == (Archive::Deep, Tier::Standard)));
    // Otherwise the first had been done before the second came, and nobody had to be kept from asking.
    assert!(glacier.calls("PUT") > PROCESSES, "{} puts", glacier.calls("PUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_killed_blocks_nobody_for_long() {
    let (glacier, _, object) = one("GLACIER").await;
    let key = object.blob();
    put_claim(&glacier, &key, "bulk 2026-01-01T00:00:00Z 1\n").await;
    // It looks as if somebody were about to ask, for some minutes.
    for _ in 0..3 {
        assert_eq!(opened(&glacier).await.availability(&key).await.unwrap(), Availability::Cold(Archive::Flexible));
        restoring(opened(&glacier).await.restore(&key, Tier::Bulk, 3).await.unwrap());
    }
    assert_eq!(glacier.calls("RESTORE"), 0);
    glacier.aged(&claim(&key), LAPSED);
    restoring(opened(&glacier).await.restore(&key, Tier::Bulk, 3).await.unwrap());
    assert_eq!(glacier.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_says_so_and_soon_another_asks() {
    let (glacier, artifacts, object) = one("GLACIER").await;
    let key = object.blob();
    glacier.refuse(403, "AccessDenied");
    let error = artifacts.restore(&key, Tier::Bulk, 3).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("AccessDenied") && cause.contains(&key.to_string()), "{cause}");
    // S3 was asked for nothing, and nobody is told that it goes on. Many may ask: S3 is not asked by each.
    for _ in 0..3 {
        let error = opened(&glacier).await.restore(&key, Tier::Bulk, 3).await.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("failed less than 20 seconds ago") && cause.contains(&key.to_string()), "{cause}");
    }
    assert_eq!((glacier.calls("RESTORE"), glacier.asked()), (1, vec![]));
    // Refused again, by one of all who come when that time is over.
    glacier.refuse(403, "AccessDenied");
    glacier.aged(&claim(&key), REFUSED);
    let all = futures_util::future::join_all((0..100).map(|_| artifacts.restore(&key, Tier::Bulk, 3))).await;
    assert!(all.iter().any(Result::is_err) && glacier.asked().is_empty());
    assert_eq!(glacier.calls("RESTORE"), 2);
    glacier.aged(&claim(&key), REFUSED);
    let all = futures_util::future::join_all((0..100).map(|_| artifacts.restore(&key, Tier::Bulk, 3))).await;
    for done in all {
        restoring(done.unwrap());
    }
    assert_eq!((glacier.calls("RESTORE"), glacier.asked().len()), (3, 1));
}

/// An answer that is lost makes the SDK ask once more, and S3 refuses what is there: one's own claim.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_learn_that_a_claim_is_theirs_asks_all_the_same() {
    for is_lapsed in [false, true] {
        let (glacier, _, object) = one("GLACIER").await;
        let (key, proxy) = (object.blob(), FaultProxy::before(&glacier.url, &Memory::none()));
        if is_lapsed {
            put_claim(&glacier, &key, "bulk 2026-01-01T00:00:00Z 1\n").await;
            glacier.aged(&claim(&key), LAPSED);
            // The first finds that there is a claim, the second puts another over it.
            proxy.first(1, "PUT", Fault::Late(Duration::ZERO));
        }
        proxy.first(1, "PUT", Fault::Lost);
        let artifacts = S3Artifacts::new(client(&proxy.url()).await, BUCKET, "ota/");
        restoring(artifacts.restore(&key, Tier::Bulk, 3).await.unwrap());
        assert_eq!(glacier.asked().len(), 1, "{is_lapsed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_hangs_up_leaves_no_claim_without_a_request() {
    let (glacier, _, object) = one("GLACIER").await;
    let (key, proxy) = (object.blob(), FaultProxy::before(&glacier.url, &Memory::none()));
    let artifacts = S3Artifacts::new(client(&proxy.url()).await, BUCKET, "ota/");
    proxy.first(1, "PUT", Fault::Late(Duration::from_secs(1)));
    let asking = artifacts.restore(&key, Tier::Bulk, 3);
    assert!(tokio::time::timeout(Duration::from_millis(500), asking).await.is_err(), "it has hung up");
    let begun = std::time::Instant::now();
    while glacier.calls("RESTORE") == 0 {
        assert!(begun.elapsed() < PATIENCE, "the claim is there: {:?}", glacier.bytes(&claim(&key)));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(glacier.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_says_how_things_stand_is_none() {
    // Somebody else's restore, begun between the look and the request.
    let (glacier, artifacts, object) = one("GLACIER").await;
    glacier.refuse(409, "RestoreAlreadyInProgress");
    restoring(artifacts.restore(&object.blob(), Tier::Bulk, 3).await.unwrap());
    // What was moved to another class in between.
    for code in ["ObjectAlreadyInActiveTierError", "InvalidObjectState"] {
        let (glacier, artifacts, object) = one("GLACIER").await;
        glacier.refuse(403, code);
        let availability = artifacts.restore(&object.blob(), Tier::Bulk, 3).await.unwrap();
        assert_eq!(availability, Availability::Ready, "{code}");
    }
    // No room for expedited restores, however often the SDK asks.
    let (glacier, artifacts, object) = one("GLACIER").await;
    let key = object.blob();
    (0..aws::ATTEMPTS).for_each(|_| glacier.refuse(503, "GlacierExpeditedRetrievalNotAvailable"));
    let restore = restoring(artifacts.restore(&key, Tier::Expedited, 3).await.unwrap());
    assert_eq!(restore.tier, Tier::Standard);
    assert_eq!(glacier.asked(), [Asked { name: name(&key), tier: "Standard".to_owned(), days: Some(3) }]);
    assert_eq!(restoring(opened(&glacier).await.availability(&key).await.unwrap()), restore, "others know");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_by_hand_is_standard_since_now() {
    let (glacier, artifacts, object) = one("DEEP_ARCHIVE").await;
    let key = object.blob();
    glacier.asked_by_hand(&name(&key));
    let by_hand = async || restoring(artifacts.restore(&key, Tier::Bulk, 3).await.unwrap());
    assert_eq!(by_hand().await.tier, Tier::Standard);
    // A claim that its restore has outlived by far is of an earlier one, and one that cannot be read says nothing.
    for claim in ["bulk 2026-01-01T00:00:00Z 1\n", "slow since yesterday", ""] {
        put_claim(&glacier, &key, claim).await;
        assert_eq!(by_hand().await.tier, Tier::Standard, "{claim:?}");
    }
    assert_eq!(glacier.calls("RESTORE"), 0);
}

async fn put_claim(glacier: &Glacier, key: &ObjectKey, text: &str) {
    let put = client(&glacier.url).await.put_object().bucket(BUCKET).key(format!("ota/restores/{key}"));
    put.body(text.as_bytes().to_vec().into()).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_second_makes_few_calls() {
    let (glacier, artifacts, object) = one("GLACIER").await;
    let key = object.blob();
    let kinds = ["HEAD", "GET", "PUT", "RESTORE"];
    let mut before = kinds.map(|kind| glacier.calls(kind));
    let mut since = || {
        let now = kinds.map(|kind| glacier.calls(kind));
        std::array::from_fn(|index| now[index] - std::mem::replace(&mut before[index], now[index]))
    };
    artifacts.restore(&key, Tier::Bulk, 1).await.unwrap();
    assert_eq!(since(), [1, 0, 1, 1]);
    artifacts.restore(&key, Tier::Bulk, 1).await.unwrap();
    assert_eq!(since(), [1, 1, 0, 0], "while it goes on");
    artifacts.availability(&key).await.unwrap();
    assert_eq!(since(), [1, 1, 0, 0]);
    // As the others see it who looked before the first one asked.
    glacier.expired(&name(&key));
    artifacts.restore(&key, Tier::Bulk, 1).await.unwrap();
    assert_eq!(since(), [2, 2, 1, 0]);
}

/// What is put again stays in its archive, and what is there cannot be hidden: neither fails, neither changes a byte.
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_left_as_it_is() {
    for class in ["GLACIER", "DEEP_ARCHIVE", "ARCHIVE_ACCESS"] {
        let (glacier, artifacts, object) = one(class).await;
        let key = object.blob();
        let before = (glacier.calls("PUT"), glacier.bytes(&name(&key)));
        artifacts.put(&key, &object.file, &object.md5()).await.unwrap();
        assert!(matches!(artifacts.set_aside(&key).await, Err(StoreError::Cold(_))), "{class}");
        assert_eq!((glacier.calls("PUT"), glacier.bytes(&name(&key))), before, "{class}");
        assert!(matches!(artifacts.availability(&key).await.unwrap(), Availability::Cold(_)), "{class}");
        artifacts.restore(&key, Tier::Bulk, 1).await.unwrap();
        assert!(matches!(artifacts.set_aside(&key).await, Err(StoreError::Cold(_))), "{class}");
        // With a copy it can be.
        glacier.restored(&name(&key));
        artifacts.set_aside(&key).await.unwrap();
        assert_eq!(artifacts.stat(&key).await.unwrap(), None, "{class}");
    }
}
