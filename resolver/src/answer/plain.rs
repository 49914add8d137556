use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Answer, Content, lifetime};
use crate::query::QueryError;
use crate::words::json_fit_to_show;

/// Shortest `Retry-After` of a failing origin, in seconds.
const RETRY_SECONDS: u64 = 30;

/// Longest random delay on top of `Retry-After`, in seconds, so that devices do not all retry at once.
const RETRY_JITTER_SECONDS: u64 = 60;

/// Answers with an error as JSON: `{"error": …}`. `message` names the input at fault and the values it takes; it holds
/// no internal cause.
pub fn error(status: StatusCode, message: &str) -> Answer {
    let text = json_fit_to_show(&serde_json::json!({ "error": message }).to_string()).into_owned() + "\n";
    let mut headers = json_headers();
    headers.insert(CACHE_CONTROL, lifetime::error(status));
    whole(status, headers, text.into())
}

/// Answers a query that cannot be read.
pub fn bad_query(why: &QueryError) -> Answer {
    let status = StatusCode::from_u16(why.status as u16).unwrap_or(StatusCode::BAD_REQUEST);
    error(status, &why.message)
}

/// Answers 503 if the stores fail and no stale answer is cached. `seed` spreads the devices' retries.
pub fn unavailable(seed: u64) -> Answer {
    let mut answer =
        error(StatusCode::SERVICE_UNAVAILABLE, "the catalog or the artifact store is unavailable: try again later");
    answer.headers.insert(RETRY_AFTER, retry(RETRY_SECONDS, seed));
    answer
}

/// Answers 503 to a client address with too many connections. `seed` spreads the retries.
pub fn too_many_connections(seed: u64) -> Answer {
    let why = "too many connections from this address: close some, or try later";
    let mut answer = error(StatusCode::SERVICE_UNAVAILABLE, why);
    answer.headers.insert(RETRY_AFTER, retry(RETRY_SECONDS, seed));
    answer
}

/// Answers 503 if the requested object is in cold storage. `seed` spreads the devices' retries.
pub fn in_cold_storage(retry_after: u64, seed: u64) -> Answer {
    let mut answer = error(
        StatusCode::SERVICE_UNAVAILABLE,
        "the artifact is being restored from cold storage: ask again after Retry-After",
    );
    answer.headers.insert(RETRY_AFTER, retry(retry_after, seed));
    answer
}

/// `Retry-After` (RFC 9110 section 10.2.3), in seconds.
pub(super) fn retry(least: u64, seed: u64) -> HeaderValue {
    HeaderValue::from(least + seed % RETRY_JITTER_SECONDS)
}

/// Answers with a short text for people and load balancers, which is not cached.
pub fn page(text: &'static str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    whole(StatusCode::OK, headers, text.into())
}

/// Answers `/blobs/<sha256>.minisig` with an artifact's signature. Another signature of the same bytes may replace it, so
/// it is cached no longer than a manifest.
pub fn signature(minisig: String) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, lifetime::text());
    whole(StatusCode::OK, headers, minisig.into())
}

/// Answers with a whole body that is in memory.
pub(super) fn whole(status: StatusCode, mut headers: HeaderMap, body: Bytes) -> Answer {
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Answer { status, headers, content: Content::Bytes(body) }
}

/// Headers of every JSON answer.
pub(super) fn json_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
}
