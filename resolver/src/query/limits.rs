//! Limits of a query. The largest query seen in a fleet reaches a fifth of each.

/// Longest query string, in bytes, both as a device spells it and in canonical form, which the digests of
/// `If-None-Match` may make longer. CloudFront allows 8,192 for a whole URL.
pub const MAX_QUERY_BYTES: usize = 4096;

/// Most parameters in a query, not counting empty ones. The AWS sample's tests send 102. Each takes some of the
/// millisecond that the CDN's function has.
pub const MAX_PARAMETERS: usize = 128;

/// Longest channel name, in bytes, after decoding.
pub const MAX_VALUE_BYTES: usize = crate::words::MAX_WORD_BYTES;

/// Longest `If-None-Match`, in bytes: more than a hundred quoted digests.
pub const MAX_IF_NONE_MATCH_BYTES: usize = 5120;
