use std::time::Duration;

use resolver::route::Route;

/// What an adapter may log and count about an answer: an extension of every response. It holds no identity; a device's
/// name is gone before the canonical query is made.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// What was asked for.
    pub route: Route,
    /// The question's canonical spelling; empty if it was not understood.
    pub query: String,
    /// Time spent waiting for the stores, before the first byte.
    pub store_time: Duration,
    /// Time spent on the decision and its answer; zero where an answer was remembered.
    pub decision_time: Duration,
    /// Catalog reads answered from memory.
    pub cache_hits: u32,
    /// Catalog reads that went to the store.
    pub cache_misses: u32,
    /// The answer tells the device to come back for something that is in cold storage.
    pub waiting: bool,
}
