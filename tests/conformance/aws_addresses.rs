//! Presigned URLs: whoever has one may read the object, for as long as it says and no longer.

use std::time::{Duration, UNIX_EPOCH};

use aws::{MAX_ADDRESS_LIFETIME, Options, S3Artifacts, connect};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use edgehop_tests::stand_ins::{KEY, endpoints};
use edgehop_tests::tools;
use resolver::catalog::ObjectKey;
use resolver::words::{Sha256, Timestamp};
use store::{Address, Artifacts as _};

use crate::artifacts::put;
use crate::aws::Aws;
use crate::suite::Place as _;

const HOUR: Duration = Duration::from_secs(3600);

fn now() -> Timestamp {
    Timestamp(UNIX_EPOCH.elapsed().unwrap().as_secs())
}

/// What `curl` gets from a URL: the status, and the body.
fn fetched(url: &str) -> (String, Vec<u8>) {
    let folder = edgehop_tests::server::folder();
    let body = folder.path().join("body");
    let mut curl = tools::command("curl");
    curl.args(["--silent", "--show-error", "--write-out", "%{http_code} %{content_type}", "--output"]).arg(&body);
    let said = curl.arg(url).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    (String::from_utf8(said.stdout).unwrap(), std::fs::read(&body).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_address_reads_the_object() {
    let place = Aws::new().await;
    let artifacts = place.artifacts().await;
    let object = put(&artifacts, 1000, 1).await;
    let key = object.blob();
    assert_eq!(artifacts.address(&key, now()).await.unwrap(), None, "nobody asked for such URLs");

    let artifacts = artifacts.with_addresses(HOUR);
    let Address { url, until } = artifacts.address(&key, now()).await.unwrap().unwrap();
    let left = until.seconds_since(now());
    assert!((44 * 60..=3600).contains(&left), "{left} seconds are left");
    let (said, body) = fetched(&url);
    assert_eq!(said, "200 application/octet-stream", "{}", String::from_utf8_lossy(&body));
    assert!(body == object.bytes);
    if !endpoints().checks_signatures {
        return;
    }
    // Another object, another time, another signature, and a time that is over.
    let other = put(&artifacts, 1000, 2).await.blob();
    let old = artifacts.address(&key, Timestamp(now().0 - 2 * 3600)).await.unwrap().unwrap();
    assert!(old.until < now());
    for wrong in [
        url.replace(&key.sha256().to_string(), &other.sha256().to_string()),
        url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200"),
        url.replace("X-Amz-Signature=", "X-Amz-Signature=0"),
        old.url,
    ] {
        assert_ne!(wrong, url);
        let (said, _) = fetched(&wrong);
        assert!(said.starts_with("403") || said.starts_with("400"), "{said}: {wrong}");
    }
}

/// A store whose credentials end at a moment, or never.
async fn signing(lifetime: Duration, ends: Option<Timestamp>) -> S3Artifacts {
    let ends = ends.map(|ends| UNIX_EPOCH + Duration::from_secs(ends.0));
    let credentials = Credentials::new(KEY.0, KEY.1, ends.map(|_| "token".to_owned()), ends, "the tests");
    let clients = connect(Options {
        region: Some("us-east-1".to_owned()),
        s3_endpoint: Some("http://127.0.0.1:1".to_owned()),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        ..Options::default()
    });
    S3Artifacts::new(clients.await.s3, "bucket", "ota/").with_addresses(lifetime)
}

/// No store is there: an address is made without asking anybody.
#[tokio::test(flavor = "multi_thread")]
async fn moments_near_each_other_have_the_same_address() {
    let key = ObjectKey::Blob(Sha256::of(b"some"));
    let start = Timestamp(now().0 / 900 * 900);
    let (one, another) = (signing(HOUR, None).await, signing(HOUR, None).await);
    let address = async |artifacts: &S3Artifacts, after: u64| {
        artifacts.address(&key, Timestamp(start.0 + after)).await.unwrap().unwrap()
    };
    let first = address(&one, 0).await;
    assert_eq!(first.until, Timestamp(start.0 + 3600));
    assert!(first.url.starts_with(&format!("http://127.0.0.1:1/bucket/ota/{key}?")), "{}", first.url);
    for (artifacts, after) in [(&one, 1), (&one, 899), (&another, 0), (&another, 450)] {
        assert_eq!(address(artifacts, after).await, first);
    }
    let next = address(&another, 900).await;
    assert_eq!(next.until, Timestamp(start.0 + 4500));
    assert_ne!(next.url, first.url);
    // However long it is asked for, S3 takes a week.
    let week = signing(Duration::from_secs(365 * 24 * 3600), None).await.address(&key, start).await.unwrap().unwrap();
    assert!(week.url.contains("X-Amz-Expires=604800"), "{}", week.url);
    assert!(week.until.seconds_since(start) <= MAX_ADDRESS_LIFETIME.as_secs());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_ends_with_the_credentials_that_signed_it() {
    let key = ObjectKey::Blob(Sha256::of(b"some"));
    for (left, sooner) in [(1800, true), (2 * 3600, false)] {
        let ends = Timestamp(now().0 + left);
        let address = signing(HOUR, Some(ends)).await.address(&key, now()).await.unwrap().unwrap();
        assert_eq!(address.until == ends, sooner, "{address:?}");
        assert!(address.until <= ends && address.url.contains("X-Amz-Security-Token=token"), "{address:?}");
    }
}
