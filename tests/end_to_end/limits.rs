//! Everything has a limit: what just fits is answered, one more is refused with the name of the input.

use edgehop_tests::client::{Response, get};
use edgehop_tests::sample::GAMER;

use crate::help::{Shared, send};

static SERVER: Shared = Shared::new(&["--sample-size", "4096"]);

const ARMV8: &str = "/package?cpuArch=armv8";

/// Asks for a list of the OS with this behind the query.
fn ask(more: &str, headers: &[(&str, &str)]) -> Response {
    get(SERVER.server().address(), &format!("{ARMV8}&payloadType=metadataOnly&{more}"), headers)
}

fn fits(answer: &Response) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let listed: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(listed, ["os_armv8"]);
}

fn refused(answer: &Response, status: u16, input: &str) {
    assert_eq!((answer.status, answer.complete), (status, true), "{answer:?}");
    assert_eq!(answer.header("content-type").unwrap(), "application/json");
    assert!(answer.error().starts_with(&format!("{input}: ")), "{input}: {answer:?}");
}

/// `count` different digests.
fn digests(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(|n| format!("{n:032x}")).collect()
}

#[test]
fn a_query_has_a_largest_length() {
    let server = SERVER.server();
    let padded = |length: usize| {
        let query = "cpuArch=armv8&payloadType=metadataOnly";
        get(server.address(), &format!("/package?{query}{}", "&".repeat(length - query.len())), &[])
    };
    fits(&padded(4096));
    refused(&padded(4097), 414, "query");
    refused(&padded(8192), 414, "query");
}

#[test]
fn a_query_has_a_largest_number_of_parameters() {
    let parameters = |count: usize| (0..count).map(|n| format!("k{n}=prod")).collect::<Vec<_>>().join("&");
    // Two are in the query already. Repeated and unknown ones count.
    fits(&ask(&parameters(126), &[]));
    refused(&ask(&parameters(127), &[]), 400, "query");
    refused(&ask(&parameters(298), &[]), 400, "query");
    refused(&ask(&"a=prod&".repeat(300), &[]), 400, "query");
}

#[test]
fn a_key_and_a_value_have_a_largest_length_where_they_mean_something() {
    let long = |length: usize| "a".repeat(length);
    // What is too long for a name is none of ours.
    for before in ["", "attr", "hw."] {
        let key = |length: usize| format!("{before}{}", long(length - before.len()));
        [64, 65, 1000].iter().for_each(|length| fits(&ask(&format!("{}=prod", key(*length)), &[])));
    }
    for key in ["os", "attrGamer", "scoreboard", "ring", "cohort", "have"] {
        refused(&ask(&format!("{key}={}", long(65)), &[]), 400, &key.to_lowercase());
    }
    let server = SERVER.server();
    refused(&get(server.address(), &format!("/package?cpuArch={}", long(65)), &[]), 400, "cpuArch");
    for key in ["attrNobody", "nobody", "hw.rev", "delta", "installed", "device"] {
        [64, 65, 1000].iter().for_each(|length| fits(&ask(&format!("{key}={}", long(*length)), &[])));
    }
}

/// A device may have gathered many: those that no record has do not count.
#[test]
fn digests_and_what_runs_have_no_largest_number() {
    let listed = |digests: &[String]| format!("\"{}\"", digests.join("\", \""));
    for count in [64, 65, 100] {
        fits(&ask(&format!("have={}", digests(0, count).join(",")), &[]));
        fits(&ask("", &[("If-None-Match", &listed(&digests(0, count)))]));
        let have = format!("have={}", digests(0, count).join(","));
        fits(&ask(&have, &[("If-None-Match", &listed(&digests(count, count)))]));
        let installed = (0..count).map(|n| format!("c{n}@1")).collect::<Vec<_>>().join(",");
        fits(&ask(&format!("installed={installed}"), &[]));
    }
    // A version that is too long is none.
    fits(&ask(&format!("installed=c@{}", "1".repeat(48)), &[]));
    fits(&ask(&format!("installed=c@{}", "1".repeat(49)), &[]));
}

#[test]
fn if_none_match_has_a_largest_length() {
    fits(&ask("", &[("If-None-Match", &"x".repeat(5120))]));
    refused(&ask("", &[("If-None-Match", &"x".repeat(5121))]), 431, "If-None-Match");
    // The lines of one header count together, with a comma between them.
    fits(&ask("", &[("If-None-Match", &"x".repeat(2560)), ("If-None-Match", &"x".repeat(2559))]));
    let both = [("If-None-Match", &*"x".repeat(2560)), ("If-None-Match", &*"x".repeat(2560))];
    refused(&ask("", &both), 431, "If-None-Match");
}

/// The HTTP library answers these before there is a request, so without JSON.
#[test]
fn a_request_head_has_a_largest_size() {
    let server = SERVER.server();
    let status = |request: String| {
        let answer = String::from_utf8(send(server.address(), request.as_bytes())).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let long = "x".repeat(1 << 20);
    assert_eq!(status(format!("GET {GAMER} HTTP/1.1\r\nHost: ota.test\r\nX-Long: {long}\r\n\r\n")), "431");
    assert_eq!(status(format!("GET {GAMER} HTTP/1.1\r\nHost: ota.test\r\n{}\r\n", "X: x\r\n".repeat(500))), "431");
    assert_eq!(status(format!("GET {GAMER}&{} HTTP/1.1\r\nHost: ota.test\r\n\r\n", &long[..70_000])), "414");
    fits(&ask("", &[]));
}
