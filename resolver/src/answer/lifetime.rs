use http::{HeaderValue, StatusCode};

use super::headers::value;

use crate::words::Timestamp;

/// Longest time that a cache may keep an answer, in seconds: the AWS sample's limit.
pub const MAX_AGE_SECONDS: u64 = 100;

/// Longest time that a cache may serve a stale answer while it revalidates (RFC 5861), in seconds. Far shorter than the
/// 30 minutes over which a rollout is watched.
pub const STALE_REVALIDATE_SECONDS: u64 = 60;

/// Longest time that a cache may serve a stale answer while the origin fails (RFC 5861), in seconds; also shorter than
/// that window.
pub const STALE_IF_ERROR_SECONDS: u64 = 600;

/// Remaining lifetime of a presigned URL below which no cache may serve it, in seconds: five minutes for the device to
/// start its download, on top of the longest time that a cache serves a stale answer.
pub const ADDRESS_MARGIN_SECONDS: u64 = STALE_IF_ERROR_SECONDS + 300;

/// Lifetime of a cached error, in seconds: long enough to shield the origin from a flood, short enough that a release
/// published meanwhile is seen at once.
pub const ERROR_SECONDS: u64 = 5;

/// Lifetime of a cached 503, in seconds. Devices that ask a second later get another `Retry-After`, so that those with the
/// same question do not all retry at once.
pub const UNAVAILABLE_SECONDS: u64 = 1;

/// Lifetime of a cached artifact, in seconds: a year, because it never changes.
pub const BLOB_SECONDS: u64 = 31_536_000;

/// `Cache-Control` of a decided answer: it expires no later than the moment at which the decision changes by itself.
pub(super) fn decided(now: Timestamp, changes_at: Option<Timestamp>) -> HeaderValue {
    let left = changes_at.map_or(MAX_AGE_SECONDS, |then| then.seconds_since(now).min(MAX_AGE_SECONDS));
    value(format!(
        "max-age={left}, stale-while-revalidate={STALE_REVALIDATE_SECONDS}, stale-if-error={STALE_IF_ERROR_SECONDS}"
    ))
}

/// `Cache-Control` of a text that may be replaced.
pub(super) fn text() -> HeaderValue {
    value(format!("max-age={MAX_AGE_SECONDS}"))
}

/// `Cache-Control` of an error with this status.
pub(super) fn error(status: StatusCode) -> HeaderValue {
    let seconds = if status == StatusCode::SERVICE_UNAVAILABLE { UNAVAILABLE_SECONDS } else { ERROR_SECONDS };
    value(format!("max-age={seconds}"))
}

/// `Cache-Control` of an artifact.
pub(super) fn blob() -> HeaderValue {
    value(format!("public, max-age={BLOB_SECONDS}, immutable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_never_kept_past_its_change() {
        let at = |change: u64| decided(Timestamp(1000), Some(Timestamp(change))).to_str().unwrap().to_owned();
        assert!(at(1030).starts_with("max-age=30,"));
        assert!(at(5000).starts_with("max-age=100,"));
        assert!(at(900).starts_with("max-age=0,"));
    }
}
