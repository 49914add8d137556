//! Files on their way into an artifact store: their digests, and the fragments that packages are made of.

mod digesting;
mod fragment;
mod inspect;
mod stage;

pub use digesting::{Digested, Digesting};
pub use inspect::inspect;
pub use stage::{MODE, StageError, Staged, stage, temporary};
