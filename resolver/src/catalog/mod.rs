//! What is published: records as a store keeps them. A component is the unit of consistency.

mod artifact;
mod component;
mod graph;
mod release;
mod requirement;
mod signature;

pub use artifact::{Artifact, Fragment, MAX_ARTIFACT_BYTES, ObjectKey};
pub use component::{Channel, Component, Components, Revision};
pub use graph::Graph;
pub use release::{Release, Withdrawal};
pub use requirement::{InvalidRequirement, MAX_SET_VALUES, Met, Requirement};
pub use signature::Signature;
