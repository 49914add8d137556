//! The harness: the real server, real tools, real caches.

pub mod client;
pub mod fault_proxy;
pub mod packages;
pub mod proxies;
pub mod sample;
pub mod server;
pub mod stand_ins;
pub mod tools;
pub mod writes;
