use std::sync::Arc;

use super::obstacle::Obstacle;
use crate::catalog::Release;
use crate::words::{ComponentName, Timestamp, Version};

/// What a device gets, component by component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// One entry a component, in the order of their keys; none of a name that may be no component's.
    pub entries: Vec<Entry>,
    /// The next moment at which the same question gets another answer without anybody publishing; no cache may keep
    /// this answer longer.
    pub changes_at: Option<Timestamp>,
}

/// One component's part of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The component, in its published spelling.
    pub component: ComponentName,
    /// The release that the channel points at; `None` if there is no such channel.
    pub target: Option<Version>,
    /// What this answer does about it.
    pub outcome: Outcome,
    /// Why, in one line that a technician understands.
    pub reason: String,
}

/// What an answer does about one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Deliver this release: the next hop.
    Install {
        /// What is delivered.
        release: Arc<Release>,
        /// Hops left after this one.
        hops_remaining: u32,
    },
    /// This release is the next hop, but its bytes are in cold storage: ask again.
    Waiting {
        /// What will be delivered.
        release: Arc<Release>,
        /// Hops left after this one.
        hops_remaining: u32,
        /// In how many seconds it is worth asking again.
        retry_after: u64,
    },
    /// The device has this release, the target, already.
    Have(Arc<Release>),
    /// Nothing can be delivered.
    Refused(Refusal),
}

/// Why nothing of a component can be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The component, or its channel, is not published.
    Absent,
    /// The channel points at a release that cannot be delivered any more.
    Withdrawn,
    /// No safe path leads from what is installed to the target.
    NoPath,
    /// A release on the way requires a fact that the device did not say, or has otherwise.
    Fact,
    /// The device did not say what it runs, and the target has constraints.
    Unsaid,
}

impl Refusal {
    /// What it means that a channel's target is closed to a device.
    pub(super) fn of(obstacle: &Obstacle<'_>) -> Refusal {
        match obstacle {
            Obstacle::Withdrawn { .. } => Refusal::Withdrawn,
            Obstacle::Fact { .. } => Refusal::Fact,
            _ => Refusal::NoPath,
        }
    }

    /// The manifest's `status_code`: 404, 409, 412 or 428 (RFC 9110 section 15.5, RFC 6585 section 3).
    pub fn status_code(self) -> u16 {
        match self {
            Refusal::Absent | Refusal::Withdrawn => 404,
            Refusal::NoPath => 409,
            Refusal::Fact => 412,
            Refusal::Unsaid => 428,
        }
    }
}

impl Outcome {
    /// The manifest's `status_code`.
    pub fn status_code(&self) -> u16 {
        match self {
            Outcome::Install { .. } => 200,
            Outcome::Have(_) => 304,
            Outcome::Waiting { .. } => 503,
            Outcome::Refused(refusal) => refusal.status_code(),
        }
    }

    /// The release this is about, if there is one.
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
    /// The same decision, which some part of it ends at this moment if nothing does before.
    pub fn until(mut self, moment: Timestamp) -> Decision {
        self.changes_at = Some(self.changes_at.map_or(moment, |before| before.min(moment)));
        self
    }

    /// In how many seconds it is worth asking again for what is in cold storage, if anything is.
    pub fn retry_after(&self) -> Option<u64> {
        let waiting = self.entries.iter().filter_map(|entry| match entry.outcome {
            Outcome::Waiting { retry_after, .. } => Some(retry_after),
            _ => None,
        });
        waiting.min()
    }

    /// The releases that a package of this decision carries.
    pub fn delivered(&self) -> impl Iterator<Item = (&ComponentName, &Arc<Release>)> {
        self.entries.iter().filter_map(|entry| match &entry.outcome {
            Outcome::Install { release, .. } => Some((&entry.component, release)),
            _ => None,
        })
    }

    /// Nothing that was asked for is published.
    pub fn finds_nothing(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.outcome, Outcome::Refused(Refusal::Absent)))
    }

    /// The device has everything it asked about.
    pub fn has_everything(&self) -> bool {
        !self.entries.is_empty() && self.entries.iter().all(|entry| matches!(entry.outcome, Outcome::Have(_)))
    }
}
