use crate::limits::{MAX_COPY_BYTES, MAX_PARTS, MAX_PUT_BYTES, MIN_PART_BYTES};
use resolver::catalog::MAX_ARTIFACT_BYTES;

/// Sizes in bytes from which objects are moved in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Smallest file that is put in parts, so that an interrupted put can be resumed. A smaller file is put in one call,
    /// and S3's entity tag is then its MD5, by which devices name it; that is why this is not S3's minimum.
    pub multipart_from: u64,
    /// Size of a part: 5 MiB to 5 GB, and no more than 10,000 parts for each object.
    pub part: u64,
    /// Largest object that is copied in one call, and size of the parts of larger ones.
    pub copy_at_once: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes { multipart_from: 64 << 20, part: 16 << 20, copy_at_once: MAX_COPY_BYTES }
    }
}

// The largest artifact does not need more parts than S3 allows.
const _: () = assert!(MAX_ARTIFACT_BYTES / (16 << 20) < MAX_PARTS);

impl Sizes {
    /// Returns the nearest sizes that S3 allows.
    pub(crate) fn allowed(self) -> Sizes {
        let least = MIN_PART_BYTES.max(MAX_ARTIFACT_BYTES / MAX_PARTS + 1);
        Sizes {
            multipart_from: self.multipart_from.clamp(1, MAX_PUT_BYTES),
            part: self.part.clamp(least, MAX_PUT_BYTES),
            copy_at_once: self.copy_at_once.clamp(least, MAX_COPY_BYTES),
        }
    }

    /// Splits an object into parts. Part numbers start at 1.
    pub(crate) fn parts(size: u64, part: u64) -> impl Iterator<Item = Part> {
        let starts = (0..size).step_by(usize::try_from(part).unwrap_or(usize::MAX));
        (1..).zip(starts).map(move |(number, start)| Part { number, start, length: part.min(size - start) })
    }
}

/// A part of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) number: i32,
    pub(crate) start: u64,
    pub(crate) length: u64,
}
