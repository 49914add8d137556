//! What one connection may take.

use std::time::Duration;

/// How long a device may take to send a request's head, or to send another request.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a connection may be silent in the middle of a transfer.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Largest head of a request, in bytes, give or take a read: six times the longest query and `If-None-Match` together.
/// Larger ones get 431. It also bounds what is buffered for a device that reads slowly.
pub(crate) const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// How long to wait when no connection can be accepted, because file descriptors ran out, say.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
