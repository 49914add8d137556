use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use resolver::catalog::ObjectKey;
use store::Identity;

/// Most objects in the cache, which evicts the least used ones.
const CAPACITY: usize = 4096;

/// Time for which the digest of an unchanged object is not verified again. Bit rot does not change a file's times, so
/// objects are verified again from time to time.
const VERIFIED_FOR: Duration = Duration::from_secs(600);

/// Cache of properties of objects that were computed while their bytes were sent.
pub(crate) struct ObjectFacts {
    crc32: Cache<ObjectKey, u32>,
    checked: Cache<ObjectKey, (Identity, Instant)>,
}

impl ObjectFacts {
    pub(crate) fn new() -> Self {
        ObjectFacts { crc32: Cache::new(CAPACITY), checked: Cache::new(CAPACITY) }
    }

    /// Returns the CRC-32 of an artifact whose record has none.
    pub(crate) fn crc32(&self, object: &ObjectKey) -> Option<u32> {
        self.crc32.get(object)
    }

    pub(crate) fn keep_crc32(&self, object: ObjectKey, crc32: u32) {
        self.crc32.insert(object, crc32);
    }

    /// Returns true if the object's digest was verified recently, and the object has not changed since.
    pub(crate) fn is_verified(&self, object: &ObjectKey, identity: &Option<Identity>) -> bool {
        let kept = self.checked.get(object);
        kept.is_some_and(|(then, at)| identity.as_ref() == Some(&then) && at.elapsed() < VERIFIED_FOR)
    }

    pub(crate) fn keep_verified(&self, object: ObjectKey, identity: Option<Identity>) {
        if let Some(identity) = identity {
            self.checked.insert(object, (identity, Instant::now()));
        }
    }
}
