//! Ranges and conditions on packages and artifacts, as RFC 9110 has them (sections 13 and 14).

use edgehop_tests::client::{Response, get, request};
use edgehop_tests::sample::GAMER;
use edgehop_tests::server::Server;

use crate::help::{Shared, list, md5, sha256};

static SERVER: Shared = Shared::new(&["--sample-size", "65536"]);

/// What is asked for conditionally: its bytes and its entity tag.
struct Thing {
    target: String,
    bytes: Vec<u8>,
    tag: String,
}

/// What must come back.
#[derive(Debug, Clone, Copy)]
enum Expect {
    Whole,
    Part(usize, usize),
    Unsatisfiable,
    Failed,
    NotModified,
}
use Expect::{Failed, NotModified, Part, Unsatisfiable, Whole};

impl Thing {
    fn new(server: &Server, target: String) -> Self {
        let answer = get(server.address(), &target, &[]);
        assert_eq!((answer.status, answer.complete), (200, true));
        Thing { target, tag: answer.header("etag").unwrap(), bytes: answer.body }
    }

    fn check(&self, server: &Server, method: &str, headers: &[(&str, &str)], expect: Expect) {
        let answer = request(server.address(), method, self.target.as_bytes(), headers);
        let (context, length) = (format!("{method} {} {headers:?} {answer:?}", self.target), self.bytes.len());
        assert!(answer.complete, "{context}");
        let (status, range, content) = match expect {
            Whole => (200, None, Some(&self.bytes[..])),
            Part(from, to) => (206, Some(format!("bytes {from}-{}/{length}", to - 1)), Some(&self.bytes[from..to])),
            Unsatisfiable => (416, Some(format!("bytes */{length}")), None),
            Failed => (412, None, None),
            NotModified => (304, None, None),
        };
        assert_eq!((answer.status, answer.header("content-range")), (status, range), "{context}");
        match content {
            Some(content) => {
                assert_eq!(answer.header("content-length"), Some(content.len().to_string()), "{context}");
                assert!(method == "HEAD" || answer.body == content, "{context}");
                assert_eq!(answer.header("accept-ranges").unwrap(), "bytes", "{context}");
            }
            None if status == 304 => assert!(answer.body.is_empty()),
            // Whoever asked badly is told so; no cache may keep that under the name of the good answer for long, and what
            // the device's own condition brought about not at all.
            None => {
                assert!(method == "HEAD" || !answer.error().is_empty());
                let kept = if status == 412 { "no-store" } else { "max-age=5" };
                assert_eq!(answer.header("cache-control").unwrap(), kept);
            }
        }
        if status < 400 {
            assert_eq!(answer.header("etag").as_ref(), Some(&self.tag), "{context}");
        }
    }
}

/// The package and one of its artifacts.
fn things(server: &Server) -> [Thing; 2] {
    let entry = list(server.address(), GAMER).remove("os_armv8").unwrap();
    let blob = format!("/blobs/{}", entry["sha256"].as_str().unwrap());
    [GAMER.to_owned(), blob].map(|target| Thing::new(server, target))
}

#[test]
fn a_single_range_is_served_and_others_are_passed_over() {
    let server = SERVER.server();
    for thing in things(&server) {
        let length = thing.bytes.len();
        for (range, expect) in [
            ("bytes=0-0".into(), Part(0, 1)),
            ("bytes=5-9".into(), Part(5, 10)),
            ("bytes=0-".into(), Part(0, length)),
            (format!("bytes={}-", length - 1), Part(length - 1, length)),
            (format!("bytes=10-{}", length + 100), Part(10, length)),
            ("bytes=-7".into(), Part(length - 7, length)),
            (format!("bytes=-{}", length + 5), Part(0, length)),
            ("Bytes=1-2".into(), Part(1, 3)),
            (format!("bytes={length}-"), Unsatisfiable),
            (format!("bytes={length}-{length}"), Unsatisfiable),
            ("bytes=99999999999999999999999-".into(), Unsatisfiable),
            ("bytes=-0".into(), Unsatisfiable),
            ("bytes=0-1,5-6".into(), Whole),
            ("bytes=0-1, -1".into(), Whole),
            ("bytes=9-5".into(), Whole),
            ("bytes=-".into(), Whole),
            ("bytes=a-b".into(), Whole),
            ("bytes=+1-2".into(), Whole),
            ("items=0-1".into(), Whole),
            ("junk".into(), Whole),
        ] {
            thing.check(&server, "GET", &[("Range", &range)], expect);
            // A range is defined for GET only.
            thing.check(&server, "HEAD", &[("Range", &range)], Whole);
        }
    }
}

#[test]
fn if_range_continues_only_the_same_bytes() {
    let server = SERVER.server();
    for thing in things(&server) {
        let weak = format!("W/{}", thing.tag);
        for (condition, expect) in [
            (thing.tag.as_str(), Part(5, 10)),
            (&weak, Whole),
            ("\"another\"", Whole),
            ("junk", Whole),
            // There is no Last-Modified to compare it with.
            ("Sat, 29 Oct 2044 19:43:31 GMT", Whole),
        ] {
            thing.check(&server, "GET", &[("Range", "bytes=5-9"), ("If-Range", condition)], expect);
        }
        thing.check(&server, "GET", &[("If-Range", &thing.tag)], Whole);
    }
}

#[test]
fn if_match_and_if_none_match_are_judged_before_ranges() {
    let server = SERVER.server();
    for thing in things(&server) {
        let (tag, weak) = (thing.tag.as_str(), format!("W/{}", thing.tag));
        let (listed, range) = (format!("\"x\", {tag} , \"y\""), ("Range", "bytes=5-9"));
        let cases: [(&[(&str, &str)], Expect); 13] = [
            (&[("If-Match", tag)], Whole),
            (&[("If-Match", &listed)], Whole),
            (&[("If-Match", "*")], Whole),
            (&[("If-Match", tag), range], Part(5, 10)),
            (&[("If-Match", "\"x\"")], Failed),
            (&[("If-Match", "\"x\""), range], Failed),
            // The comparison is strong (section 13.1.1) ...
            (&[("If-Match", &weak)], Failed),
            (&[("If-Match", "\"x\""), ("If-None-Match", tag)], Failed),
            (&[("If-None-Match", tag)], NotModified),
            // ... and here it is weak (section 13.1.2).
            (&[("If-None-Match", &weak)], NotModified),
            (&[("If-None-Match", &listed)], NotModified),
            (&[("If-None-Match", tag), range], NotModified),
            (&[("If-None-Match", "\"x\""), range], Part(5, 10)),
        ];
        for (headers, expect) in cases {
            thing.check(&server, "GET", headers, expect);
        }
        thing.check(&server, "HEAD", &[("If-Match", "\"x\"")], Failed);
        thing.check(&server, "HEAD", &[("If-None-Match", tag)], NotModified);
    }
}

/// Fields of one name are one list (RFC 9110 section 5.3); proxies may split and join them.
#[test]
fn if_match_may_come_on_two_lines() {
    let server = SERVER.server();
    for thing in things(&server) {
        thing.check(&server, "GET", &[("If-Match", "\"x\""), ("If-Match", &thing.tag)], Whole);
        thing.check(&server, "GET", &[("If-None-Match", "\"x\""), ("If-None-Match", &thing.tag)], NotModified);
    }
}

#[test]
fn an_artifact_is_immutable_and_names_its_digests() {
    let server = SERVER.server();
    let [_, blob] = things(&server);
    let answers: [&[(&str, &str)]; 3] =
        [&[], &[("Range", "bytes=5-9")], &[("If-None-Match", &blob.tag.to_uppercase())]];
    for (headers, status) in answers.into_iter().zip([200, 206, 304]) {
        let answer = get(server.address(), &blob.target, headers);
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("cache-control").unwrap(), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("etag").unwrap(), format!("\"{}\"", md5(&blob.bytes)));
        assert_eq!(digest(&answer), sha256(&blob.bytes));
    }
    assert!(blob.target.ends_with(&sha256(&blob.bytes)));
    for bare in [md5(&blob.bytes), "*".into()] {
        blob.check(&server, "GET", &[("If-None-Match", &bare)], NotModified);
    }
}

/// The SHA-256 in `Repr-Digest: sha-256=:<base64>:` (RFC 9530), in hexadecimal.
fn digest(answer: &Response) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let field = answer.header("repr-digest").unwrap();
    let text = field.strip_prefix("sha-256=:").and_then(|rest| rest.strip_suffix("=:")).unwrap();
    let bits: String = text.chars().map(|c| format!("{:06b}", ALPHABET.find(c).unwrap())).collect();
    let nibbles = bits.as_bytes().chunks_exact(4).map(|four| std::str::from_utf8(four).unwrap());
    nibbles.take(64).map(|four| format!("{:x}", u8::from_str_radix(four, 2).unwrap())).collect()
}
