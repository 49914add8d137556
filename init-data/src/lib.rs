//! What an operator does: publish, sign, prove, look.

mod guard;
pub mod picture;
mod publish;
mod sample;
pub mod signing;
mod stores;
pub mod verbs;

pub use guard::{Refused, guard};
pub use publish::{Pointer, Publication, PublishError, Published, Terms, publish};
pub use sample::{DEFAULT_SAMPLE_SIZE, Sample, SampleError, samples};
pub use stores::{StoreOptions, Stores};
