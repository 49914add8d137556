//! Many different devices share a cache, and each gets what is right for it.

use edgehop_tests::client::{get, request};
use edgehop_tests::proxies::{Nginx, Varnish};
use edgehop_tests::sample::GAMER;
use edgehop_tests::server::Server;

use crate::cache::{Cache, both, both_behind_the_function};
use crate::crowd::check;
use crate::device::{Device, Says};
use crate::truth::Truth;

fn origin() -> (Server, Truth) {
    let server = Server::start(&["--sample-size", "65536"]);
    let truth = Truth::new(&server);
    (server, truth)
}

/// What is said in the query reaches the origin through any cache.
fn said_in_the_query(device: &Device) -> bool {
    device.is_in_the_query()
}

fn everybody(_: &Device) -> bool {
    true
}

/// A cache that asks the origin without the header keeps whole packages, and gives them to devices that need less.
#[test]
fn varnish_as_it_comes_gives_nobody_a_wrong_package() {
    let (server, truth) = origin();
    let cache = Cache::Varnish(Varnish::before(server.address()));
    let untrimmed = check(("varnish", &cache), (&server, &truth), everybody, said_in_the_query);
    assert!(untrimmed > 0, "it passes the header on: then all must be exact");
}

#[test]
fn nginx_as_it_comes_gives_nobody_a_wrong_package() {
    let (server, truth) = origin();
    let cache = Cache::Nginx(Nginx::caching(server.address()));
    let untrimmed = check(("nginx", &cache), (&server, &truth), everybody, said_in_the_query);
    assert!(untrimmed > 0, "it passes the header on: then all must be exact");
}

/// The condition, passed on.
const PASS_ON: &str = "proxy_set_header If-None-Match $http_if_none_match;";

#[test]
fn nginx_that_passes_conditions_on_gives_nobody_a_wrong_package() {
    let (server, truth) = origin();
    let cache = Cache::Nginx(Nginx::caching_with(server.address(), PASS_ON));
    check(("nginx, condition passed on", &cache), (&server, &truth), everybody, said_in_the_query);
}

/// As long as each device says something in the header. An answer to one that says nothing is, to the cache, an answer
/// to everyone.
#[test]
fn nginx_that_passes_conditions_on_gives_exactly_what_is_missing() {
    let (server, truth) = origin();
    let cache = Cache::Nginx(Nginx::caching_with(server.address(), PASS_ON));
    let says_something = |device: &Device| matches!(device.says, Says::Header(_)) && !device.is_in_the_query();
    check(("nginx, all with a condition", &cache), (&server, &truth), says_something, everybody);
}

/// Digests in the header become part of the query, and other tags stay for the cache to compare.
#[test]
fn caches_behind_the_function_give_exactly_what_is_missing() {
    let (server, truth) = origin();
    for (name, cache) in both_behind_the_function(server.address()) {
        check((name, &cache), (&server, &truth), everybody, everybody);
    }
}

/// The origin answers `have=` with a list, whose tag is the one that was left in the header.
#[test]
fn one_whose_digests_were_moved_is_still_told_304() {
    let (server, truth) = origin();
    for (name, cache) in both_behind_the_function(server.address()) {
        for time in ["first", "second"] {
            let answer = get(cache.address(), GAMER, &[("If-None-Match", &truth.digests.join(", "))]);
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{name}, the {time} time: {:?}", answer.headers);
            // A device that sets no condition, and one that lacks something, are not told so.
            let target = format!("{GAMER}&have={}", truth.digests.join(","));
            assert_eq!(get(cache.address(), &target, &[]).status, 200, "{name}");
            assert_eq!(get(cache.address(), GAMER, &[("If-None-Match", &truth.digests[0])]).status, 200, "{name}");
        }
    }
}

/// A device that says in the query that it has everything has made no conditional request, and a cache that asks for it
/// need not expect a 304 (RFC 9110 section 15.4.5).
#[test]
fn one_who_has_everything_is_told_so_through_any_cache() {
    let (server, truth) = origin();
    let target = format!("{GAMER}&have={}", truth.digests.join(","));
    for cache in both(server.address()) {
        for time in ["first", "second"] {
            for method in ["GET", "HEAD"] {
                let answer = request(cache.address(), method, target.as_bytes(), &[]);
                let nothing = answer.complete && answer.status < 400;
                assert!(nothing, "{method} for the {time} time: {} {:?}", answer.status, answer.headers);
                assert_ne!(answer.header("content-type").as_deref(), Some("application/gzip"));
            }
        }
    }
}
