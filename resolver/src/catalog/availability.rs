use std::fmt;
use std::str::FromStr;

use crate::words::Timestamp;

/// Whether an object can be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Ready,
    /// It is in cold storage, and nobody has asked for it yet.
    Cold(Archive),
    /// It is in cold storage, and a copy that can be read is being made.
    Restoring(Restore),
}

/// A restore that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restore {
    /// From where.
    pub archive: Archive,
    /// How fast.
    pub tier: Tier,
    /// When it was asked for.
    pub since: Timestamp,
}

/// Cold storage: bytes that are kept for little, and must be restored before they can be read. S3 Glacier Instant
/// Retrieval is none: what is there can be read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Archive {
    /// S3 Glacier Flexible Retrieval.
    Flexible,
    /// S3 Glacier Deep Archive.
    Deep,
}

/// How fast a restore is, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Minutes; not from Deep Archive.
    Expedited,
    /// Hours.
    Standard,
    /// Half a day to two days, for the least money.
    Bulk,
}

impl Archive {
    /// The tier that is meant by one that not every archive has.
    pub fn tier(self, wanted: Tier) -> Tier {
        match (self, wanted) {
            (Archive::Deep, Tier::Expedited) => Tier::Standard,
            (_, wanted) => wanted,
        }
    }

    /// How long a restore takes at most, in seconds, as a rule (S3 user guide, "Understanding archive retrieval
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

    /// The word for it, in options and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Expedited => "expedited",
            Tier::Standard => "standard",
            Tier::Bulk => "bulk",
        }
    }
}

/// Not a tier.
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
