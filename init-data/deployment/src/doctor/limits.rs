//! What an examination takes at most, and what it holds a deployment to.

use std::time::Duration;

/// How long a name may take to be resolved.
pub(super) const RESOLVE: Duration = Duration::from_secs(10);

/// How long a connection may take, its TLS included.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// How long an answer may take to its last byte: a cold function and [`MOST_BYTES`] over a slow line.
pub(super) const ANSWER: Duration = Duration::from_secs(60);

/// Most bytes of one body that are read, 32 MiB. Of a larger package or artifact only head and ranges are looked at.
pub(super) const MOST_BYTES: u64 = 32 << 20;

/// Most components of a catalog that are looked through for something to ask.
pub(super) const MOST_COMPONENTS: usize = 200;

/// Most devices of which each channel's answer is worked out, until one is given something: a fraction of a second.
pub(super) const MOST_DEVICES: usize = 5_000;

/// How often a question is asked again until a cache has it. A CDN's site has several machines, and not each has been
/// asked before.
pub(super) const REPEATS: usize = 4;

/// How long to wait before an answer's age can be told in whole seconds.
pub(super) const PAUSE: Duration = Duration::from_millis(1_200);

/// How long an error may be kept, in seconds: twice what the origin allows
/// ([`ERROR_SECONDS`](resolver::answer::ERROR_SECONDS)), because caches round.
pub(super) const MOST_ERROR_SECONDS: u64 = 2 * resolver::answer::ERROR_SECONDS;

/// Most characters of somebody else's words that a finding repeats.
pub(super) const MOST_QUOTED: usize = 160;
