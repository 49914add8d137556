use std::ops::Range;

use base64ct::Encoding;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::precondition::Verdict;
use super::{Answer, Content};
use crate::query::EntityTag;
use crate::words::Sha256;

/// Digest of the whole representation, whichever part of it is sent (RFC 9530).
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// A representation that supports ranges: its headers so far, its length and its digest.
pub(super) struct Rangeable<'a> {
    pub(super) headers: HeaderMap,
    pub(super) tag: &'a EntityTag,
    pub(super) length: u64,
}

impl Rangeable<'_> {
    /// Builds the answer for a verdict; `content` returns a range of the representation.
    pub(super) fn answer(self, verdict: Verdict, content: impl FnOnce(Range<u64>) -> Content) -> Answer {
        let Rangeable { mut headers, tag, length } = self;
        headers.insert(ETAG, value(tag.to_string()));
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        let (status, range) = match verdict {
            Verdict::Whole => (StatusCode::OK, 0..length),
            Verdict::Part(range) => {
                let last = range.end - 1;
                headers.insert(CONTENT_RANGE, value(format!("bytes {}-{last}/{length}", range.start)));
                (StatusCode::PARTIAL_CONTENT, range)
            }
            Verdict::NotModified => return not_modified(headers),
            Verdict::Failed => return condition_failed(),
            Verdict::Unsatisfiable => {
                let message = format!("Range: there are {length} bytes, counted from 0");
                let mut answer = super::error(StatusCode::RANGE_NOT_SATISFIABLE, &message);
                answer.headers.insert(CONTENT_RANGE, value(format!("bytes */{length}")));
                return answer;
            }
        };
        headers.insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
        Answer { status, headers, content: content(range) }
    }
}

/// Answers 412 if `If-Match` names another representation. It is not cached, because other devices send the same query
/// without that condition.
pub(super) fn condition_failed() -> Answer {
    let mut answer = super::error(StatusCode::PRECONDITION_FAILED, "If-Match: it names another ETag");
    answer.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Answers 304 with the headers that a cache updates (RFC 9110 section 15.4.5), without those that describe content.
pub(super) fn not_modified(mut headers: HeaderMap) -> Answer {
    headers.remove(CONTENT_TYPE);
    headers.remove(X_CONTENT_TYPE_OPTIONS);
    Answer { status: StatusCode::NOT_MODIFIED, headers, content: Content::Empty }
}

/// Adds `Repr-Digest`.
pub(super) fn add_digest(headers: &mut HeaderMap, sha256: &Sha256) {
    let digest = base64ct::Base64::encode_string(&sha256.0);
    headers.insert(REPR_DIGEST, value(format!("sha-256=:{digest}:")));
}

/// Turns text made by this crate into a header value.
pub(super) fn value(text: String) -> HeaderValue {
    #[expect(clippy::expect_used, reason = "made of validated words, digits and punctuation (RFC 9110 section 5.5)")]
    HeaderValue::try_from(text).expect("our own text is a header value")
}
