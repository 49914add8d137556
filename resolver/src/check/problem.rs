use std::fmt;

use super::{Facts, MAX_COMBINATIONS};
use crate::catalog::Requirement;
use crate::words::{ChannelName, Reason, Timestamp, Version, VersionRange};

/// Why a component must not be published as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// A channel points at nothing.
    Dangling {
        /// The channel.
        channel: ChannelName,
        /// The version that is not published.
        target: Version,
    },
    /// A channel points at a release that is never offered.
    Closed {
        /// The channel.
        channel: ChannelName,
        /// Its target.
        target: Version,
        /// Why it is not offered.
        why: String,
    },
    /// A release from which a device cannot get to the target.
    Stranded(Stranded),
    /// Two releases with the same bytes, which are not safe for devices known by those alone.
    Twins(Twins),
    /// A release that is offered to devices that its signer did not mean it for.
    Wider {
        /// The release.
        version: Version,
        /// The signed requirement that the record does not have.
        requirement: Requirement,
    },
    /// A release that can be installed over nothing older than itself: its range leads in a circle.
    Circular {
        /// The release.
        version: Version,
        /// What it is installed over.
        from: VersionRange,
    },
    /// A release that could not even be replaced by itself.
    Floor {
        /// The release.
        version: Version,
        /// Its floor.
        floor: Version,
    },
    /// A release that its range lets replace older versions than its signer does.
    BelowMinimum {
        /// The release.
        version: Version,
        /// The oldest version that it may replace.
        minimum: Version,
    },
    /// Two releases are one version in two spellings: devices cannot tell which they run.
    SameVersion {
        /// The one.
        version: Version,
        /// The other.
        other: Version,
    },
    /// A barrier was withdrawn in favour of a release that does not do its duty.
    Superseded {
        /// The barrier.
        version: Version,
        /// What should bar in its place.
        by: Version,
    },
    /// The releases tell more combinations of facts apart than can be proven.
    TooManyCombinations {
        /// How many.
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
    /// The device's facts, as far as they matter.
    pub facts: Facts,
    /// What the device runs.
    pub version: Version,
    /// What is in the way.
    pub why: String,
}

/// Two releases with the same bytes, and a device that says only those and may run the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Twins {
    /// The channel.
    pub channel: ChannelName,
    /// The device's facts, as far as they matter.
    pub facts: Facts,
    /// The release that the device is taken to run.
    pub version: Version,
    /// The release that it may run as well.
    pub other: Version,
    /// Danger for such a device.
    pub why: String,
}

/// What is no reason against publishing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// Nothing leads on from a release.
    DeadEnd {
        /// The release.
        version: Version,
        /// Why.
        reason: Reason,
    },
    /// Two releases have the same bytes.
    SameBytes {
        /// The older.
        version: Version,
        /// The newer.
        other: Version,
    },
    /// A signature is past the moment that its signer gave: devices that look at it refuse the release.
    Expired {
        /// The release.
        version: Version,
        /// When it expired.
        expires: Timestamp,
    },
    /// A signature that lets a release replace older versions than its paths do.
    Jumps {
        /// The release.
        version: Version,
        /// The oldest version that it may replace, as it was signed.
        minimum: Option<Version>,
        /// The version that devices pass first.
        passes: Version,
    },
    /// A signature that does not say what its release requires.
    Unsaid {
        /// The release.
        version: Version,
        /// What it requires.
        requirement: Requirement,
    },
    /// Releases above a channel's target, which devices that run them hear 409 for.
    Above {
        /// The channel.
        channel: ChannelName,
        /// Its target.
        target: Version,
        /// The newest of them.
        newest: Version,
        /// How many there are.
        count: usize,
    },
}

impl Problem {
    /// The other problem says this one too: the same devices are stranded, if not for the same reason, or more.
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

    /// An operator with a reason may publish it all the same. Nobody may publish what cannot be proven at all, what points
    /// at nothing, or more than a signer allows.
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

/// Devices with the facts `a` have the facts `b` too.
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
            Note::Jumps { version, minimum, passes } => {
                let any = "any version".to_owned();
                let minimum = minimum.as_ref().map_or(any, |minimum| format!("{minimum} and what is newer"));
                write!(
                    f,
                    "the signature of {version} lets it replace {minimum}, and no device older than {passes} is led to it: \
                     who is handed the file by others is not held back; sign it again with --minimum {passes} and \
                     publish it again"
                )
            }
            Note::Unsaid { version, requirement } => write!(
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
