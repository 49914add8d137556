use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use resolver::catalog::ObjectKey;
use store::Identity;

/// How many objects are remembered; the least used go first.
const CAPACITY: usize = 4096;

/// How long an object that has not changed is believed to have the right bytes. Bits rot without a trace in a file's
/// times, so that every now and then they are checked again.
const BELIEVED: Duration = Duration::from_secs(600);

/// What this process found out about objects while their bytes passed by.
pub(crate) struct Known {
    crc32: Cache<ObjectKey, u32>,
    checked: Cache<ObjectKey, (Identity, Instant)>,
}

impl Known {
    pub(crate) fn new() -> Self {
        Known { crc32: Cache::new(CAPACITY), checked: Cache::new(CAPACITY) }
    }

    /// The CRC-32 of an artifact whose record has none.
    pub(crate) fn crc32(&self, object: &ObjectKey) -> Option<u32> {
        self.crc32.get(object)
    }

    pub(crate) fn keep_crc32(&self, object: ObjectKey, crc32: u32) {
        self.crc32.insert(object, crc32);
    }

    /// The object's bytes were compared with its digest not long ago, and it has not changed since.
    pub(crate) fn is_right(&self, object: &ObjectKey, identity: &Option<Identity>) -> bool {
        let kept = self.checked.get(object);
        kept.is_some_and(|(then, at)| identity.as_ref() == Some(&then) && at.elapsed() < BELIEVED)
    }

    pub(crate) fn keep_right(&self, object: ObjectKey, identity: Option<Identity>) {
        if let Some(identity) = identity {
            self.checked.insert(object, (identity, Instant::now()));
        }
    }
}
