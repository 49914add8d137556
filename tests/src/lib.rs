//! The harness: real tools, real caches, the real server.

pub mod proxies;
pub mod tools;
