//! Published records, as a store keeps them. A component is the unit of consistency.

mod artifact;
mod availability;
mod component;
mod edit;
mod graph;
mod heap;
mod mismatch;
mod release;
mod requirement;
mod signature;
mod statement;

pub use artifact::{Artifact, Fragment, MAX_ARTIFACT_BYTES, ObjectKey};
pub use availability::{Archive, Availability, InvalidTier, Restore, Tier};
pub use component::{Channel, Component, Components, Revision};
pub use edit::Edit;
pub use graph::Graph;
pub use mismatch::{ISSUED_TOLERANCE_SECONDS, Mismatch};
pub use release::{Release, Withdrawal};
pub use requirement::{InvalidRequirement, MAX_SET_VALUES, Match, Requirement};
pub use signature::{InvalidMinisig, MAX_MINISIG_BYTES, Minisig, Signature};
pub use statement::{InvalidStatement, Statement};
