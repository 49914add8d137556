//! What an operator does: publish, sign, prove, look.

mod document;
mod garbage;
mod guard;
mod import;
pub mod picture;
mod publish;
mod sample;
pub mod signing;
mod stores;

pub use document::{Document, InvalidDocument, MAX_DOCUMENT_BYTES, Part};
pub use garbage::{Collected, LEAST_AGE, Rules, collect};
pub use guard::{Refused, guard};
pub use import::{Change, ImportError, Plan, apply, plan};
pub use publish::{Pointer, Publication, PublishError, Published, Terms, publish};
pub use sample::{DEFAULT_SAMPLE_SIZE, Sample, SampleError, samples};
pub use stores::{StoreOptions, Stores};
