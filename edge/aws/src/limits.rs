//! Limits of AWS, and timeouts of calls to it.

use std::time::Duration;

/// Largest item, in bytes, names and values together (DynamoDB developer guide, "Quotas in Amazon DynamoDB": 400 KB).
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// Most items in one transaction (DynamoDB developer guide, "Quotas in Amazon DynamoDB": 100 unique items).
pub const MAX_TRANSACTION_ITEMS: usize = 100;

/// Largest transaction, in bytes, all items together (DynamoDB developer guide, "Quotas in Amazon DynamoDB": 4 MB).
pub const MAX_TRANSACTION_BYTES: usize = 4 * 1024 * 1024;

/// Smallest part of a multipart upload except the last, in bytes (S3 user guide, "Amazon S3 multipart upload limits":
/// 5 MiB).
pub(crate) const MIN_PART_BYTES: u64 = 5 << 20;

/// Most parts of a multipart upload (S3 user guide, "Amazon S3 multipart upload limits": 10,000).
pub(crate) const MAX_PARTS: u64 = 10_000;

/// Largest object that can be copied in one call, and largest part of a larger one, in bytes (S3 API reference,
/// CopyObject and UploadPartCopy: 5 GB).
pub(crate) const MAX_COPY_BYTES: u64 = 5_000_000_000;

/// Largest object that can be put in one call, in bytes (S3 API reference, PutObject: 5 GB).
pub(crate) const MAX_PUT_BYTES: u64 = 5_000_000_000;

/// Timeout of connecting, including TLS, for devices. Within a region that takes milliseconds.
pub const CONNECT: Duration = Duration::from_secs(1);

/// Timeout of an answer's first byte, for devices. DynamoDB and S3 usually answer within 200 ms.
pub const READ: Duration = Duration::from_secs(2);

/// Timeout of one attempt, for devices, not counting a streamed body.
pub const ATTEMPT: Duration = Duration::from_millis(2500);

/// Timeout of an operation with all its attempts, for devices, not counting a streamed body. A device's query makes at
/// most two consecutive reads of the catalog, and then reads the first object or its archive state: it is answered (from
/// memory if necessary, else 503) within 15 s, well before a CDN times out after 30 s.
pub const OPERATION: Duration = Duration::from_secs(5);

/// Most attempts of an operation, for devices. The SDK waits between them, with jitter.
pub const ATTEMPTS: u32 = 3;

/// Retry budget of each client, in tokens, the SDK's default. A retry takes 5 tokens, 10 after a timeout, and returns them
/// if it succeeds, so that a failing service does not get three times the load.
const ATTEMPT_TOKENS: usize = 500;

/// Rate at which the retry budget refills. By default the SDK refills it only on success: after an outage of a minute, a
/// process with few calls would make no retries for hours.
pub(crate) const ATTEMPT_TOKENS_PER_SECOND: f32 = 10.0;

/// Longest wait before the second attempt. It doubles with every further attempt, and a random part of it is waited.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// Longest wait before any attempt.
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// Timeouts and retries if a device waits.
pub(crate) const FOR_DEVICES: Limits = Limits {
    connect: CONNECT,
    read: READ,
    attempt: ATTEMPT,
    operation: OPERATION,
    attempts: ATTEMPTS,
    first_backoff: FIRST_BACKOFF,
    max_backoff: MAX_BACKOFF,
    tokens: ATTEMPT_TOKENS,
};

/// Timeouts and retries if an operator waits, who may be far from the region, and whose work of hours an outage of seconds
/// must not end. Waits add up to 27 s at most, and to half of that on average: so long an outage may last before a command
/// fails.
pub(crate) const FOR_OPERATORS: Limits = Limits {
    connect: Duration::from_secs(3),
    read: Duration::from_secs(60),
    // CloudFormation validates a whole template before it answers.
    attempt: Duration::from_secs(60),
    operation: Duration::from_secs(180),
    attempts: 8,
    first_backoff: Duration::from_secs(1),
    max_backoff: Duration::from_secs(5),
    // Enough for all concurrent calls of one verb to use all their attempts.
    tokens: 4 * ATTEMPT_TOKENS,
};

/// Timeouts and retries of calls to AWS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Timeout of connecting, including TLS.
    pub(crate) connect: Duration,
    /// Timeout of an answer's first byte.
    pub(crate) read: Duration,
    /// Timeout of one attempt, not counting a streamed body.
    pub(crate) attempt: Duration,
    /// Timeout of all attempts together, not counting a streamed body.
    pub(crate) operation: Duration,
    /// Most attempts, including the first.
    pub(crate) attempts: u32,
    /// Longest wait before the second attempt. It doubles with every further attempt, and a random part of it is waited.
    pub(crate) first_backoff: Duration,
    /// Longest wait before any attempt.
    pub(crate) max_backoff: Duration,
    /// Retry budget, in tokens.
    pub(crate) tokens: usize,
}

/// Timeout of an upload or a server-side copy, which S3 answers after the last byte. The SDK ends stalled transfers
/// earlier.
pub(crate) const TRANSFER: Duration = Duration::from_secs(15 * 60);

/// Least attempts of an upload or a copy, whose caller can wait longer than seconds.
pub(crate) const TRANSFER_ATTEMPTS: u32 = 5;
