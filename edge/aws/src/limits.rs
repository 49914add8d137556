//! What AWS allows, and how long its answers may take.

use std::time::Duration;

/// Largest item, in bytes, names and values together (DynamoDB developer guide, "Quotas in Amazon DynamoDB": 400 KB).
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// Most items in one transaction (DynamoDB developer guide, "Quotas in Amazon DynamoDB": 100 unique items).
pub const MAX_TRANSACTION_ITEMS: usize = 100;

/// Largest transaction, in bytes, all items together (DynamoDB developer guide, "Quotas in Amazon DynamoDB": 4 MB).
pub const MAX_TRANSACTION_BYTES: usize = 4 * 1024 * 1024;

/// Smallest part of a multipart upload save the last, in bytes (S3 user guide, "Amazon S3 multipart upload limits":
/// 5 MiB).
pub(crate) const MIN_PART_BYTES: u64 = 5 << 20;

/// Most parts of a multipart upload (S3 user guide, "Amazon S3 multipart upload limits": 10,000).
pub(crate) const MAX_PARTS: u64 = 10_000;

/// Largest object that is copied in one call, and largest part of one that is not, in bytes (S3 API reference,
/// CopyObject and UploadPartCopy: 5 GB).
pub(crate) const MAX_COPY_BYTES: u64 = 5_000_000_000;

/// Largest object that is put in one call, in bytes (S3 API reference, PutObject: 5 GB).
pub(crate) const MAX_PUT_BYTES: u64 = 5_000_000_000;

/// How long a connection may take to be there, TLS included. Within a region it takes milliseconds.
pub const CONNECT: Duration = Duration::from_secs(1);

/// How long an answer's first byte may take. DynamoDB and S3 answer within 200 ms, save when they are in trouble.
pub const READ: Duration = Duration::from_secs(2);

/// How long one attempt may take, save for a body that streams.
pub const ATTEMPT: Duration = Duration::from_millis(2500);

/// How long an operation may take with all its attempts, save for a body that streams. A device's question takes two
/// reads of the catalog in a row at most, and then the first object or a look whether it is in an archive: it is answered
/// (from memory if need be, else 503) within 15 s, long before a CDN gives up after 30 s.
pub const OPERATION: Duration = Duration::from_secs(5);

/// Attempts of an operation, the first included. The SDK waits in between, with jitter.
pub const ATTEMPTS: u32 = 3;

/// What further attempts are paid from, for each client: 5 tokens an attempt, 10 after a time-out, given back if it
/// succeeds. So a service that is out of order is not asked three times as often. As many as the SDK's own.
const ATTEMPT_TOKENS: usize = 500;

/// How many tokens come back a second, whatever happens. The SDK's own come back with successes alone: after an outage of
/// a minute, a process that asks seldom would make no further attempts for hours.
pub(crate) const ATTEMPT_TOKENS_PER_SECOND: f32 = 10.0;

/// Longest wait before the second attempt; it doubles with every further one, and a random part of it is waited.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// Longest wait before any attempt.
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// How patiently AWS is asked where a device waits.
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

/// How patiently AWS is asked where an operator waits, who can be far from the region, and whose work of hours a trouble
/// of seconds must not end. Waits add up to 27 s at most, and to half of that as a rule: so long a service may be out of
/// reach, and so soon somebody is told that nobody answers.
pub(crate) const FOR_OPERATORS: Limits = Limits {
    connect: Duration::from_secs(3),
    read: Duration::from_secs(60),
    // CloudFormation looks at a whole template before it answers.
    attempt: Duration::from_secs(60),
    operation: Duration::from_secs(180),
    attempts: 8,
    first_backoff: Duration::from_secs(1),
    max_backoff: Duration::from_secs(5),
    // Enough for all that one verb asks at once to be tried to the end.
    tokens: 4 * ATTEMPT_TOKENS,
};

/// How long what AWS is asked may take, and how often it is asked again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For a connection to be there, TLS included.
    pub(crate) connect: Duration,
    /// For an answer's first byte.
    pub(crate) read: Duration,
    /// For one attempt, save for a body that streams.
    pub(crate) attempt: Duration,
    /// For all attempts together, save for a body that streams.
    pub(crate) operation: Duration,
    /// Attempts, the first included.
    pub(crate) attempts: u32,
    /// Longest wait before the second attempt; it doubles with every further one, and a random part of it is waited.
    pub(crate) first_backoff: Duration,
    /// Longest wait before any attempt.
    pub(crate) max_backoff: Duration,
    /// What further attempts are paid from.
    pub(crate) tokens: usize,
}

/// How long the answer to an upload or a server-side copy may take: S3 answers when the last byte is there. A transfer
/// that stalls is ended sooner, by the SDK's protection against stalled streams.
pub(crate) const TRANSFER: Duration = Duration::from_secs(15 * 60);

/// Fewest attempts of an upload or a copy: nobody waits for an answer in seconds.
pub(crate) const TRANSFER_ATTEMPTS: u32 = 5;
