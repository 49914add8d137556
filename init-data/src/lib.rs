//! What an operator puts into the stores, and how it is signed. For now: the sample data.

mod sample;
pub mod signing;

pub use sample::{DEFAULT_SAMPLE_SIZE, Sample, SampleError, samples};
