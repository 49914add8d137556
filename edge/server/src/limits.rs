//! What one connection may take.

use std::time::Duration;

/// How long a device may take to send a request's head, or to send another request.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a device may take to acknowledge anything in the middle of a transfer, beside the time to the first look at
/// its queue. One that reads 500 bytes a second makes room in its receive buffer by up to 64 KiB at a time, 131 seconds
/// apart.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(180);

/// Largest head of a request, in bytes, give or take a read: six times the longest query and `If-None-Match` together.
/// Larger ones get 431. It also bounds what is buffered for a device that reads slowly.
pub(crate) const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// How many connections wait at once to be told that their address has too many. One more ends the oldest.
pub(crate) const MAX_REFUSED_CONNECTIONS: usize = 16;

/// How many connections the metrics port has at once. One more ends the oldest: whoever asks is answered first.
pub(crate) const MAX_METRICS_CONNECTIONS: usize = 8;

/// How long to wait when no connection can be accepted, because file descriptors ran out, say.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
