//! The CDN's list of known words follows the catalog, whoever writes, races or is killed.

mod desk;
mod failing;
mod following;
mod many;
mod noted;
mod together;
