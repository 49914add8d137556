//! Behind other people's caches, no device ever gets a package that is wrong for it.

mod cache;
mod crowd;
mod damage;
mod device;
mod errors;
mod never_wrong;
mod ranges;
#[path = "../conformance/sqlite.rs"]
mod sqlite;
mod truth;
