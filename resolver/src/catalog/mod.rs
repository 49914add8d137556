//! What is published: records as a store keeps them. A component is the unit of consistency.

mod artifact;
mod component;
mod mismatch;
mod signature;
mod statement;

pub use artifact::{Artifact, Fragment, MAX_ARTIFACT_BYTES, ObjectKey};
pub use component::{Channel, Component, Components, Release};
pub use mismatch::{ISSUED_TOLERANCE_SECONDS, Mismatch};
pub use signature::{InvalidMinisig, MAX_MINISIG_BYTES, Minisig, Signature};
pub use statement::{InvalidStatement, Statement};
