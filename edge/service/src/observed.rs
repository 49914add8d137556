use std::time::Duration;

use resolver::route::Route;

/// Observations about an answer for logs and metrics, an extension of every response. They do not identify a device,
/// because the canonical query does not contain its name.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Requested resource.
    pub route: Route,
    /// Canonical query; empty if the query is invalid.
    pub query: String,
    /// Time spent waiting for the stores, before the first byte.
    pub store_time: Duration,
    /// Time spent on the decision and its answer; zero for a cached answer.
    pub decision_time: Duration,
    /// Number of catalog reads answered from the cache.
    pub cache_hits: u32,
    /// Number of catalog reads answered by the store.
    pub cache_misses: u32,
    /// Whether the answer makes the device wait for an object in cold storage.
    pub waiting: bool,
}
