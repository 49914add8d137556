//! Publishing that is killed, raced, collected, imported and failed under: what is recorded is whole, and what is not
//! recorded is not there.

mod aim;
mod barrier;
mod content;
mod device;
mod documents;
mod draw;
mod edgehop;
mod faults;
mod garbage;
mod garbage_archives;
mod garbage_races;
mod held;
mod imports;
mod interposed;
mod killed;
mod killed_import;
mod moved;
mod objects;
mod place;
mod signatures;
mod signer;
#[path = "../conformance/sqlite.rs"]
mod sqlite;
mod together;
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

/// An error with its causes, as an operator reads it.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
