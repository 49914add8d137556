use quick_cache::sync::Cache;
use resolver::catalog::ObjectKey;

/// How many checksums are kept: four bytes each, and only of artifacts that edgehop did not publish.
const CAPACITY: usize = 4096;

/// CRC-32s that no record has, learned while the artifacts passed by.
pub(crate) struct Learned(Cache<ObjectKey, u32>);

impl Learned {
    pub(crate) fn new() -> Self {
        Learned(Cache::new(CAPACITY))
    }

    pub(crate) fn crc32(&self, object: &ObjectKey) -> Option<u32> {
        self.0.get(object)
    }

    pub(crate) fn keep(&self, object: ObjectKey, crc32: u32) {
        self.0.insert(object, crc32);
    }
}
