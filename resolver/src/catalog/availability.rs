use std::fmt;
use std::str::FromStr;

use crate::words::Timestamp;

/// Whether an object can be read now or must be restored from cold storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// The object can be read.
    Ready,
    /// The object is in cold storage, and no restore has been requested.
    Cold(Archive),
    /// The object is in cold storage, and a restore is in progress.
    Restoring(Restore),
}

/// A restore in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restore {
    /// Kind of cold storage that the object is in.
    pub archive: Archive,
    /// Speed that was requested.
    pub tier: Tier,
    /// Time of the request.
    pub since: Timestamp,
}

/// Cold storage: cheap to keep, but objects must be restored before they can be read. S3 Glacier Instant Retrieval is
/// not among it, because its objects can be read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Archive {
    /// S3 Glacier Flexible Retrieval.
    Flexible,
    /// S3 Glacier Deep Archive.
    Deep,
}

/// Speed and price class of a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Takes minutes; not available from Deep Archive.
    Expedited,
    /// Takes hours.
    Standard,
    /// Takes half a day to two days, at the lowest price.
    Bulk,
}

impl Archive {
    /// Returns the tier that this archive has in place of `wanted`.
    pub fn tier(self, wanted: Tier) -> Tier {
        match (self, wanted) {
            (Archive::Deep, Tier::Expedited) => Tier::Standard,
            (_, wanted) => wanted,
        }
    }

    /// Returns the usual upper limit of a restore's time, in seconds (S3 user guide, "Understanding archive retrieval
    /// options").
    pub fn restore_seconds(self, tier: Tier) -> u64 {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        match (self, self.tier(tier)) {
            (_, Tier::Expedited) => 5 * MINUTE,
            (Archive::Flexible, Tier::Standard) => 5 * HOUR,
            (Archive::Flexible, Tier::Bulk) | (Archive::Deep, Tier::Standard) => 12 * HOUR,
            (Archive::Deep, Tier::Bulk) => 48 * HOUR,
        }
    }
}

impl Tier {
    /// Every tier, the fastest first.
    pub const ALL: [Tier; 3] = [Tier::Expedited, Tier::Standard, Tier::Bulk];

    /// Returns the tier's name in options and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Expedited => "expedited",
            Tier::Standard => "standard",
            Tier::Bulk => "bulk",
        }
    }
}

/// Error for text that is not a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes expedited, standard or bulk")]
pub struct InvalidTier;

impl FromStr for Tier {
    type Err = InvalidTier;

    fn from_str(text: &str) -> Result<Self, InvalidTier> {
        Tier::ALL.into_iter().find(|tier| tier.as_str() == text).ok_or(InvalidTier)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Archive::Flexible => "Glacier Flexible Retrieval",
            Archive::Deep => "Glacier Deep Archive",
        })
    }
}
