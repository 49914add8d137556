//! What a question may weigh. The largest fleet question seen is a fifth of each.

/// Longest query string, in bytes, before decoding. CloudFront takes 8,192 for a whole URL.
pub const MAX_QUERY_BYTES: usize = 4096;

/// Most parameters in a query, empty ones not counted. The sample's own tests send 102.
pub const MAX_PARAMETERS: usize = 128;

/// Longest key, in bytes, after decoding.
pub const MAX_KEY_BYTES: usize = 64;

/// Longest value of a single word, in bytes, after decoding: the longest channel, or value of a fact.
pub const MAX_VALUE_BYTES: usize = crate::words::MAX_WORD_BYTES;

/// Longest `device`, in bytes, after decoding: a UUID, a serial number or a certificate's fingerprint.
pub const MAX_DEVICE_BYTES: usize = 128;

/// Most digests, `have` and `If-None-Match` together, duplicates counted once.
pub const MAX_DIGESTS: usize = 64;

/// Most components in `installed`.
pub const MAX_INSTALLED: usize = 64;

/// Longest `If-None-Match`, in bytes: [`MAX_DIGESTS`] quoted digests and as much again.
pub const MAX_IF_NONE_MATCH_BYTES: usize = 5120;
