//! The harness: the real server, real tools, real caches.

pub mod client;
pub mod cloud;
pub mod fault_proxy;
pub mod fleet;
pub mod function_url;
pub mod gate;
pub mod glacier;
pub mod key_value_store;
pub mod lambda;
mod message;
pub mod packages;
pub mod proxies;
pub mod runtime_api;
pub mod sample;
pub mod sample_table;
pub mod server;
pub mod stacks;
pub mod stand_ins;
pub mod stocked;
pub mod tools;
pub mod vectors;
pub mod viewer;
pub mod writes;
