use std::fmt;

use super::{Facts, MAX_COMBINATIONS};
use crate::catalog::Requirement;
use crate::words::{ChannelName, Reason, Timestamp, Version, VersionRange};

/// A reason against publishing a component as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// A channel points at a version that is not published.
    Dangling {
        /// The channel.
        channel: ChannelName,
        /// The missing version.
        target: Version,
    },
    /// A channel points at a release that is never offered.
    Closed {
        /// The channel.
        channel: ChannelName,
        /// The channel's target.
        target: Version,
        /// Reason for which the target is never offered.
        why: String,
    },
    /// A release from which a device cannot get to the target.
    Stranded(Stranded),
    /// Two releases share their bytes, which is unsafe for devices known by the digest alone.
    Twins(Twins),
    /// A release is offered to devices that its signature excludes.
    Wider {
        /// The release.
        version: Version,
        /// The signed requirement that the record lacks.
        requirement: Requirement,
    },
    /// A release's range admits nothing older than the release itself, so no path leads to it.
    Circular {
        /// The release.
        version: Version,
        /// The release's range.
        from: VersionRange,
    },
    /// A release's floor is above the release itself.
    Floor {
        /// The release.
        version: Version,
        /// The release's floor.
        floor: Version,
    },
    /// A release's range admits older versions than its signature does.
    BelowMinimum {
        /// The release.
        version: Version,
        /// The oldest version that the signature lets it replace.
        minimum: Version,
    },
    /// Two releases have the same version in two spellings, so that devices cannot tell which they run.
    SameVersion {
        /// The first spelling.
        version: Version,
        /// The second spelling.
        other: Version,
    },
    /// A withdrawn barrier is superseded by a release that is not a later barrier.
    Superseded {
        /// The barrier.
        version: Version,
        /// The release that should replace it.
        by: Version,
    },
    /// Requirements distinguish more combinations of facts than a check can prove.
    TooManyCombinations {
        /// The number of combinations.
        count: usize,
    },
}

/// A release from which a device cannot get to a channel's target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stranded {
    /// The channel.
    pub channel: ChannelName,
    /// The channel's target.
    pub target: Version,
    /// The device's facts that requirements test.
    pub facts: Facts,
    /// The version that the device runs.
    pub version: Version,
    /// The obstacle on the way to the target.
    pub why: String,
}

/// Two releases with the same bytes, and the danger for a device that reports only their digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Twins {
    /// The channel.
    pub channel: ChannelName,
    /// The device's facts that requirements test.
    pub facts: Facts,
    /// The release that the device is assumed to run.
    pub version: Version,
    /// The release that the device may run instead.
    pub other: Version,
    /// The danger for a device that runs the other release.
    pub why: String,
}

/// A finding that does not prevent publishing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// A release is a dead end.
    DeadEnd {
        /// The release.
        version: Version,
        /// The operator's reason.
        reason: Reason,
    },
    /// Two releases have the same bytes.
    SameBytes {
        /// The older release.
        version: Version,
        /// The newer release.
        other: Version,
    },
    /// A signature has expired, so that devices which verify it refuse the release.
    Expired {
        /// The release.
        version: Version,
        /// Time at which the signature expired.
        expires: Timestamp,
    },
    /// A signature lets a release replace versions from which no path leads to it directly.
    LowMinimum {
        /// The release.
        version: Version,
        /// The signature's minimum; `None` for any version.
        minimum: Option<Version>,
        /// The minimum that would agree with the paths.
        least: Version,
    },
    /// A release has a requirement that its signature does not state.
    UnsignedRequirement {
        /// The release.
        version: Version,
        /// The requirement.
        requirement: Requirement,
    },
    /// Releases are newer than a channel's target, and devices that run them are answered 409.
    Above {
        /// The channel.
        channel: ChannelName,
        /// The channel's target.
        target: Version,
        /// The newest of these releases.
        newest: Version,
        /// The number of these releases.
        count: usize,
    },
}

impl Problem {
    /// Returns true if the other problem covers this one: it concerns the same devices or more, for whatever reason.
    pub fn is_part_of(&self, other: &Problem) -> bool {
        match (self, other) {
            (Problem::Stranded(a), Problem::Stranded(b)) => {
                is_within(&a.facts, &b.facts) && (&a.channel, &a.version) == (&b.channel, &b.version)
            }
            (Problem::Twins(a), Problem::Twins(b)) => {
                let same = (&a.channel, &a.version, &a.other) == (&b.channel, &b.version, &b.other);
                same && is_within(&a.facts, &b.facts)
            }
            (a, b) => a == b,
        }
    }

    /// Returns true if an operator who gives a reason may publish in spite of this problem. A component that cannot be
    /// proven at all, a channel without a target, or a release that contradicts its signature may never be published.
    pub fn can_be_forced(&self) -> bool {
        !matches!(
            self,
            Problem::TooManyCombinations { .. }
                | Problem::Dangling { .. }
                | Problem::BelowMinimum { .. }
                | Problem::Wider { .. }
        )
    }
}

/// Returns true if devices with the facts `a` have the facts `b` too.
fn is_within(a: &Facts, b: &Facts) -> bool {
    b.iter().all(|(fact, value)| a.get(fact) == Some(value))
}

fn write_facts(f: &mut fmt::Formatter<'_>, facts: &Facts) -> fmt::Result {
    facts
        .iter()
        .enumerate()
        .try_for_each(|(index, (fact, value))| write!(f, "{}{fact}={value}", if index == 0 { " where " } else { ", " }))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Dangling { channel, target } => write!(f, "{channel} points at {target}, which is not published"),
            Problem::Closed { channel, target, why } => {
                write!(f, "{channel} points at {target}, which no device is given: {why}")
            }
            Problem::Stranded(Stranded { channel, facts, version, why, .. }) => {
                write!(f, "{version} is stranded on {channel}")?;
                write_facts(f, facts)?;
                write!(f, ": {why}")
            }
            Problem::Twins(Twins { channel, facts, version, other, why }) => {
                write!(f, "{other} and {version} have the same bytes: on {channel}")?;
                write_facts(f, facts)?;
                write!(
                    f,
                    ", a device known by these alone is taken for one on {version}: {why}; publish what was built \
                     anew, with bytes of its own, in place of {other}"
                )
            }
            Problem::Wider { version, requirement } => {
                write!(f, "{version} is signed for devices that meet {requirement}, and goes to others too: ")?;
                write!(f, "publish it with --requires '{requirement}', or sign it without")
            }
            Problem::Circular { version, from } => {
                write!(f, "{version} is installed over {from}, and nothing older than itself lies there: a circle")
            }
            Problem::Floor { version, floor } => {
                write!(f, "{version} cannot have the floor {floor}, which is above itself: lower it")
            }
            Problem::BelowMinimum { version, minimum } => {
                write!(
                    f,
                    "{version} may be installed below {minimum}, which its signature does not allow: give a range"
                )
            }
            Problem::SameVersion { version, other } => {
                write!(f, "{version} and {other} are one version in two spellings: keep to one of them")
            }
            Problem::Superseded { version, by } => {
                write!(f, "{version} is superseded by {by}, which is not a later barrier")
            }
            Problem::TooManyCombinations { count } => write!(
                f,
                "the releases tell {count} combinations of facts apart, {MAX_COMBINATIONS} at most can be proven: \
                 require fewer different values"
            ),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::DeadEnd { version, reason } => write!(f, "{version} is a dead end: {reason}"),
            Note::SameBytes { version, other } => write!(
                f,
                "{other} has the bytes of {version}: a device known by these alone is taken for the older one that is \
                 not withdrawn, and is asked for installed= where it also has the bytes of a release between"
            ),
            Note::Expired { version, expires } => {
                write!(f, "the signature of {version} expired at {expires}: sign it again and publish it again")
            }
            Note::LowMinimum { version, minimum, least } => {
                let any = "any version".to_owned();
                let minimum = minimum.as_ref().map_or(any, |minimum| format!("{minimum} and what is newer"));
                write!(
                    f,
                    "the signature of {version} lets it replace {minimum}, and no device older than {least} is led to it: \
                     a device that gets the file elsewhere is not held back; sign it again with --minimum {least} and \
                     publish it again"
                )
            }
            Note::UnsignedRequirement { version, requirement } => write!(
                f,
                "{version} requires {requirement}, and its signature does not say so: sign it again with --requires \
                 '{requirement}' and publish it again"
            ),
            Note::Above { channel, target, newest, count } => {
                write!(f, "devices on {newest}")?;
                if let more @ 1.. = count - 1 {
                    write!(f, " (and on {more} more above {target})")?;
                }
                write!(f, " hear 409 on {channel}, which points at {target} and does not allow downgrades")
            }
        }
    }
}
