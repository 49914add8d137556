//! Publishing that is killed, raced, collected, imported and failed under: what is recorded is whole, and what is not
//! recorded is not there.

mod content;
mod device;
mod edgehop;
mod garbage;
mod garbage_races;
mod interposed;
mod killed;
mod killed_import;
mod objects;
mod place;
mod signer;
mod turns;

use std::time::{SystemTime, UNIX_EPOCH};

use resolver::words::Timestamp;

/// This moment.
fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

/// Runs what a store does, where nothing else runs asynchronously.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
