//! A Lambda function URL: HTTP requests into events of payload format 2.0, and what a function says back into responses
//! (Lambda developer guide, "Invoking Lambda function URLs").

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::Response;
use crate::runtime_api::Post;

/// The media type of a streamed response that begins with status and headers.
const STREAMED: &str = "application/vnd.awslambda.http-integration-response";

/// The event of a request. Fields of one name are joined by commas; the target goes in as it is.
pub fn event(method: &str, target: &str, headers: &[(&str, &str)]) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let host = "url-id.lambda-url.us-east-1.on.aws";
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in
        [("host", host), ("x-forwarded-proto", "https"), ("x-forwarded-port", "443")].iter().chain(headers)
    {
        let field = joined.entry(name.to_ascii_lowercase()).or_default();
        if !field.is_empty() {
            field.push(',');
        }
        field.push_str(value);
    }
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": joined,
        "requestContext": {
            "accountId": "anonymous", "apiId": "url-id", "domainName": host, "domainPrefix": "url-id",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "device/1",
            },
            "requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599", "routeKey": "$default", "stage": "$default",
            "time": "21/Nov/2026:12:00:00 +0000", "timeEpoch": 1_795_262_400_000_u64,
        },
        "isBase64Encoded": false,
    });
    // The function URL takes queries apart as well; whoever reads this gets another order and no duplicates.
    let parameters: BTreeMap<&str, &str> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    if !parameters.is_empty() {
        event["queryStringParameters"] = json!(parameters);
    }
    event
}

/// What the device gets. `method` is what it asked with: nothing comes behind the head of `HEAD`.
pub fn response(method: &str, post: &Post) -> Response {
    if post.path.ends_with("/error") {
        return Response { status: 502, headers: vec![], body: b"Internal Server Error".to_vec(), complete: true };
    }
    let streamed = Post::field(&post.headers, "content-type").as_deref() == Some(STREAMED);
    let (head, mut body) = if streamed {
        let end = post.body.windows(8).position(|eight| eight == [0; 8]).expect("the prelude ends with eight zeros");
        let head: Value = serde_json::from_slice(&post.body[..end]).unwrap();
        let body = post.body[end + 8..].to_vec();
        assert!(!body.is_empty(), "Lambda may hold back until the time-out what nothing follows: {head}");
        (head, body)
    } else {
        let head: Value = serde_json::from_slice(&post.body).unwrap();
        assert_eq!(head["isBase64Encoded"], true);
        let body = base64(head["body"].as_str().unwrap());
        (head, body)
    };
    let fields = head["headers"].as_object().unwrap();
    let headers: Vec<(String, String)> =
        fields.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    let status = head["statusCode"].as_u64().unwrap().try_into().unwrap();
    let due = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let failed = Post::field(&post.trailers, "lambda-runtime-function-error-type").is_some();
    let none_due = method == "HEAD" || status == 304;
    if streamed && none_due {
        // HTTP has no place for it.
        body.clear();
    }
    let whole = if none_due { body.is_empty() } else { due == Some(body.len()) };
    Response { status, headers, body, complete: post.complete && !failed && whole }
}

/// Reads base64 with padding.
pub fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut places = [0; 256];
    ALPHABET.iter().enumerate().for_each(|(place, letter)| places[usize::from(*letter)] = place as u32);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.as_bytes().chunks_exact(4) {
        let number = four.iter().fold(0, |number, letter| number << 6 | places[usize::from(*letter)]);
        let padding = four.iter().filter(|letter| **letter == b'=').count();
        bytes.extend_from_slice(&number.to_be_bytes()[1..4 - padding]);
    }
    bytes
}
