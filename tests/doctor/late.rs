//! Origins that take their time to say that something is not there: how long a cache keeps that is told all the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use edgehop_tests::proxies::Varnish;
use edgehop_tests::server::Server;
use edgehop_tests::viewer::ViewerRequest;

use crate::deployment::{Visit, visit};
use crate::front::{Break, Front, Request, WHOLE};

/// What the doctor says of a deployment whose Varnish is told this beside its origin, which something stands before.
fn visited(vcl: &str, before_origin: Break) -> Visit {
    let endpoint = Front::new(WHOLE);
    let base = format!("http://{}", endpoint.address());
    let server = Server::start(&["--sample-size", "65536", "--url-base", &base]);
    let origin = Front::new(before_origin);
    origin.before(server.address());
    let varnish = Varnish::with_vcl(origin.address(), vcl);
    let function = ViewerRequest::before(varnish.address());
    endpoint.before(function.address());
    visit(&base, &server.data(), &["--json"])
}

/// It is the question that nobody has published anything for.
fn is_planted(request: &Request) -> bool {
    request.target.starts_with("/package?doctor")
}

/// Varnish gives the old answer for 10 seconds more while it fetches the new one.
#[test]
fn an_origin_that_is_late_while_the_cache_asks_it_again() {
    static IS_ASKED: AtomicBool = AtomicBool::new(false);
    let request = |request: &mut Request| {
        if is_planted(request) && IS_ASKED.swap(true, Ordering::Relaxed) {
            sleep(Duration::from_secs(2));
        }
    };
    visited("", Break { request, ..WHOLE }).is_well();
}

#[test]
fn an_error_that_is_kept_for_minutes_and_came_late() {
    let vcl = "sub vcl_backend_response { if (beresp.status >= 400) { set beresp.ttl = 300s; } }";
    let request = |request: &mut Request| {
        if is_planted(request) {
            sleep(Duration::from_secs(3));
        }
    };
    visited(vcl, Break { request, ..WHOLE }).names("error-lifetime", &["still the cache's answer"]);
}
