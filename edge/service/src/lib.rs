//! `http::Request` in, `http::Response` with a streaming body out: what every adapter shares.
//!
//! The service asks the resolver, fetches what it names, and turns its plan into bytes. It makes no policy choice of
//! its own: no status, header or byte is decided here.

mod at_hand;
mod body;
mod catalog_cache;
mod cold;
mod known;
mod log;
mod objects;
mod observed;
mod package;
mod readiness;
mod remembered;
mod service;
mod transfer;

pub use at_hand::{at_hand, unavailable};
pub use body::Body;
pub use catalog_cache::{FAILED, FRESH, STALE};
pub use log::JsonLog;
pub use observed::Observed;
pub use service::{DEFAULT_CACHE_BYTES, MIN_CACHE_BYTES, Service};
pub use transfer::{Account, Transfer};
