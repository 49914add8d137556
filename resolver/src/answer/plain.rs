use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Answer, Content, lifetime};
use crate::query::QueryError;
use crate::words::json_fit_to_show;

/// How long a device waits at least before it asks a failing origin again, in seconds.
const RETRY_SECONDS: u64 = 30;

/// Over how many seconds more the devices spread, so that they do not come back all at once.
const RETRY_JITTER_SECONDS: u64 = 60;

/// An error as JSON: `{"error": …}`. `message` names the input at fault and what it takes; it holds no internal cause.
pub fn error(status: StatusCode, message: &str) -> Answer {
    let text = json_fit_to_show(&serde_json::json!({ "error": message }).to_string()).into_owned() + "\n";
    let mut headers = json_headers();
    headers.insert(CACHE_CONTROL, lifetime::error());
    whole(status, headers, text.into())
}

/// The answer to a question that was not understood.
pub fn refused(why: &QueryError) -> Answer {
    let status = StatusCode::from_u16(why.status as u16).unwrap_or(StatusCode::BAD_REQUEST);
    error(status, &why.message)
}

/// The stores cannot be asked and nothing stale is at hand. `seed` spreads the devices' next attempts.
pub fn unavailable(seed: u64) -> Answer {
    let mut answer = error(StatusCode::SERVICE_UNAVAILABLE, "the catalog or the artifacts are out of reach: try later");
    answer.headers.insert(RETRY_AFTER, retry(RETRY_SECONDS, seed));
    answer
}

/// The device's address has too many connections. `seed` spreads the next attempts.
pub fn crowded(seed: u64) -> Answer {
    let why = "too many connections from this address: close some, or try later";
    let mut answer = error(StatusCode::SERVICE_UNAVAILABLE, why);
    answer.headers.insert(RETRY_AFTER, retry(RETRY_SECONDS, seed));
    answer
}

/// The only object wanted is in cold storage. `seed` spreads the devices' next attempts.
pub fn waiting(retry_after: u64, seed: u64) -> Answer {
    let mut answer = error(StatusCode::SERVICE_UNAVAILABLE, "it is in cold storage: ask again");
    answer.headers.insert(RETRY_AFTER, retry(retry_after, seed));
    answer
}

/// `Retry-After` (RFC 9110 section 10.2.3), in seconds.
pub(super) fn retry(least: u64, seed: u64) -> HeaderValue {
    HeaderValue::from(least + seed % RETRY_JITTER_SECONDS)
}

/// A short text for people and load balancers. Nobody keeps it.
pub fn page(text: &'static str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    whole(StatusCode::OK, headers, text.into())
}

/// The answer to `/blobs/<sha256>.minisig`: what vouches for an artifact. It may be replaced by another signature of the
/// same bytes, so it lives no longer than a list.
pub fn signature(minisig: String) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, lifetime::text());
    whole(StatusCode::OK, headers, minisig.into())
}

/// An answer whose body is at hand, all of it.
pub(super) fn whole(status: StatusCode, mut headers: HeaderMap, body: Bytes) -> Answer {
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Answer { status, headers, content: Content::Bytes(body) }
}

/// What every JSON answer carries.
pub(super) fn json_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
}
