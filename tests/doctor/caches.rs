//! What function and cache can get wrong.

use edgehop_tests::server::Server;

use crate::deployment::{HEALTHY, Plan, visit};
use crate::front::{Break, WHOLE, set};

#[test]
fn no_function_before_the_cache() {
    let deployment = Plan { function: false, ..HEALTHY }.build();
    let parts = ["their order", "their case", "unknown keys", "device=", "viewer-request"];
    deployment.visit().names("cache-key", &parts);
}

/// What a cache folds by itself is not named.
#[test]
fn a_cache_that_sorts_keys() {
    let vcl = "import std; sub vcl_recv { set req.url = std.querysort(req.url); }";
    let visited = Plan { vcl, function: false, ..HEALTHY }.build().visit();
    visited.names("cache-key", &["by their case, unknown keys, device=\""]);
}

#[test]
fn a_cache_that_never_caches() {
    let vcl = "sub vcl_recv { return (pass); }";
    Plan { vcl, ..HEALTHY }.build().visit().names("cache-hit", &["never a hit", "passes every question on"]);
}

#[test]
fn answers_that_forbid_caches_to_keep_them() {
    let vcl = "sub vcl_backend_response { if (bereq.url ~ \"^/package\") {
        set beresp.uncacheable = true; set beresp.http.Cache-Control = \"no-store, max-age=0\"; } }";
    Plan { vcl, ..HEALTHY }.build().visit().names("cache-hit", &["no-store", "forbids"]);
}

#[test]
fn no_cache_at_all() {
    let server = Server::start(&["--sample-size", "65536"]);
    visit(&server.url(""), &server.data(), &["--json"]).names("cache", &["no sign of a cache"]);
}

#[test]
fn conditions_are_stripped() {
    let vcl = "sub vcl_recv { unset req.http.If-None-Match; }";
    Plan { vcl, ..HEALTHY }.build().visit().names("not-modified", &["200 alone", "200 weak"]);
}

#[test]
fn who_has_everything_is_passed_on() {
    let vcl = "sub vcl_recv { if (req.http.If-None-Match ~ \"current\") { return (pass); } }";
    Plan { vcl, ..HEALTHY }.build().visit().notes("cache-hit", &["every digest", "never a hit"]);
}

#[test]
fn weak_tags_are_not_taken() {
    let front = Break {
        request: |request| {
            if request.header("if-none-match").starts_with("W/") {
                request.drop_header("if-none-match");
            }
        },
        ..WHOLE
    };
    Plan { front, ..HEALTHY }.build().visit().notes("not-modified", &["200 weak"]);
}

#[test]
fn digests_are_stripped() {
    let front = Break {
        request: |request| {
            if !request.header("if-none-match").contains("\"p-") {
                request.drop_header("if-none-match");
            }
        },
        ..WHOLE
    };
    Plan { front, ..HEALTHY }.build().visit().names("digests", &["every digest", "quoted"]);
}

#[test]
fn one_digest_is_taken_for_all() {
    let front = Break {
        request: |request| {
            let tags = request.header("if-none-match");
            if !tags.is_empty() && !tags.contains(',') && !tags.contains("p-") {
                request.drop_header("if-none-match");
            }
        },
        ..WHOLE
    };
    Plan { front, ..HEALTHY }.build().visit().names("digests", &["a package of the rest", "1 artifact is wanted"]);
}

#[test]
fn a_lifetime_that_is_stretched() {
    let vcl = "sub vcl_backend_response { if (bereq.url ~ \"^/package\" && beresp.status == 200) {
        set beresp.ttl = 1h; set beresp.http.Cache-Control = \"max-age=3600\"; } }";
    Plan { vcl, ..HEALTHY }.build().visit().names("lifetime", &["max-age=3600", "max-age=100 at most"]);
}

#[test]
fn artifacts_that_are_soon_forgotten() {
    let vcl = "sub vcl_backend_response { if (bereq.url ~ \"^/blobs\") {
        set beresp.http.Cache-Control = \"max-age=60\"; } }";
    Plan { vcl, ..HEALTHY }.build().visit().names("blob-lifetime", &["max-age=60", "max-age=31536000"]);
}

#[test]
fn errors_that_say_they_live_for_minutes() {
    let vcl = "sub vcl_backend_response { if (beresp.status >= 400) {
        set beresp.ttl = 300s; set beresp.http.Cache-Control = \"max-age=300\"; } }";
    let plan = Plan { vcl, ..HEALTHY };
    plan.build().visit().names("error-lifetime", &["300 s", "10 s at most"]);
}

/// CloudFront says of an error that it is one, kept or not.
fn as_cloudfront_does(answer: &mut edgehop_tests::client::Response) {
    if answer.status >= 400 {
        answer.headers.retain(|(name, _)| !["x-varnish", "via", "x-cache"].contains(&name.as_str()));
        set(answer, "x-cache", "Error from cloudfront");
    }
}

#[test]
fn errors_that_are_kept_for_minutes_by_a_cache_that_does_not_say_so() {
    let vcl = "sub vcl_backend_response { if (beresp.status >= 400) { set beresp.ttl = 300s; } }";
    let front = Break { answer: |_, answer| as_cloudfront_does(answer), ..WHOLE };
    let visited = Plan { vcl, front, ..HEALTHY }.build().visit();
    visited.names("error-lifetime", &["still the cache's answer", "ErrorCachingMinTTL"]);
}

#[test]
fn a_deployment_that_does_not_say_whether_errors_are_kept() {
    let front = Break { answer: |_, answer| as_cloudfront_does(answer), ..WHOLE };
    Plan { front, ..HEALTHY }.build().visit().is_well();
}

/// The header is right, and the cache does as it likes.
#[test]
fn errors_that_are_kept_for_minutes() {
    let vcl = "sub vcl_backend_response { if (beresp.status >= 400) { set beresp.ttl = 300s; } }";
    Plan { vcl, ..HEALTHY }
        .build()
        .visit()
        .names("error-lifetime", &["still the cache's answer", "ErrorCachingMinTTL"]);
}
