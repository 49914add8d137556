//! Endpoints that do not answer, or not as edgehop.

use std::fs;
use std::process::Command;

use edgehop_tests::proxies::Nginx;
use edgehop_tests::server::{self, Server};

use crate::deployment::{HEALTHY, Visit, edgehop, nobody, visit};
use crate::front::{Break, Front, WHOLE, replace};

/// What the doctor says of an endpoint, where nothing is wrong with the stores.
fn alone(endpoint: &str) -> Visit {
    let data = server::folder();
    let mut sample = Command::new(server::command_line());
    let made = sample.args(["sample", "--sample-size", "100", "--data"]).arg(data.path()).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    visit(endpoint, data.path(), &["--json"])
}

#[test]
fn there_must_be_somebody_to_visit() {
    let visited = Visit::of(edgehop().arg("doctor"));
    assert_eq!((visited.code, visited.out.as_str()), (Some(2), ""), "{visited:?}");
    assert!(visited.err.contains("STACK"), "{visited:?}");
    let visited = Visit::of(edgehop().args(["doctor", "--endpoint", "ota.test"]));
    assert_eq!(visited.code, Some(2), "{visited:?}");
    assert!(visited.err.contains("it takes http:// or https:// and a host"), "{visited:?}");
}

#[test]
fn the_origin_is_down() {
    let deployment = HEALTHY.build();
    deployment.server.terminate();
    while std::net::TcpStream::connect(deployment.server.address()).is_ok() {}
    let visited = deployment.visit();
    visited.names("origin", &["503", "it is down"]);
    assert_eq!(visited.json()["requests"], 1, "nothing else is asked");
}

#[test]
fn https_where_no_tls_is() {
    let server = Server::start(&["--sample-size", "65536"]);
    alone(&server.url("").replace("http:", "https:")).names("tls", &["does not speak TLS"]);
}

#[test]
fn nobody_listens() {
    alone(&format!("http://{}", nobody())).names("connection", &["nobody listens"]);
}

#[test]
fn nobody_is_called_so() {
    alone("https://ota.doctor.invalid").names("name", &["ota.doctor.invalid:443"]);
}

#[test]
fn something_else_answers() {
    let files = server::folder();
    fs::write(files.path().join("index.html"), "<h1>Welcome to nginx!</h1>").unwrap();
    let nginx = Nginx::serving(files.path());
    alone(&format!("http://{}", nginx.address())).names("edgehop", &["404", "something else than edgehop"]);
}

#[test]
fn something_else_answers_everything() {
    let front = Front::new(Break { answer: |_, answer| replace(answer, 200, &[], "<h1>Hello</h1>"), ..WHOLE });
    alone(&format!("http://{}", front.address())).names("edgehop", &["<h1>Hello</h1>"]);
}

#[test]
fn the_endpoint_is_elsewhere() {
    let moved: fn(&_, &mut _) =
        |_, answer| replace(answer, 301, &[("location", "https://ota.test/healthz")], "Moved Permanently");
    let front = Front::new(Break { answer: moved, ..WHOLE });
    alone(&format!("http://{}", front.address())).names("edgehop", &["301", "give the endpoint as https://ota.test,"]);
}

/// What is no HTTP: a mail server.
#[test]
fn another_protocol() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = std::io::Write::write_all(&mut stream.unwrap(), b"220 mail.test ESMTP\r\n");
        }
    });
    // It speaks first, so what it says comes before the question or behind it.
    for _ in 0..20 {
        alone(&format!("http://{address}")).names("http", &["not HTTP"]);
    }
}

/// A test names one error of a gateway, its headers, and what must be said of it.
macro_rules! gateways {
    ($($name:ident: $status:literal, $headers:expr, $body:literal => $check:literal, $parts:expr;)*) => {$(
        #[test]
        fn $name() {
            let answer: fn(&_, &mut _) = |_, answer| replace(answer, $status, &$headers, $body);
            let front = Front::new(Break { answer, ..WHOLE });
            alone(&format!("http://{}", front.address())).names($check, &$parts);
        }
    )*};
}

const CDN: (&str, &str) = ("x-cache", "Error from cloudfront");

gateways! {
    a_bad_gateway: 502, [], "" => "origin", ["no proper answer"];
    a_gateway_without_patience: 504, [], "" => "origin", ["in time"];
    a_function_that_ends_without_an_answer: 502, [CDN], "Internal Server Error" =>
        "origin", ["other architecture", "--code ZIP"];
    a_function_that_refuses_the_cdn: 403, [CDN, ("x-amzn-errortype", "AccessDeniedException")], "{\"Message\":null}" =>
        "access", ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction "];
    a_bucket_that_refuses_the_cdn: 403, [CDN, ("server", "AmazonS3")], "" => "access", ["s3:ListBucket"];
    a_viewer_request_function_that_fails: 503, [("x-cache", "FunctionExecutionError from cloudfront")], "" =>
        "edge-function", ["/aws/cloudfront/function/"];
    a_function_without_capacity: 429, [CDN, ("x-amzn-errortype", "TooManyRequestsException")], "{\"Reason\":null}" =>
        "origin", ["Throttles", "Concurrent executions"];
    somebody_who_counts: 429, [], "" => "access", ["whoever says 429"];
    stores_out_of_reach: 503, [CDN, ("retry-after", "30")], "{\"error\":\"the catalog is out of reach\"}" =>
        "health", ["out of reach"];
    an_origin_that_fails: 500, [], "" => "origin", ["log"];
}
