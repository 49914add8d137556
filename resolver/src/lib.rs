//! Decides how to answer a device's query.
//!
//! This crate does no I/O, reads no clock, draws no random number and iterates no hash map: time and catalog are
//! arguments, so identical inputs give identical bytes on every machine. It builds for `wasm32-unknown-unknown`,
//! where none of those exist to be used by accident.
//!
//! Data flows one way, one module a step:
//!
//! ```text
//! request ─► route ─► query ─► lookups ─► (the edge fetches) ─► decide ─► manifest ─► package plan ─► answer
//! ```

pub mod answer;
pub mod catalog;
pub mod check;
pub mod decide;
pub mod manifest;
pub mod package;
pub mod query;
pub mod route;
pub mod words;
