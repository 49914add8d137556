//! Deployments on AWS: their stacks, the adoption of the sample's, the CDN's known words, and what they answer.

mod adopt;
pub mod doctor;
pub mod known_words;
pub mod stack;

pub use adopt::{AdoptChange, AdoptError, AdoptPlan, adopt, plan_adoption};
