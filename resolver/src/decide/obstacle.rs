use std::fmt;

use crate::catalog::{Release, Requirement};
use crate::words::{FactValue, KeyId, Reason, Version};

/// Reason for which a device may not go from one release to another in one step, with a text for technicians.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Obstacle<'a> {
    /// The release was withdrawn.
    Withdrawn { to: &'a Version, reason: &'a Reason },
    /// The release is a dead end, which is never offered.
    ToDeadEnd { to: &'a Version, reason: &'a Reason },
    /// The installed version is a dead end.
    FromDeadEnd { at: &'a Version, reason: &'a Reason },
    /// The device's facts do not meet a requirement of the release.
    Fact { to: &'a Version, requirement: &'a Requirement, reported: Option<&'a FactValue> },
    /// The release is older, and the channel allows no downgrades.
    Down { at: &'a Version, to: &'a Version },
    /// The release is below the installed version's anti-rollback floor.
    Floor { at: &'a Version, to: &'a Version },
    /// A barrier, the release of this index, must be installed first.
    Barrier { index: usize, barrier: &'a Release, to: &'a Version },
    /// The installed version is outside the release's range.
    From { at: &'a Version, to: &'a Release },
    /// The installed version does not trust the key that signed the release.
    Key { at: &'a Version, to: &'a Version, key: KeyId },
    /// The installed version accepts signed releases only.
    Unsigned { at: &'a Version, to: &'a Version },
    /// The installed version was never published, so it is unknown which keys it trusts.
    UnknownTrust { at: &'a Version },
}

impl fmt::Display for Obstacle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::Withdrawn { to, reason } => write!(f, "{to} was withdrawn: {reason}"),
            Obstacle::ToDeadEnd { to, reason } => write!(f, "{to} is a dead end, which is never offered: {reason}"),
            Obstacle::FromDeadEnd { at, reason } => write!(f, "{at} is a dead end, which no update leaves: {reason}"),
            Obstacle::Fact { to, requirement, reported: None } => {
                let fact = requirement.fact();
                write!(f, "{to} requires {requirement}: say what {fact} is, as {fact}=<value>")
            }
            Obstacle::Fact { to, requirement, reported: Some(reported) } => {
                write!(f, "{to} requires {requirement}, and this device has {}={reported}", requirement.fact())
            }
            Obstacle::Down { at, to } => write!(f, "{to} is older than {at}, and the channel allows no downgrade"),
            Obstacle::Floor { at, to } => write!(f, "{to} is below the anti-rollback floor of {at}"),
            Obstacle::Barrier { barrier: Release { version, barrier: Some(reason), .. }, to, .. } => {
                write!(f, "{version} must be installed before {to}: {reason}")
            }
            Obstacle::Barrier { barrier, to, .. } => write!(f, "{} must be installed before {to}", barrier.version),
            Obstacle::From { at, to } => {
                let range = to.from.as_ref().map(ToString::to_string).unwrap_or_default();
                write!(f, "{} is installed over {range}, not over {at}", to.version)
            }
            Obstacle::Key { at, to, key } => write!(f, "{at} does not trust the key {key} that signed {to}"),
            Obstacle::Unsigned { at, to } => write!(f, "{at} takes signed releases only, and {to} is not signed"),
            Obstacle::UnknownTrust { at } => {
                write!(f, "{at} is not published, so it is not known which keys it trusts")
            }
        }
    }
}
