//! What somebody between origin and device can do to answers.

use crate::deployment::{HEALTHY, Plan, visit};
use crate::front::{Break, Request, WHOLE, replace, set};

fn visited(front: Break) -> crate::deployment::Visit {
    Plan { front, ..HEALTHY }.build().visit()
}

fn answers(answer: fn(&Request, &mut edgehop_tests::client::Response)) -> Break {
    Break { answer, ..WHOLE }
}

/// Lambda streams in chunks, and takes the length away.
fn streamed(answer: &mut edgehop_tests::client::Response) {
    answer.headers.retain(|(name, _)| name != "content-length");
    set(answer, "transfer-encoding", "chunked");
    let size = format!("{:x}\r\n", answer.body.len());
    answer.body = [size.as_bytes(), &answer.body, b"\r\n0\r\n\r\n"].concat();
}

fn is_package(request: &Request, answer: &edgehop_tests::client::Response) -> bool {
    request.target.starts_with("/package") && answer.header("content-type").as_deref() == Some("application/gzip")
}

#[test]
fn packages_that_are_streamed() {
    let chunks = answers(|request, answer| {
        if is_package(request, answer) && answer.status == 200 {
            streamed(answer);
        }
    });
    visited(chunks).is_well();
}

/// What CloudFront does while it does not have the whole.
#[test]
fn packages_that_are_streamed_have_no_parts() {
    let chunks = Break {
        request: |request| {
            if request.target.starts_with("/package") {
                request.drop_header("range");
            }
        },
        answer: |request, answer| {
            if is_package(request, answer) {
                streamed(answer);
            }
        },
        ..WHOLE
    };
    visited(chunks).notes("range", &["/package?", ": 200\"", "BUFFERED"]);
}

#[test]
fn packages_have_another_length_than_they_say() {
    let longer = answers(|request, answer| {
        if is_package(request, answer) && request.method == "HEAD" {
            set(answer, "content-length", "7");
        }
    });
    visited(longer).names("package-headers", &["the same content-length for HEAD and GET"]);
}

#[test]
fn an_if_range_that_does_not_hold_is_not_looked_at() {
    let request = |request: &mut Request| request.drop_header("if-range");
    visited(Break { request, ..WHOLE }).notes("range", &["with an If-Range that does not hold: 206"]);
}

#[test]
fn ranges_of_artifacts_are_dropped() {
    let request = |request: &mut Request| {
        if request.target.starts_with("/blobs/") {
            request.drop_header("range");
        }
    };
    let said = visited(Break { request, ..WHOLE });
    said.names("range", &["/blobs/", ": 200\""]);
}

#[test]
fn ranges_lie() {
    let lies = answers(|_, answer| {
        if answer.status == 206 {
            answer.body[0] ^= 1;
        }
    });
    visited(lies).names("range", &["other bytes than in the whole"]);
}

#[test]
fn packages_are_said_to_be_encoded() {
    let encoded = answers(|request, answer| {
        if request.target.starts_with("/package")
            && answer.header("content-type").as_deref() == Some("application/gzip")
        {
            set(answer, "content-encoding", "gzip");
        }
    });
    visited(encoded).names("content-encoding", &["Content-Encoding: gzip", "switch compression off"]);
}

#[test]
fn tags_are_weakened() {
    let weak = answers(|_, answer| {
        if let Some(tag) = answer.header("etag").filter(|tag| tag.starts_with("\"p-")) {
            set(answer, "etag", &format!("W/{tag}"));
        }
    });
    visited(weak).names("package-headers", &["a strong ETag"]);
}

#[test]
fn packages_are_changed_on_the_way() {
    let changed = answers(|request, answer| {
        if request.target.starts_with("/package") && answer.status == 200 && answer.body.len() > 50_000 {
            let middle = answer.body.len() / 2;
            answer.body[middle] ^= 1;
        }
    });
    visited(changed).names("package", &["a whole gzip"]);
}

#[test]
fn packages_are_cut() {
    let cut = answers(|request, answer| {
        if request.target.starts_with("/package") && answer.status == 200 && answer.body.len() > 50_000 {
            answer.body.truncate(40_000);
        }
    });
    visited(cut).names("package", &["the transfer was cut after 40000 bytes"]);
}

#[test]
fn artifacts_are_forbidden() {
    let forbidden = answers(|request, answer| {
        if request.target.starts_with("/blobs/") {
            replace(answer, 403, &[("x-amz-cf-id", "x")], "<Error><Code>AccessDenied</Code></Error>");
        }
    });
    visited(forbidden).names("access", &["GET /blobs/", "s3:ListBucket"]);
}

#[test]
fn artifacts_are_missing_at_the_endpoint() {
    let missing = answers(|request, answer| {
        if request.target.starts_with("/blobs/") {
            replace(answer, 404, &[], "<Error><Code>NoSuchKey</Code></Error>");
        }
    });
    visited(missing).names("blob", &["404", "NoSuchKey"]);
}

#[test]
fn artifacts_are_changed_on_the_way() {
    let changed = answers(|request, answer| {
        if request.target.starts_with("/blobs/") && answer.body.len() > 50_000 {
            answer.body[1000] ^= 1;
        }
    });
    visited(changed).names("blob-bytes", &["65536 bytes of SHA-256"]);
}

#[test]
fn artifacts_lead_in_a_circle() {
    let circle = answers(|request, answer| {
        if request.target.starts_with("/blobs/") {
            let location = format!("http://{}{}", request.header("host"), request.target);
            replace(answer, 307, &[("location", &location)], "");
        }
    });
    visited(circle).names("url-base", &["307 to http://", "a circle"]);
}

#[test]
fn errors_are_put_into_pages() {
    let pages = answers(|request, answer| {
        if answer.status == 400 && request.method == "GET" {
            replace(answer, 400, &[], "<html>Bad Request</html>");
        }
    });
    visited(pages).names("errors", &["JSON that names the key ring", "custom error responses"]);
}

#[test]
fn what_nobody_knows_is_a_page_of_its_own() {
    let welcome = answers(|request, answer| {
        if request.target.starts_with("/doctor-") {
            replace(answer, 200, &[], "<html>Welcome</html>");
        }
    });
    visited(welcome).names("errors", &["GET /doctor-", "200"]);
}

#[test]
fn another_host_in_urls() {
    let plan = Plan { url_base: Some("https://elsewhere.test"), ..HEALTHY };
    plan.build().visit().names("url-base", &["https://elsewhere.test/blobs/", "--url-base"]);
}

#[test]
fn the_devices_own_host_in_urls() {
    let plan = Plan { url_base: Some("http://127.0.0.1:8080"), ..HEALTHY };
    let deployment = plan.build();
    // Another name of this machine, as devices use one.
    let endpoint = deployment.endpoint().replace("127.0.0.1", "0.0.0.0");
    let visited = visit(&endpoint, &deployment.server.data(), &["--json"]);
    visited.names("url-base", &["which is each device itself", "--url-base (EDGEHOP_URL_BASE)"]);
}

#[test]
fn the_functions_own_host_in_urls() {
    let plan = Plan { url_base: Some("https://abc.lambda-url.eu-central-1.on.aws"), ..HEALTHY };
    plan.build().visit().names("url-base", &["the function's own URL"]);
}
