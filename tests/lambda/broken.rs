//! An artifact whose bytes are wrong, gone or too few: no device takes what came of it for the whole.

use edgehop_tests::client::Response;
use edgehop_tests::function_url::{base64, event, response};
use edgehop_tests::lambda::Environment;
use edgehop_tests::runtime_api::Post;
use edgehop_tests::stocked::Stocked;
use resolver::catalog::ObjectKey;

const SIZE: usize = 1 << 20;

/// What is done to an object, and shows in the middle.
const HARMS: [&str; 2] = ["changed", "short"];

async fn harm(cloud: &Stocked, how: &str, component: &str) {
    let bytes: Vec<u8> = (0..SIZE).map(|n| (n * 7 + component.len()) as u8).collect();
    let artifact = cloud.publish(component, &bytes).await;
    let key = ObjectKey::Blob(artifact.sha256);
    match how {
        "changed" => cloud.overwrite(&key, &[&bytes[..SIZE - 1], b"!"].concat(), &artifact.md5).await,
        "short" => cloud.overwrite(&key, &bytes[..SIZE / 2], &artifact.md5).await,
        _ => drop(
            cloud.clients.s3.delete_object().bucket(&cloud.cloud.bucket).key(key.to_string()).send().await.unwrap(),
        ),
    }
}

fn is_cut(answer: &Response) -> bool {
    !answer.complete
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_body_that_fails_ends_with_an_error_trailer() {
    let cloud = Stocked::new().await;
    for (index, how) in HARMS.iter().enumerate() {
        harm(&cloud, how, &format!("app{}", "x".repeat(index))).await;
    }
    let work = move || {
        let mut function = Environment::start(&cloud, &[]);
        for (index, how) in HARMS.iter().enumerate() {
            let target = format!("/package?app{}=prod", "x".repeat(index));
            let post = function.invoke(&event("GET", &target, &[]));
            let answer = response("GET", &post);
            assert_eq!((answer.status, is_cut(&answer)), (200, true), "{how}");
            let due: usize = answer.header("content-length").unwrap().parse().unwrap();
            assert!(answer.body.len() < due, "{how}: {} of {due}", answer.body.len());
            // The error is behind the body, where the runtime API reads it, and not in it, where the device would.
            let trailer = |name: &str| Post::field(&post.trailers, name).unwrap_or_else(|| panic!("{how}: no {name}"));
            assert_eq!(trailer("lambda-runtime-function-error-type"), "Edgehop.Cut");
            let text = String::from_utf8(base64(&trailer("lambda-runtime-function-error-body"))).unwrap();
            let error: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(error["errorType"], "Edgehop.Cut");
            assert!(error["errorMessage"].as_str().unwrap().contains("blobs/"), "{error}");
            assert!(!String::from_utf8_lossy(&answer.body).contains("rror"), "{how}");
            // What failed is one request: the next is answered by the same process.
            let next = function.request("GET", "/healthz", &[]);
            assert_eq!((next.status, next.complete), (200, true), "{how}");
            let lines = function.metrics();
            assert_eq!((&lines[2 * index]["Cut"], &lines[2 * index + 1]["Cut"]), (&1.into(), &0.into()), "{how}");
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

/// What is gone is known before a status is sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_gone_is_503() {
    let cloud = Stocked::new().await;
    harm(&cloud, "gone", "app").await;
    let work = move || {
        for mode in ["RESPONSE_STREAM", "BUFFERED"] {
            let mut function = Environment::start(&cloud, &[("EDGEHOP_INVOKE_MODE", mode)]);
            let answer = function.request("GET", "/package?app=prod", &[]);
            assert_eq!((answer.status, answer.complete), (503, true), "{mode}");
            assert!(answer.header("retry-after").is_some(), "{mode}");
            assert_eq!(function.metrics()[0]["Cut"], 0, "{mode}");
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buffered_body_that_fails_is_no_answer() {
    let cloud = Stocked::new().await;
    for (index, how) in HARMS.iter().enumerate() {
        harm(&cloud, how, &format!("app{}", "x".repeat(index))).await;
    }
    let work = move || {
        let mut function = Environment::start(&cloud, &[("EDGEHOP_INVOKE_MODE", "BUFFERED")]);
        for (index, how) in HARMS.iter().enumerate() {
            let post = function.invoke(&event("GET", &format!("/package?app{}=prod", "x".repeat(index)), &[]));
            assert!(post.path.ends_with("/error"), "{how}: {post:?}");
            let kind = Post::field(&post.headers, "lambda-runtime-function-error-type");
            assert_eq!((response("GET", &post).status, kind.as_deref()), (502, Some("Edgehop.Cut")), "{how}");
            assert_eq!(function.request("GET", "/healthz", &[]).status, 200);
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}
