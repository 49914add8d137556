//! HTTP service shared by all adapters, from an `http::Request` to an `http::Response` with a streaming body.
//!
//! The service calls the resolver, fetches the records that it names, and turns its plan into bytes. It decides no status,
//! header or byte itself.

mod answer_cache;
mod body;
mod catalog_cache;
mod cold;
mod log;
mod object_facts;
mod objects;
mod observed;
mod package;
mod readiness;
mod respond;
mod service;
mod transfer;

pub use body::Body;
pub use catalog_cache::{FAILED, FRESH, STALE};
pub use log::JsonLog;
pub use observed::Observed;
pub use respond::{respond, unavailable};
pub use service::{DEFAULT_CACHE_BYTES, MIN_CACHE_BYTES, Service};
pub use transfer::{Transfer, TransferObserver};
