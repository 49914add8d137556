use std::sync::Arc;

use super::obstacle::Obstacle;
use crate::catalog::Release;
use crate::words::{ComponentName, Timestamp, Version};

/// Decision about every component that a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// One entry for each component, in the order of their keys. A name that no component has may have none.
    pub entries: Vec<Entry>,
    /// Time at which the decision changes even if nothing is published; caches may not keep the answer longer.
    pub changes_at: Option<Timestamp>,
}

/// One component's part of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Component in its published spelling.
    pub component: ComponentName,
    /// Version that the channel points at; `None` if the component has no such channel.
    pub target: Option<Version>,
    /// Outcome for the component.
    pub outcome: Outcome,
    /// Reason for the outcome, in one line for technicians.
    pub reason: String,
}

/// Outcome of a decision for one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The next hop is delivered.
    Install {
        /// The release to install.
        release: Arc<Release>,
        /// Number of hops after this one.
        hops_remaining: u32,
    },
    /// The next hop's bytes are in cold storage, so the device has to ask again.
    Waiting {
        /// The release that will be delivered.
        release: Arc<Release>,
        /// Number of hops after this one.
        hops_remaining: u32,
        /// Seconds after which the device should ask again.
        retry_after: u64,
    },
    /// The device already has the target, this release.
    Have(Arc<Release>),
    /// Nothing can be delivered.
    Refused(Refusal),
}

/// Reason for which no release of a component can be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The component, or its channel, is not published.
    Absent,
    /// The channel points at a release that can no longer be delivered.
    Withdrawn,
    /// No safe path leads from the installed version to the target.
    NoPath,
    /// A release on the path requires a fact that the device did not report, or that differs.
    Fact,
    /// The device did not report what it runs, and the target has constraints.
    UnknownVersion,
}

impl Refusal {
    /// Returns the refusal for an obstacle that closes a channel's target to a device.
    pub(super) fn of(obstacle: &Obstacle<'_>) -> Refusal {
        match obstacle {
            Obstacle::Withdrawn { .. } => Refusal::Withdrawn,
            Obstacle::Fact { .. } => Refusal::Fact,
            _ => Refusal::NoPath,
        }
    }

    /// Returns the manifest's `status_code`: 404, 409, 412 or 428 (RFC 9110 section 15.5, RFC 6585 section 3).
    pub fn status_code(self) -> u16 {
        match self {
            Refusal::Absent | Refusal::Withdrawn => 404,
            Refusal::NoPath => 409,
            Refusal::Fact => 412,
            Refusal::UnknownVersion => 428,
        }
    }
}

impl Outcome {
    /// Returns the manifest's `status_code`.
    pub fn status_code(&self) -> u16 {
        match self {
            Outcome::Install { .. } => 200,
            Outcome::Have(_) => 304,
            Outcome::Waiting { .. } => 503,
            Outcome::Refused(refusal) => refusal.status_code(),
        }
    }

    /// Returns the release that is delivered, awaited or installed, if any.
    pub fn release(&self) -> Option<&Arc<Release>> {
        match self {
            Outcome::Install { release, .. } | Outcome::Waiting { release, .. } | Outcome::Have(release) => {
                Some(release)
            }
            Outcome::Refused(_) => None,
        }
    }
}

impl Decision {
    /// Limits the decision's validity to this moment, or an earlier one that it already has.
    pub fn until(mut self, moment: Timestamp) -> Decision {
        self.changes_at = Some(self.changes_at.map_or(moment, |before| before.min(moment)));
        self
    }

    /// Returns the seconds after which a device should ask again for releases in cold storage, if there are any.
    pub fn retry_after(&self) -> Option<u64> {
        let waiting = self.entries.iter().filter_map(|entry| match entry.outcome {
            Outcome::Waiting { retry_after, .. } => Some(retry_after),
            _ => None,
        });
        waiting.min()
    }

    /// Returns the releases in this decision's package.
    pub fn delivered(&self) -> impl Iterator<Item = (&ComponentName, &Arc<Release>)> {
        self.entries.iter().filter_map(|entry| match &entry.outcome {
            Outcome::Install { release, .. } => Some((&entry.component, release)),
            _ => None,
        })
    }

    /// Returns true if no requested component is published.
    pub fn finds_nothing(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.outcome, Outcome::Refused(Refusal::Absent)))
    }

    /// Returns true if the device already has everything it asks for.
    pub fn has_everything(&self) -> bool {
        !self.entries.is_empty() && self.entries.iter().all(|entry| matches!(entry.outcome, Outcome::Have(_)))
    }
}
