//! What a question may weigh. The largest fleet question seen is a fifth of each.

/// Longest query string, in bytes: as a device spells it, and in its canonical form, which the digests of
/// `If-None-Match` may make longer. CloudFront takes 8,192 for a whole URL.
pub const MAX_QUERY_BYTES: usize = 4096;

/// Most parameters in a query, save for nothing between two `&`. The sample's own tests send 102. Each costs the CDN's
/// function some of the millisecond that it has.
pub const MAX_PARAMETERS: usize = 128;

/// Longest name of a channel, in bytes, after decoding.
pub const MAX_VALUE_BYTES: usize = crate::words::MAX_WORD_BYTES;

/// Longest `If-None-Match`, in bytes: more than a hundred quoted digests.
pub const MAX_IF_NONE_MATCH_BYTES: usize = 5120;
