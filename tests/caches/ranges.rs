//! A range through a cache is that part of the whole, whether or not the cache has the whole yet.

use std::thread;

use edgehop_tests::client::{Response, get};
use edgehop_tests::sample::GAMER;
use edgehop_tests::server::Server;

use crate::cache::both;

/// What must come for a range of so many bytes: the first and one past the last.
type Part = (usize, usize);

/// Ranges at edges, where a package's parts meet, and all over.
fn ranges(length: usize) -> Vec<(String, Part)> {
    let mut ranges = vec![
        ("bytes=0-0".to_owned(), (0, 1)),
        (format!("bytes={}-", length - 1), (length - 1, length)),
        ("bytes=-1".to_owned(), (length - 1, length)),
        ("bytes=-9".to_owned(), (length - 9, length)),
        (format!("bytes=7-{}", length + 7), (7, length)),
        ("bytes=0-".to_owned(), (0, length)),
    ];
    ranges.extend((0..24).map(|step| {
        let (one, other) = (step * 7_919 % length, step * step * 104_729 % length);
        let (first, last) = (one.min(other), one.max(other));
        (format!("bytes={first}-{last}"), (first, last + 1))
    }));
    ranges
}

fn check(answer: &Response, whole: &[u8], (from, to): Part, context: &str) {
    assert_eq!((answer.status, answer.complete), (206, true), "{context}");
    let expected = format!("bytes {from}-{}/{}", to - 1, whole.len());
    assert_eq!(answer.header("content-range"), Some(expected), "{context}");
    assert!(answer.body == whole[from..to], "{context}");
}

/// A package and an artifact, from the origin: the target, the bytes and the tag.
fn things(server: &Server) -> Vec<(String, Vec<u8>, String)> {
    let manifest = get(server.address(), &format!("{GAMER}&payloadType=metadataOnly"), &[]).json();
    let blob = format!("/blobs/{}", manifest["os_armv8"]["sha256"].as_str().unwrap());
    let thing = |target: String| {
        let answer = get(server.address(), &target, &[]);
        (target, answer.body.clone(), answer.header("etag").unwrap())
    };
    vec![thing(GAMER.to_owned()), thing(blob)]
}

#[test]
fn a_range_through_a_cache_is_that_slice() {
    let server = Server::start(&["--sample-size", "300000"]);
    for cache in both(server.address()) {
        for (target, whole, tag) in things(&server) {
            // At first all come at once, and find the cache empty.
            thread::scope(|scope| {
                for (range, part) in ranges(whole.len()) {
                    let (cache, target, whole) = (&cache, &target, &whole);
                    scope.spawn(move || {
                        let answer = get(cache.address(), target, &[("Range", &range)]);
                        check(&answer, whole, part, &format!("{range} of {target}, not cached"));
                    });
                }
            });
            for (range, part) in ranges(whole.len()) {
                let context = format!("{range} of {target}, cached");
                let answer = get(cache.address(), &target, &[("Range", &range)]);
                assert!(cache.is_hit(&answer), "{context}");
                check(&answer, &whole, part, &context);
                // Whoever continues another version starts again.
                let same = get(cache.address(), &target, &[("Range", &range), ("If-Range", &tag)]);
                check(&same, &whole, part, &context);
                let other = get(cache.address(), &target, &[("Range", &range), ("If-Range", "\"p-other\"")]);
                assert!(other.status == 200 && other.complete && other.body == whole, "{context}");
            }
            let past = get(cache.address(), &target, &[("Range", &format!("bytes={}-", whole.len()))]);
            assert_eq!(past.status, 416);
        }
    }
}
