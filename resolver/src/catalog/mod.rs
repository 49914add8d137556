//! What is published: records as a store keeps them. A component is the unit of consistency.

mod artifact;
mod component;

pub use artifact::{Artifact, Fragment, MAX_ARTIFACT_BYTES, ObjectKey};
pub use component::{Channel, Component, Components, Release};
