//! What an operator puts into the stores. For now: the sample data.

mod sample;

pub use sample::{DEFAULT_SAMPLE_SIZE, Sample, SampleError, samples};
