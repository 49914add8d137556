use std::ops::Range;

use http::header::{IF_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, Method};

use crate::query::EntityTag;

/// Outcome of a request's conditions for an existing representation (RFC 9110 sections 13.2.2 and 14.2).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// 200: all of it.
    Whole,
    /// 206: these bytes.
    Part(Range<u64>),
    /// 304: the device has it.
    NotModified,
    /// 412: `If-Match` names another representation.
    Failed,
    /// 416: the range lies outside the representation.
    Unsatisfiable,
}

/// Evaluates `If-Match`, `If-None-Match`, `Range` and `If-Range` in the RFC's order.
///
/// There is no `Last-Modified`, so conditions on dates are ignored, and an `If-Range` with a date never holds.
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

/// Meaning of a `Range` header for a representation of known length (RFC 9110 section 14.2).
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// Everything: no range, not one in bytes, more than one, or not a range at all. Such headers are ignored.
    Whole,
    /// These bytes; never empty.
    Part(Range<u64>),
    /// A range outside the representation.
    Unsatisfiable,
}

/// Reads a single byte range: `bytes=a-b`, `bytes=a-` or `bytes=-n`.
fn wanted(header: &str, length: u64) -> Wanted {
    parse(header, length).unwrap_or(Wanted::Whole)
}

fn parse(header: &str, length: u64) -> Option<Wanted> {
    let (unit, set) = header.split_once('=')?;
    let (first, last) = set.trim().split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return None;
    }
    let range = match (first.trim(), last.trim()) {
        ("", suffix) => length.saturating_sub(number(suffix)?)..length,
        (first, "") => number(first)?..length,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(())?;
            first..length.min(last.saturating_add(1))
        }
    };
    Some(if range.is_empty() { Wanted::Unsatisfiable } else { Wanted::Part(range) })
}

/// Reads digits; a number too large for `u64` counts as the largest.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_a_hundred_bytes() {
        for (header, expected) in [
            ("bytes=0-99", Wanted::Part(0..100)),
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=40-", Wanted::Part(40..100)),
            ("bytes=90-1000", Wanted::Part(90..100)),
            ("bytes=-5", Wanted::Part(95..100)),
            ("bytes=-500", Wanted::Part(0..100)),
            ("Bytes = 1-2", Wanted::Part(1..3)),
            ("bytes=99999999999999999999-", Wanted::Unsatisfiable),
            ("bytes=100-", Wanted::Unsatisfiable),
            ("bytes=100-200", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
            ("junk", Wanted::Whole),
        ] {
            assert_eq!(wanted(header, 100), expected, "{header}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Unsatisfiable);
    }
}
