use std::fmt;

use crate::catalog::{Release, Requirement};
use crate::words::{FactValue, KeyId, Reason, Version};

/// Why a device may not go from one release to another in one step. Its text is for a technician.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Obstacle<'a> {
    /// The release was withdrawn.
    Withdrawn { to: &'a Version, reason: &'a Reason },
    /// The release is a dead end: it is never offered.
    Trap { to: &'a Version, reason: &'a Reason },
    /// The device runs a dead end.
    DeadEnd { at: &'a Version, reason: &'a Reason },
    /// The release requires a fact.
    Fact { to: &'a Version, requirement: &'a Requirement, said: Option<&'a FactValue> },
    /// The release is older, and the channel goes up only.
    Down { at: &'a Version, to: &'a Version },
    /// The release is below what the installed one lets itself be replaced by.
    Floor { at: &'a Version, to: &'a Version },
    /// A barrier lies between: the release of this index.
    Barrier { index: usize, barrier: &'a Release, to: &'a Version },
    /// The release is installed over others only.
    From { at: &'a Version, to: &'a Release },
    /// What is installed does not trust the key that signed the release.
    Key { at: &'a Version, to: &'a Version, key: KeyId },
    /// What is installed takes signed releases only.
    Unsigned { at: &'a Version, to: &'a Version },
    /// What is installed was never published, so nobody knows what it trusts.
    UnknownTrust { at: &'a Version },
}

impl fmt::Display for Obstacle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::Withdrawn { to, reason } => write!(f, "{to} was withdrawn: {reason}"),
            Obstacle::Trap { to, reason } => write!(f, "{to} is a dead end, which is never offered: {reason}"),
            Obstacle::DeadEnd { at, reason } => write!(f, "{at} is a dead end, nothing leads on from it: {reason}"),
            Obstacle::Fact { to, requirement, said: None } => {
                let fact = requirement.fact();
                write!(f, "{to} requires {requirement}: say what {fact} is, as {fact}=<value>")
            }
            Obstacle::Fact { to, requirement, said: Some(said) } => {
                write!(f, "{to} requires {requirement}, and this device has {}={said}", requirement.fact())
            }
            Obstacle::Down { at, to } => write!(f, "{to} is older than {at}, and the channel allows no downgrade"),
            Obstacle::Floor { at, to } => write!(f, "{to} is below what {at} lets itself be replaced by"),
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
