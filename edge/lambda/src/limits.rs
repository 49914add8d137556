//! What Lambda allows.

/// Largest response of a function that is invoked in buffered mode, in bytes, as JSON with everything in it (Lambda
/// developer guide, "Lambda quotas": 6 MB; Lambda's own error message names this figure).
pub(crate) const MAX_BUFFERED_RESPONSE_BYTES: u64 = 6_291_556;

/// Largest response that a function streams, in bytes (Lambda developer guide, "Lambda quotas": 200 MB), read as the
/// smaller of its two meanings.
pub(crate) const MAX_STREAMED_RESPONSE_BYTES: u64 = 200_000_000;

/// Room for what stands around a body: status and headers as JSON. The longest header is `Content-Location` with a query
/// of 4,096 bytes, each of which may be percent-encoded in three.
pub(crate) const HEAD_BYTES: u64 = 16 * 1024;
