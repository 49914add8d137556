//! Bytes to publish, told by a seed, so that a test knows at any time what they were.

use std::path::Path;

use resolver::words::Sha256;

/// Noise and text alternate in stretches of this size, in bytes.
const STRETCH: usize = 16 * 1024;

/// What a file has in it: half of it compresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Content {
    pub(crate) seed: u64,
    pub(crate) size: usize,
}

impl Content {
    pub(crate) fn new(seed: u64, size: usize) -> Self {
        Content { seed, size }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut random = Random::new(self.seed);
        let text = format!("release of seed {}\n", self.seed);
        let mut bytes = Vec::with_capacity(self.size + STRETCH);
        while bytes.len() < self.size {
            (0..STRETCH / 8).for_each(|_| bytes.extend_from_slice(&random.next().to_le_bytes()));
            bytes.extend(text.bytes().cycle().take(STRETCH));
        }
        bytes.truncate(self.size);
        bytes
    }

    pub(crate) fn sha256(&self) -> Sha256 {
        Sha256::of(&self.bytes())
    }

    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, self.bytes()).unwrap();
    }
}

/// Numbers that look random (SplitMix64): the same for the same seed.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// From 0 up to, but not, 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
