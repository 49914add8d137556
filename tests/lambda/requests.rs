//! What is asked of both: the questions of the other tests, conditions, ranges, limits, odd methods and paths.

use std::net::SocketAddr;

use edgehop_tests::client::get;
use edgehop_tests::sample::{GAMER, md5};
use serde_json::Value;

const RECORDED: &str = include_str!("../golden/sample-answers.json");
const VECTORS: &str = include_str!("../vectors/canonical-query.json");

/// A request, as a device makes it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// All of them; digests and entity tags are those of this server's sample data.
pub(crate) fn all(server: SocketAddr) -> Vec<Request> {
    let mut all: Vec<Request> = recorded(server);
    all.extend(vectors());
    for target in [GAMER.to_owned(), blob(server)] {
        all.extend(conditions(server, &target));
    }
    all.extend(others(server));
    all.extend(limits());
    all
}

fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Request { method: method.to_owned(), target: target.to_owned(), headers }
}

/// The path of the gamer's OS.
pub(crate) fn blob(server: SocketAddr) -> String {
    let list = get(server, &format!("{GAMER}&payloadType=metadataOnly"), &[]).json();
    format!("/blobs/{}", list["os_armv8"]["sha256"].as_str().unwrap())
}

/// What the AWS sample was asked.
fn recorded(server: SocketAddr) -> Vec<Request> {
    let file: Value = serde_json::from_str(RECORDED).unwrap();
    let digest = |text: &str| {
        let mut text = text.to_owned();
        while let Some((before, rest)) = text.split_once('{') {
            let (name, after) = rest.split_once('}').unwrap();
            let (kind, release) = name.split_once(':').unwrap();
            let (component, channel) = release.split_once('@').unwrap();
            let digest = md5(server, component, channel);
            text = format!("{before}{}{after}", if kind == "MD5" { digest.to_uppercase() } else { digest });
        }
        text
    };
    let asked = file["cases"].as_array().unwrap().iter().map(|case| {
        let (asked, text) = (&case["request"], |value: &Value| value.as_str().unwrap().to_owned());
        let headers = asked["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.clone(), digest(value.as_str().unwrap()))).collect();
        Request { method: text(&asked["method"]), target: text(&asked["target"]), headers }
    });
    asked.collect()
}

/// Every spelling that the canonical form is tested with, as far as HTTP/1.1 can carry it.
fn vectors() -> Vec<Request> {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let asked = file["cases"].as_array().unwrap().iter().filter_map(|case| {
        let query = case["query"].as_str()?;
        let header = case["ifNoneMatch"].as_str();
        let target = format!("/package?{query}&payloadType=metadataOnly");
        let carried = |text: &str| {
            text.bytes().all(|b| b.is_ascii_graphic()) && !text.contains(['<', '>', '#', '`', '\\', '^', '|'])
        };
        let field = |text: &str| text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) && text.trim() == text;
        let possible = carried(&target) && header.is_none_or(field);
        possible.then(|| request("GET", &target, header.map(|tags| ("If-None-Match", tags)).as_slice()))
    });
    asked.collect()
}

/// Ranges and conditions (RFC 9110 sections 13 and 14).
fn conditions(server: SocketAddr, target: &str) -> Vec<Request> {
    let whole = get(server, target, &[]);
    let (tag, length) = (whole.header("etag").unwrap(), whole.body.len());
    let (weak, listed, last) = (format!("W/{tag}"), format!("\"x\", {tag} , \"y\""), format!("bytes={}-", length - 1));
    let (behind, most) = (format!("bytes={length}-"), format!("bytes=10-{}", length + 100));
    let range = ("Range", "bytes=5-9");
    let cases: [&[(&str, &str)]; 31] = [
        &[],
        &[range],
        &[("Range", "bytes=0-0")],
        &[("Range", "bytes=0-")],
        &[("Range", &last)],
        &[("Range", &behind)],
        &[("Range", &most)],
        &[("Range", "bytes=-7")],
        &[("Range", "bytes=-0")],
        &[("Range", "Bytes=1-2")],
        &[("Range", "bytes=0-1,5-6")],
        &[("Range", "bytes=9-5")],
        &[("Range", "junk")],
        &[("Range", "bytes=70000-140000")],
        &[range, ("If-Range", &tag)],
        &[range, ("If-Range", &weak)],
        &[range, ("If-Range", "\"another\"")],
        &[range, ("If-Range", "Sat, 29 Oct 2044 19:43:31 GMT")],
        &[("If-Match", &tag)],
        &[("If-Match", "*"), range],
        &[("If-Match", &listed)],
        &[("If-Match", "\"x\"")],
        &[("If-Match", "\"x\""), ("If-Match", &tag)],
        &[("If-None-Match", &tag)],
        &[("If-None-Match", &weak), range],
        &[("If-None-Match", &listed)],
        &[("If-None-Match", "\"x\""), ("If-None-Match", &tag)],
        &[("If-None-Match", "\"x\""), range],
        &[("If-None-Match", "*")],
        &[("Accept-Encoding", "gzip, br"), ("Cookie", "a=b; c=d"), ("TE", "trailers")],
        &[("If-None-Match", "")],
    ];
    cases.iter().flat_map(|headers| ["GET", "HEAD"].map(|method| request(method, target, headers))).collect()
}

/// Every route, with what is wrong with them.
fn others(server: SocketAddr) -> Vec<Request> {
    let blob = blob(server);
    let mut others = Vec::new();
    for target in [GAMER, &blob, "/healthz", "/nowhere", "/"] {
        for method in ["OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "MADEUP"] {
            others.push(request(method, target, &[("Content-Length", "0")]));
        }
        others.push(request("HEAD", target, &[]));
    }
    for path in [
        "/",
        "/?x",
        "/healthz",
        "/healthz?x=y",
        "/package",
        "/package?",
        "/package/",
        "//package",
        "/Package",
        "/package%00",
        "/.git/config",
        "/blobs/",
        "/blobs/..",
        "/blobs/../healthz",
        "/blobs/%2e%2e/healthz",
        "/./healthz",
        "/a/../package?cpuArch=armv8",
        "/blobs/x?cpuArch=armv8",
        &format!("{blob}.minisig"),
        &format!("{blob}?x=y"),
        &format!("{blob}/"),
        &blob.to_uppercase(),
        &format!("/blobs/{}", "0".repeat(64)),
        "/package?cpuArch=armv8&a=%2C&a=%2c&A=+&&=&x",
        "/package?cpuArch=armv8&device=SN-1&cohort=2",
        "/package?cpuArch=armv8&hw.rev=3&have=%22d41d8cd98f00b204e9800998ecf8427e%22",
        "/package?ipModule=prod&installed=ipModule@5.6.14",
        "/package?ipModule=prod&installed=ipModule@5.6.30",
        "/package?ipModule=prod&installed=ipModule@6.15.008",
        "/package?ipModule=prod",
        "/package?cpuArch=armv9",
        "/package?cpuArch=armv8&payloadType=zip",
        "/package?cpuArch=%zz",
        "/package?cpuArch=armv8&os_armv8=beta",
    ] {
        others.push(request("GET", path, &[]));
    }
    others
}

/// What just fits and what just does not.
fn limits() -> Vec<Request> {
    let list = "/package?cpuArch=armv8&payloadType=metadataOnly";
    let digests = |count: usize| (0..count).map(|n| format!("{n:032x}")).collect::<Vec<_>>().join(",");
    let many = |count: usize| (0..count).map(|n| format!("&a{n}=b")).collect::<String>();
    let padded = |length: usize| format!("{list}{}", "&".repeat(length + "/package?".len() - list.len()));
    let mut limits: Vec<Request> =
        [4096, 4097, 6000].map(|length| request("GET", &padded(length), &[])).into_iter().collect();
    for count in [64, 65] {
        limits.push(request("GET", &format!("{list}&have={}", digests(count)), &[]));
        limits.push(request("GET", list, &[("If-None-Match", &digests(count))]));
    }
    for count in [126, 127] {
        limits.push(request("GET", &format!("{list}{}", many(count)), &[]));
    }
    for length in [64, 65] {
        limits.push(request("GET", &format!("{list}&x={}", "y".repeat(length)), &[]));
    }
    limits
}
