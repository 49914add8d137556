//! Limits of connections.

use std::time::Duration;

/// Timeout of receiving a request's head, and of waiting for another request.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Timeout without any acknowledgement during a transfer, in addition to the time until the first check of the queue. A
/// device that reads 500 bytes a second frees up to 64 KiB of its receive buffer at a time, every 131 seconds.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(180);

/// Approximate limit of a request's head, in bytes: six times the longest query and `If-None-Match` together. Larger
/// heads are answered 431. It also limits the bytes buffered for a slow device.
pub(crate) const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// Most connections over their address's limit that are being answered. An additional one ends the oldest.
pub(crate) const MAX_REFUSED_CONNECTIONS: usize = 16;

/// Most connections of the metrics port. An additional one ends the oldest.
pub(crate) const MAX_METRICS_CONNECTIONS: usize = 8;

/// Pause after a failure to accept connections, for example without free file descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
