//! What only the bucket can show: its objects as a CDN sees them, and uploads that came to no end.

use aws::S3Artifacts;
use edgehop_tests::fault_proxy::{Fault, FaultProxy, Memory};
use edgehop_tests::stand_ins::endpoints;
use resolver::catalog::ObjectKey;
use store::{Artifacts, Stat, StoreError};

use crate::artifacts::read;
use crate::aws::{Aws, SIZES};
use crate::aws_watch::Watched;
use crate::suite::Place as _;
use crate::words::{Object, noise};

impl Aws {
    /// The headers of an object that matter to a CDN, and its MD5.
    async fn headers(&self, name: &str) -> [String; 3] {
        let head = self.clients.s3.head_object().bucket(&self.bucket).key(name).send().await.unwrap();
        let md5 = head.metadata().and_then(|metadata| metadata.get("md5")).cloned();
        [head.content_type, head.cache_control, md5].map(Option::unwrap_or_default)
    }
}

/// What every object has.
fn expected(object: &Object) -> [String; 3] {
    let binary = "application/octet-stream".to_owned();
    [binary, "public, max-age=31536000, immutable".to_owned(), object.md5().to_string()]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cdn_can_serve_objects_as_they_are() {
    let place = Aws::new().await;
    let artifacts = place.artifacts().await;
    // In one call and in parts; put once, put again, hidden and shown.
    for size in [1000, 12 << 20] {
        let object = Object::new(noise(size, 1));
        let (key, name) = (object.blob(), format!("ota/{}", object.blob()));
        for _ in 0..2 {
            artifacts.put(&key, &object.file, &object.md5()).await.unwrap();
            assert_eq!(place.headers(&name).await, expected(&object));
        }
        artifacts.set_aside(&key).await.unwrap();
        artifacts.put_back(&key).await.unwrap();
        assert_eq!(place.headers(&name).await, expected(&object));
        assert!(read(&artifacts, &key, 0..size as u64).await == object.bytes);
        artifacts.put_signature(&key.sha256(), "signed").await.unwrap();
        let [media, cache, _] = place.headers(&format!("{name}.minisig")).await;
        assert_eq!((&*media, &*cache), ("text/plain; charset=utf-8", "max-age=100"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_killed_leaves_nothing_and_is_gone_on_with() {
    let place = Aws::new().await;
    let object = Object::new(noise(22 << 20, 1));
    let (key, md5) = (object.blob(), object.md5());
    // 5 parts; one is killed after two, and one before it says that this was all.
    let mut sent = 0;
    for parts in [2, 3] {
        let watched = Watched::new(&place).await;
        watched.dies_after("PART", parts);
        let killed = watched.artifacts.put(&key, &object.file, &md5).await;
        assert!(matches!(killed, Err(StoreError::Unavailable { .. })), "{killed:?}");
        sent += watched.calls().iter().filter(|call| *call == "PART").count();
        let artifacts = place.artifacts().await;
        assert_eq!(artifacts.stat(&key).await.unwrap(), None);
        assert!(artifacts.list().await.unwrap().is_empty());
    }
    assert_eq!(sent, 5);
    let watched = Watched::new(&place).await;
    watched.artifacts.put(&key, &object.file, &md5).await.unwrap();
    if endpoints().lists_uploads {
        let calls = watched.calls();
        // What was on its way when the process died may not have arrived: that is sent again, and what arrived is not.
        let again = calls.iter().filter(|call| *call == "PART").count();
        assert!(calls.starts_with(&["HEAD", "LIST", "LIST"].map(str::to_owned)) && again < 5, "{calls:?}");
        assert_eq!((calls.len(), &**calls.last().unwrap()), (4 + again, "POST"));
    }
    let artifacts = place.artifacts().await;
    assert_eq!(artifacts.stat(&key).await.unwrap(), Some(Stat { size: 22 << 20, md5 }));
    assert!(read(&artifacts, &key, 0..22 << 20).await == object.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_object_is_put_by_many_at_once() {
    let place = Aws::new().await;
    let object = std::sync::Arc::new(Object::new(noise(12 << 20, 1)));
    let writers: Vec<_> = futures_util::future::join_all((0..4).map(|_| place.artifacts())).await;
    let writing = writers.into_iter().map(|artifacts| {
        let object = std::sync::Arc::clone(&object);
        tokio::spawn(async move { artifacts.put(&object.blob(), &object.file, &object.md5()).await })
    });
    for done in writing.collect::<Vec<_>>() {
        done.await.unwrap().unwrap();
    }
    assert!(read(&place.artifacts().await, &object.blob(), 0..12 << 20).await == object.bytes);
}

/// Wherever a collector is killed, the object is shown or hidden, and whoever comes next can do either.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_killed_loses_nothing() {
    let place = Aws::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(1000, 1));
    let key = object.blob();
    artifacts.put(&key, &object.file, &object.md5()).await.unwrap();
    for hides in [true, false] {
        for (kind, calls) in [("HEAD", 0), ("HEAD", 1), ("COPY", 1), ("DELETE", 1)] {
            if !hides {
                artifacts.set_aside(&key).await.unwrap();
            }
            let watched = Watched::new(&place).await;
            watched.dies_after(kind, calls);
            let _ =
                if hides { watched.artifacts.set_aside(&key).await } else { watched.artifacts.put_back(&key).await };
            let copies = artifacts.list().await.unwrap().len();
            assert!((1..=2).contains(&copies), "{kind} {calls}");
            artifacts.put_back(&key).await.unwrap();
            assert!(read(&artifacts, &key, 0..1000).await == object.bytes, "{kind} {calls}");
            assert_eq!(artifacts.list().await.unwrap().len(), 1, "{kind} {calls}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_others_is_damage_until_it_is_put() {
    let place = Aws::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(1000, 1));
    for key in [object.blob(), ObjectKey::Fragment(object.blob().sha256())] {
        let bytes = object.bytes.clone().into();
        place.clients.s3.put_object().bucket(&place.bucket).key(format!("ota/{key}")).body(bytes).send().await.unwrap();
        let damaged = artifacts.stat(&key).await.unwrap_err();
        assert!(matches!(damaged, StoreError::Damaged { .. }) && damaged.to_string().contains(&key.to_string()));
        artifacts.put(&key, &object.file, &object.md5()).await.unwrap();
        assert_eq!(artifacts.stat(&key).await.unwrap(), Some(Stat { size: 1000, md5: object.md5() }));
    }
}

/// An object of others has the size of what is put over it, as a rule. That it is there still does not mean that it was
/// replaced.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_fails_over_an_object_of_others_is_not_done() {
    let place = Aws::new().await;
    let object = Object::new(noise(12 << 20, 1));
    let key = object.blob();
    let put = place.clients.s3.put_object().bucket(&place.bucket).key(format!("ota/{key}"));
    put.body(object.bytes.clone().into()).send().await.unwrap();
    let proxy = FaultProxy::before(&endpoints().s3, &Memory::none());
    let s3 = place.clients.s3.config().to_builder().endpoint_url(proxy.url()).build();
    let artifacts = S3Artifacts::new(aws_sdk_s3::Client::from_conf(s3), &place.bucket, "ota/").with_sizes(SIZES);
    proxy.each("PUT /", Fault::s3("SlowDown"));
    let failed = artifacts.put(&key, &object.file, &object.md5()).await;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    proxy.mend();
    artifacts.put(&key, &object.file, &object.md5()).await.unwrap();
    assert_eq!(artifacts.stat(&key).await.unwrap(), Some(Stat { size: 12 << 20, md5: object.md5() }));
}
