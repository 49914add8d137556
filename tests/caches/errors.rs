//! An error is kept for seconds: long enough to shield the origin, short enough that the cure is seen at once.

use std::thread;
use std::time::{Duration, Instant};

use edgehop_tests::client::{Response, get};
use edgehop_tests::proxies::{Nginx, Varnish};
use edgehop_tests::server::Server;
use edgehop_tests::writes::Writes as _;
use resolver::catalog::Channel;

use crate::cache::{Cache, answered};
use crate::sqlite::edit;

/// How long a cure may take to be seen: what is kept by the origin's memory and by the cache, one after the other, and
/// a little more.
const SECONDS: Duration = Duration::from_secs(12);

/// So long, an error is kept at least: its `max-age`, less the second to which a cache rounds.
const KEPT: Duration = Duration::from_secs(4);

const MISSING: &str = "/package?ipModule=beta";
const DAMAGED: &str = "/package?modemFW=prod";
const BAD: &str = "/package?cpuArch=armv8&ring=x";

fn get_error(cache: &Cache, target: &str, status: u16) -> Response {
    let answer = get(cache.address(), target, &[]);
    assert_eq!((answer.status, answer.complete), (status, true), "{target}");
    let kept = if status == 503 { "max-age=1" } else { "max-age=5" };
    assert_eq!(answer.header("cache-control").unwrap(), kept);
    assert!(!answer.error().is_empty());
    answer
}

/// Points a channel at a release, as an operator would.
#[tokio::main(flavor = "current_thread")]
async fn publish(server: &Server) {
    let catalog = embedded::open(&server.data()).unwrap().0;
    let channel = Channel::new("5.6.30".parse().unwrap());
    let (key, beta) = ("ipmodule".parse().unwrap(), "beta".parse().unwrap());
    catalog.set_channel(&key, &beta, &channel, None).await.unwrap();
}

/// That errors come through a cache as they are, and are gone from it soon after the cure.
fn check(server: &Server, cache: &Cache) {
    let file = server.data().join("catalog.sqlite");
    edit(&file, "UPDATE release SET record = 'x' || record WHERE component = 'modemfw'");
    get_error(cache, BAD, 400);
    let unavailable = get_error(cache, DAMAGED, 503);
    assert!(unavailable.header("retry-after").is_some());
    let floods =
        ["ipModule=alpha", "ipModule=gamma", "nobody=prod", "nothing=prod"].map(|what| format!("/package?{what}"));
    let mut floods = floods.iter().map(String::as_str).chain([MISSING]);
    assert!(floods.any(|target| ends_at_the_cache(server, cache, target)), "every flood took too long");
    get_error(cache, MISSING, 404);

    edit(&file, "UPDATE release SET record = substr(record, 2) WHERE component = 'modemfw'");
    let (mended, bad_before) = (Instant::now(), answered(server, Some(400)));
    publish(server);
    let mut waiting = vec![MISSING, DAMAGED, BAD];
    while !waiting.is_empty() {
        assert!(mended.elapsed() < SECONDS, "still kept: {waiting:?}");
        thread::sleep(Duration::from_millis(200));
        waiting.retain(|target| match (*target, get(cache.address(), target, &[]).status) {
            // Nothing cures it, but the origin is asked again.
            (BAD, 400) => answered(server, Some(400)) == bad_before,
            (_, status) => status != 200,
        });
    }
    assert_eq!(get(cache.address(), MISSING, &[]).status, 200);
}

/// That a flood of devices that ask for what is not there ends at the cache. `false` if that took so long that the cache
/// was free to forget.
fn ends_at_the_cache(server: &Server, cache: &Cache, target: &str) -> bool {
    let asked = Instant::now();
    get_error(cache, target, 404);
    let before = answered(server, Some(404));
    let hits = (0..10).filter(|_| cache.is_hit(&get_error(cache, target, 404))).count();
    let further = answered(server, Some(404)) - before;
    let soon = asked.elapsed() < KEPT;
    assert!(!soon || (hits, further) == (10, 0), "not kept: {hits} hits, {further} asked of the origin");
    soon
}

#[test]
fn varnish_keeps_an_error_for_seconds_only() {
    let server = Server::start(&["--sample-size", "4096"]);
    check(&server, &Cache::Varnish(Varnish::before(server.address())));
}

#[test]
fn nginx_keeps_an_error_for_seconds_only() {
    let server = Server::start(&["--sample-size", "4096"]);
    check(&server, &Cache::Nginx(Nginx::caching(server.address())));
}
