//! Request by request: status, headers and bytes are those of the local server over the same data.

use std::collections::BTreeMap;

use edgehop_tests::client::{Response, request};
use edgehop_tests::lambda::{Lambda, URL_BASE};
use edgehop_tests::server::Server;
use edgehop_tests::stocked::Stocked;

use crate::requests::{Request, all};

const SIZE: u64 = 65536;

/// What a server says about its connection and its clock. Lambda's front says it there.
const CONNECTION: [&str; 2] = ["connection", "date"];

/// That what the function sends is what the server sends.
fn compare(asked: &Request, local: &Response, function: &Response) {
    let headers = |answer: &Response| -> BTreeMap<String, String> {
        let names = answer.headers.iter().map(|(name, _)| name).filter(|name| !CONNECTION.contains(&name.as_str()));
        names.map(|name| (name.clone(), answer.header(name).unwrap())).collect()
    };
    assert_eq!(function.status, local.status, "{asked:?}: {function:?}");
    assert_eq!(headers(function), headers(local), "{asked:?}");
    assert!(function.body == local.body, "{asked:?}: the bytes differ");
    assert!(function.complete && local.complete, "{asked:?}");
}

async fn both(mode: &'static str) {
    let cloud = Stocked::with_samples(SIZE).await;
    let work = move || {
        let lambda = Lambda::start(&cloud, &[("EDGEHOP_INVOKE_MODE", mode)], 1);
        let server = Server::start(&["--sample-size", &SIZE.to_string(), "--url-base", URL_BASE]);
        let all = all(server.address());
        assert!(all.len() > 300, "there are {} requests only", all.len());
        let mut statuses = BTreeMap::new();
        for asked in &all {
            let headers: Vec<_> = asked.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let local = request(server.address(), &asked.method, asked.target.as_bytes(), &headers);
            let mut function = lambda.request(&asked.method, &asked.target, &headers);
            // The function waits 2 seconds for a stand-in, which takes longer on a machine that is busy elsewhere.
            for _ in 0..5 {
                if function.status == 503 {
                    std::thread::sleep(std::time::Duration::from_secs(2));
                    function = lambda.request(&asked.method, &asked.target, &headers);
                }
            }
            compare(asked, &local, &function);
            *statuses.entry(local.status).or_insert(0) += 1;
        }
        // Each kind of answer was among them.
        for status in [200, 206, 304, 400, 404, 405, 412, 414, 416, 428] {
            assert!(statuses.contains_key(&status), "no {status}: {statuses:?}");
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn streamed_answers_are_those_of_the_server() {
    both("RESPONSE_STREAM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buffered_answers_are_those_of_the_server() {
    both("BUFFERED").await;
}
