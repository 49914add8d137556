//! The harness: the real server, real tools, real caches.

pub mod client;
pub mod proxies;
pub mod sample;
pub mod server;
pub mod tools;
pub mod writes;
