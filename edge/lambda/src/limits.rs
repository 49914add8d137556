//! Limits of Lambda.

/// Largest response in buffered mode, in bytes of its whole JSON (Lambda developer guide, "Lambda quotas": 6 MB; Lambda's
/// error message names this figure).
pub(crate) const MAX_BUFFERED_RESPONSE_BYTES: u64 = 6_291_556;

/// Largest streamed response, in bytes (Lambda developer guide, "Lambda quotas": 200 MB), in the smaller meaning of MB.
pub(crate) const MAX_STREAMED_RESPONSE_BYTES: u64 = 200_000_000;

/// Bytes reserved for status and headers as JSON. The longest header is `Content-Location` with a query of 4,096 bytes,
/// each of which may be percent-encoded in three.
pub(crate) const HEAD_BYTES: u64 = 16 * 1024;
