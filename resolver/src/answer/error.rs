use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Answer, Content, lifetime};
use crate::query::QueryError;

/// An error as JSON: `{"error": …}`. `message` names the input at fault and what it takes; it holds no internal cause.
pub fn error(status: StatusCode, message: &str) -> Answer {
    let text = serde_json::json!({ "error": message }).to_string() + "\n";
    let mut headers = json_headers();
    headers.insert(CACHE_CONTROL, lifetime::error());
    headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    Answer { status, headers, content: Content::Bytes(text.into()) }
}

/// The answer to a question that was not understood.
pub fn refused(why: &QueryError) -> Answer {
    let status = StatusCode::from_u16(why.status as u16).unwrap_or(StatusCode::BAD_REQUEST);
    error(status, &why.message)
}

/// What every JSON answer carries.
pub(super) fn json_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
}
