//! Writes to stores: publishing, signing, the proof before each write, import, garbage collection, restores, sample data.

mod document;
mod garbage;
mod guard;
mod import;
mod missing;
mod prices;
mod publish;
mod sample;
pub mod signing;
mod warm;

pub use document::{Document, InvalidDocument, MAX_DOCUMENT_BYTES, Part};
pub use garbage::{Collected, GarbageError, LEAST_AGE, Rules, collect};
pub use guard::{Refused, guard};
pub use import::{Change, ImportError, Plan, apply, plan};
pub use missing::{Missing, missing, without_bytes};
pub use prices::{Costs, Micros, PRICES_IN, PRICES_OF};
pub use publish::{Pointer, Publication, PublishError, Published, Terms, objects, publish};
pub use sample::{DEFAULT_SAMPLE_SIZE, Sample, SampleError, has_samples, remove_samples, samples};
pub use warm::{Needed, Needs, State, Warming, warm, warming};
