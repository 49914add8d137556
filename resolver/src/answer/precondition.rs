use std::ops::Range;

use http::header::{IF_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, Method};

use super::range::{Wanted, wanted};
use crate::query::EntityTag;

/// What a request's conditions make of a representation that is there (RFC 9110 sections 13.2.2 and 14.2).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// 200: all of it.
    Whole,
    /// 206: these bytes.
    Part(Range<u64>),
    /// 304: the device has it.
    NotModified,
    /// 412: the device wanted another one, or nothing.
    Failed,
    /// 416: bytes that are not there.
    Unsatisfiable,
}

/// Judges `If-Match`, `If-None-Match`, `Range` and `If-Range`, in the order the RFC gives.
///
/// There is no `Last-Modified`, so conditions on dates are passed over, and an `If-Range` with a date never holds.
pub(super) fn judge(
    method: &Method,
    headers: &HeaderMap,
    none_match: &[EntityTag],
    tag: &EntityTag,
    length: u64,
) -> Verdict {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if headers.contains_key(IF_MATCH) {
        // Several fields are one list (RFC 9110 section 5.3).
        let fields = headers.get_all(IF_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut wanted = fields.flat_map(|field| field.split(','));
        if !wanted.any(|one| one.trim() == "*" || EntityTag::strong(one).as_ref() == Some(tag)) {
            return Verdict::Failed;
        }
    }
    if none_match.contains(tag) {
        return Verdict::NotModified;
    }
    let Some(range) = text(RANGE).filter(|_| method == Method::GET) else {
        return Verdict::Whole;
    };
    if text(IF_RANGE).is_some_and(|condition| EntityTag::strong(condition).as_ref() != Some(tag)) {
        return Verdict::Whole;
    }
    match wanted(range, length) {
        Wanted::Whole => Verdict::Whole,
        Wanted::Part(range) => Verdict::Part(range),
        Wanted::Unsatisfiable => Verdict::Unsatisfiable,
    }
}
