//! What is no request for a package: no HTTP, other methods, other paths; and requests for what was not published.

use edgehop_tests::client::{get, request};
use edgehop_tests::sample::{GAMER, manifest, members};

use crate::bad_input::{check_error, check_unharmed};
use crate::help::{Shared, list, send};

static SERVER: Shared = Shared::new(&["--sample-size", "4096"]);

#[test]
fn what_is_no_http_is_refused() {
    let server = SERVER.server();
    for junk in [
        &b"hello\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /package?cpuArch=armv8 HTTP/9.9\r\nHost: ota.test\r\n\r\n",
        b"GET /package?cpuArch=arm v8 HTTP/1.1\r\nHost: ota.test\r\n\r\n",
        b"GET /package?cpuArch=armv8 HTTP/1.1\r\nHost: ota.test\r\nno header\r\n\r\n",
        b"GET /package?cpuArch=armv8 HTTP/1.1\r\nHost: ota.test\r\nIf-None-Match: a\0b\r\n\r\n",
        &[0; 100],
    ] {
        let answer = String::from_utf8(send(server.address(), junk)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{:?}: {answer}", String::from_utf8_lossy(junk));
    }
    // Whoever speaks HTTP/2 without asking is hung up on.
    assert_eq!(send(server.address(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), b"");
    check_unharmed(&server);
}

/// RFC 9112 section 3.2: exactly one Host, or 400. Two of them are how requests are smuggled past a proxy.
#[test]
fn http_1_1_takes_exactly_one_host() {
    let server = SERVER.server();
    let ask = |version: &str, hosts: &str| {
        let request = format!("GET /healthz HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        String::from_utf8(send(server.address(), request.as_bytes())).unwrap()
    };
    assert!(ask("1.1", "Host: ota.test\r\n").starts_with("HTTP/1.1 200 "));
    assert!(ask("1.0", "").starts_with("HTTP/1.0 200 "));
    for hosts in ["", "Host: ota.test\r\nHost: evil.test\r\n"] {
        let answer = ask("1.1", hosts);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{hosts:?}: {answer}");
    }
}

#[test]
fn other_methods_are_told_which_there_are() {
    let server = SERVER.server();
    let blob = list(server.address(), GAMER)["os_armv8"]["sha256"].as_str().unwrap().to_owned();
    for target in [GAMER, &format!("/blobs/{blob}"), "/healthz", "/nowhere"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "MADEUP"] {
            let answer = request(server.address(), method, target.as_bytes(), &[("Content-Length", "0")]);
            check_error(&answer, 405, method);
            assert_eq!(answer.header("allow").unwrap(), "GET, HEAD, OPTIONS");
        }
        let answer = request(server.address(), "OPTIONS", target.as_bytes(), &[]);
        let (allow, kept) = (answer.header("allow").unwrap(), answer.header("cache-control").unwrap());
        assert_eq!((answer.status, allow.as_bytes(), &*kept), (200, answer.body.trim_ascii_end(), "no-store"));
    }
    check_unharmed(&server);
}

#[test]
fn unknown_paths_and_artifacts_are_not_found() {
    let server = SERVER.server();
    let sha256 = list(server.address(), GAMER)["os_armv8"]["sha256"].as_str().unwrap().to_owned();
    for path in
        ["/nowhere", "/package/", "//package", "/packages", "/Package", "/package%00", "/.git/config", "/metrics"]
    {
        check_error(&get(server.address(), &format!("{path}?cpuArch=armv8"), &[]), 404, "/package");
    }
    let junk = ["", "x", ".", "..", "%2e%2e/catalog.sqlite", "../../catalog.sqlite", "..%2f..%2fcatalog.sqlite", "%00"];
    let near = ["/", ".md5", "%00", "/..", "0"].map(|more| format!("{sha256}{more}"));
    let near = near.into_iter().chain([sha256[..63].to_owned(), "0".repeat(64), "g".repeat(64), "é".repeat(32)]);
    for name in junk.map(str::to_owned).into_iter().chain(near) {
        let target = format!("/blobs/{name}");
        check_error(&request(server.address(), "GET", target.as_bytes(), &[]), 404, "/blobs/");
    }
    check_unharmed(&server);
}

/// What a component must not be reached by: the rest of the catalog.
#[test]
fn nothing_is_delivered_that_was_not_asked_for() {
    let server = SERVER.server();
    for (query, expected) in [
        ("cpuArch=armv8", &["os_armv8"][..]),
        ("cpuArch=armv8&attrgamer=beta", &["os_armv8", "scoreboard"]),
        ("cpuArch=armv8&app=prod&env=prod&deviceAttr.gamer=true", &["os_armv8"]),
        ("cpuArch=armv8&_=prod&release=prod&attr-=prod&attr_=prod", &["os_armv8"]),
        ("modemfw=prod&healthz=prod", &["modemFW"]),
    ] {
        let answer = get(server.address(), &format!("/package?{query}"), &[]);
        let names: Vec<_> = manifest(&members(&answer.body)).into_keys().collect();
        assert_eq!(names, expected, "{query}");
    }
}
