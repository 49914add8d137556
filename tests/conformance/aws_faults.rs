//! What the stores on AWS say when AWS is in trouble, and how soon.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws::{ATTEMPTS, Clients, DynamoCatalog, OPERATION, Options, S3Artifacts, connect};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use resolver::catalog::{Edit, ObjectKey, Revision};
use resolver::words::Sha256;
use store::{Artifacts as _, Catalog as _, StoreError};

use crate::words::word;

/// Longest that an operation may take beyond its time, in a machine that is busy with other tests.
const SLACK: Duration = Duration::from_secs(3);

/// Answers every request alike, or never. Returns its URL and how often it was asked.
pub(crate) fn answering(status: u16, body: &'static str) -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && connection.read(&mut byte).is_ok_and(|count| count == 1) {
                head.push(byte[0]);
            }
            counted.fetch_add(1, Ordering::Relaxed);
            if status == 0 {
                silent.push(connection);
                continue;
            }
            let _ = write!(
                connection,
                "HTTP/1.1 {status} No\r\nx-amzn-requestid: R1\r\nx-amz-request-id: R1\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            // What the client still sends must not reset the connection before it has read this.
            let _ = connection.shutdown(std::net::Shutdown::Write);
            let _ = connection.read_to_end(&mut Vec::new());
        }
    });
    (url, asked)
}

pub(crate) async fn stores(url: &str) -> (DynamoCatalog, S3Artifacts) {
    let Clients { dynamodb, s3 } = connect(Options {
        region: Some("us-east-1".to_owned()),
        dynamodb_endpoint: Some(url.to_owned()),
        s3_endpoint: Some(url.to_owned()),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "the tests"))),
        ..Options::default()
    })
    .await;
    (DynamoCatalog::new(dynamodb, "table"), S3Artifacts::new(s3, "bucket", ""))
}

/// What an error says, with its cause.
pub(crate) fn said(error: &StoreError) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    format!("{error}: {cause}")
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_may_pass_is_tried_again_and_then_unavailable() {
    const THROTTLED: &str =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#;
    const FAILED: &str = r#"{"__type":"com.amazon.coral.service#InternalServerError","message":"slow down"}"#;
    for (status, body) in [(400, THROTTLED), (500, FAILED), (503, "")] {
        let (url, asked) = answering(status, body);
        let (catalog, _) = stores(&url).await;
        let error = catalog.component(&word("app")).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        let said = said(&error);
        assert!(said.contains("app") && said.contains(&status.to_string()) && said.contains("R1"), "{said}");
        assert!(body.is_empty() || said.contains("slow down"), "{said}");
        assert_eq!(asked.load(Ordering::Relaxed), ATTEMPTS);
    }
    const SLOW: &str = "<Error><Code>SlowDown</Code><Message>reduce your rate</Message></Error>";
    let (url, asked) = answering(503, SLOW);
    let (_, artifacts) = stores(&url).await;
    let key = ObjectKey::Blob(Sha256::of(b"some"));
    let Err(error) = artifacts.read(&key, 0..10).await else { panic!("it was opened") };
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(said(&error).contains("SlowDown: reduce your rate"), "{}", said(&error));
    assert_eq!(asked.load(Ordering::Relaxed), ATTEMPTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_not_tried_again() {
    const INVALID: &str = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"too long"}"#;
    let (url, asked) = answering(400, INVALID);
    let error = stores(&url).await.0.component(&word("app")).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }) && error.to_string().contains("too long"), "{error:?}");
    const DENIED: &str = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no Query on it"}"#;
    let (denied, asked_denied) = answering(400, DENIED);
    let error = stores(&denied).await.0.component(&word("app")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }) && said(&error).contains("no Query on it"), "{error:?}");
    assert_eq!((asked.load(Ordering::Relaxed), asked_denied.load(Ordering::Relaxed)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_in_time() {
    let (url, _) = answering(0, "");
    let (catalog, artifacts) = stores(&url).await;
    let key = ObjectKey::Blob(Sha256::of(b"some"));
    let begun = Instant::now();
    let commit = async || catalog.commit(&word("app"), Revision(0), &Edit::default()).await.map(|_| ());
    let read = async || artifacts.read(&key, 0..10).await.map(|_| ());
    let query = async || catalog.component(&word("app")).await.map(|_| ());
    let (commit, read, query) = tokio::join!(commit(), read(), query());
    for result in [commit, read, query] {
        assert!(matches!(result, Err(StoreError::Unavailable { .. })), "{result:?}");
    }
    assert!(begun.elapsed() < OPERATION + SLACK, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_home_is_said_at_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (catalog, artifacts) = stores(&format!("http://127.0.0.1:{port}")).await;
    let error = catalog.wanting(&word("gamer")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }) && said(&error).contains("refused"), "{}", said(&error));
    let error = artifacts.stat(&ObjectKey::Blob(Sha256::of(b"some"))).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }) && said(&error).contains("refused"), "{}", said(&error));
}
