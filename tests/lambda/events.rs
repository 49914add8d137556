//! Events as function URLs send them, from files. What is no such event is refused by name.

use edgehop_tests::client::Response;
use edgehop_tests::function_url::response;
use edgehop_tests::lambda::Environment;
use edgehop_tests::runtime_api::Post;
use edgehop_tests::sample::members;
use edgehop_tests::stocked::Stocked;
use resolver::catalog::Component;
use serde_json::Value;
use store::Catalog as _;

/// An event's file.
macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("events/", $name, ".json"))
    };
}

async fn md5(cloud: &Stocked, component: &str) -> String {
    let found: Component = cloud.catalog().component(&component.parse().unwrap()).await.unwrap().unwrap();
    let prod = &found.channels[&"prod".parse().unwrap()];
    found.release(&prod.target).unwrap().artifact.md5.to_string()
}

fn ask(function: &mut Environment, text: &str) -> Response {
    let event: Value = serde_json::from_str(text).unwrap();
    let method = event["requestContext"]["http"]["method"].as_str().unwrap().to_owned();
    let post = function.invoke(&event);
    response(&method, &post)
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_events_are_answered() {
    let cloud = Stocked::with_samples(4096).await;
    let digest = md5(&cloud, "os_armv8").await;
    let work = move || {
        for mode in ["RESPONSE_STREAM", "BUFFERED"] {
            let mut function = Environment::start(&cloud, &[("EDGEHOP_INVOKE_MODE", mode)]);
            // Of another service's path and method there is nothing but an error.
            let answer = ask(&mut function, file!("documented"));
            assert_eq!((answer.status, answer.error().starts_with("POST: ")), (405, true));

            let listed = |answer: &Response| answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            let answer = ask(&mut function, file!("package"));
            assert_eq!(
                (answer.status, listed(&answer)),
                (200, vec!["os_armv8".into(), "scoreboard".into(), "videoStreamer".into()])
            );
            // The first of two spellings counts, and the case of neither: only the raw query tells.
            let answer = ask(&mut function, file!("encoded_query"));
            assert_eq!(
                (answer.status, listed(&answer)),
                (200, vec!["os_armv8".into(), "scoreboard".into(), "videoStreamer".into()])
            );
            let place = answer.header("content-location").unwrap();
            assert_eq!(place, "/package?attrgamer=prod&cpuarch=armv8&payloadtype=metadataonly");

            let answer = ask(&mut function, file!("head"));
            assert_eq!((answer.status, answer.body.len(), answer.complete), (200, 0, true));
            let length: usize = answer.header("content-length").unwrap().parse().unwrap();
            let whole = file!("head").replace("\"HEAD\"", "\"GET\"");
            let whole = ask(&mut function, &whole);
            assert_eq!((whole.status, whole.body.len(), whole.complete), (200, length, true));
            assert_eq!(members(&whole.body)[1].0, "os_armv8_1.1.0");

            // A list of entity tags in one field: one of them is what the device has.
            let answer = ask(&mut function, &file!("joined_headers").replace("{md5}", &digest));
            assert_eq!(
                (answer.status, answer.body.len(), answer.header("vary").as_deref()),
                (304, 0, Some("If-None-Match"))
            );
            // A path is what the device wrote: nothing leads from it to another.
            let answer = ask(&mut function, file!("encoded_path"));
            assert_eq!((answer.status, answer.error().starts_with("there is /package")), (404, true));
            for (text, status) in [(file!("body"), 405), (file!("odd_method"), 405), (file!("options"), 200)] {
                let answer = ask(&mut function, text);
                assert_eq!((answer.status, answer.header("allow").as_deref()), (status, Some("GET, HEAD, OPTIONS")));
            }
            let answer = ask(&mut function, file!("bad_query"));
            assert_eq!((answer.status, answer.error().starts_with("path or query: ")), (400, true));
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_function_url_sent_is_an_error_that_says_so() {
    let cloud = Stocked::new().await;
    let work = move || {
        let mut function = Environment::start(&cloud, &[]);
        for text in [file!("console_test"), file!("rest_api"), "{}", "[]", "null", "\"x\"", "1", "{", ""] {
            let post = function.api.invoke(text);
            assert!(post.path.ends_with("/error"), "{text}: {post:?}");
            let kind = Post::field(&post.headers, "lambda-runtime-function-error-type");
            assert_eq!(kind.as_deref(), Some("Edgehop.Event"));
            let said: Value = serde_json::from_slice(&post.body).unwrap();
            let message = said["errorMessage"].as_str().unwrap();
            assert!(
                message.starts_with("this function takes events of a function URL, payload format 2.0: "),
                "{message}"
            );
        }
        assert_eq!(function.request("GET", "/healthz", &[]).status, 200);
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}
