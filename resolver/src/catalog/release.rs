use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Artifact, Requirement, Signature, Statement, heap};
use crate::words::{MAX_VERSION_BYTES, Notes, PublicKey, Reason, Timestamp, Version, VersionRange};

/// One version of a component: its bytes, and the constraints on installing and replacing it. The bytes never change
/// once published; constraints may be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Version in its published spelling.
    pub version: Version,
    /// Bytes of the release.
    pub artifact: Artifact,
    /// Time at which the release was published.
    pub published: Timestamp,
    /// Signature of the bytes; `None` if they are not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// Keys whose signatures this release accepts once it is installed. Empty if it verifies no signatures.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub trusts: BTreeSet<PublicKey>,
    /// Requirements that a device's facts must meet, all of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub requires: BTreeSet<Requirement>,
    /// Versions that this release may be installed over; `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<VersionRange>,
    /// Reason for which the release is a barrier: older devices must install it before anything newer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barrier: Option<Reason>,
    /// Reason for which the release is a dead end: it cannot be replaced, and is never offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_end: Option<Reason>,
    /// Anti-rollback floor: the oldest version that may be installed over this release, whatever a channel allows. A floor
    /// above the release counts as the release's own version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Version>,
    /// Withdrawal of the release, after which it is never offered again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
    /// Publisher's notes about the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
    /// Operator's reason for publishing or changing the release although that strands devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<Reason>,
}

/// Withdrawal of a release. Devices that run it are still updated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Reason for the withdrawal.
    pub reason: Reason,
    /// Time of the withdrawal.
    pub at: Timestamp,
    /// Later barrier that replaces this one. Without it, a withdrawn barrier remains one, because the reason for it
    /// remains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<Version>,
}

impl Release {
    /// Creates a release without signature or constraints.
    pub fn new(version: Version, artifact: Artifact, published: Timestamp) -> Release {
        Release {
            version,
            artifact,
            published,
            signature: None,
            trusts: BTreeSet::new(),
            requires: BTreeSet::new(),
            from: None,
            barrier: None,
            dead_end: None,
            floor: None,
            withdrawn: None,
            notes: None,
            forced: None,
        }
    }

    /// Returns true if the release may be delivered: it is neither withdrawn nor a dead end.
    pub fn is_offered(&self) -> bool {
        self.withdrawn.is_none() && self.dead_end.is_none()
    }

    /// Returns true if older devices must install this release before anything newer.
    pub fn is_barrier(&self) -> bool {
        let superseded = self.withdrawn.as_ref().is_some_and(|withdrawal| withdrawal.superseded_by.is_some());
        self.barrier.is_some() && !superseded
    }

    /// Returns the oldest version that the signer lets this release replace, if its `from` range reaches below that.
    pub fn below_minimum(&self) -> Option<Version> {
        let minimum = self.statement()?.minimum?;
        let reaches = self.from.as_ref().is_none_or(|from| from.reaches_below(&minimum));
        reaches.then_some(minimum)
    }

    /// Returns the statement of the release's signer.
    pub fn statement(&self) -> Option<Statement> {
        self.signature.as_ref()?.minisig.statement().ok()
    }

    /// Estimates the memory that the release occupies, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        let reasons = [&self.barrier, &self.dead_end, &self.forced];
        let bounds = 2 * heap::vector(MAX_VERSION_BYTES, 1);
        let withdrawn = self.withdrawn.as_ref().map_or(0, |withdrawal| {
            heap::text(withdrawal.reason.as_str())
                + heap::optional(withdrawal.superseded_by.as_ref().map(Version::as_str))
        });
        size_of::<Release>()
            + heap::text(self.version.as_str())
            + self.signature.as_ref().map_or(0, |signature| heap::text(signature.minisig.as_str()))
            + heap::tree(self.trusts.len(), size_of::<PublicKey>())
            + heap::tree(self.requires.len(), size_of::<Requirement>())
            + self.requires.iter().map(Requirement::heap_bytes).sum::<usize>()
            + self.from.as_ref().map_or(0, |_| bounds)
            + reasons.into_iter().flatten().map(|reason| heap::text(reason.as_str())).sum::<usize>()
            + heap::optional(self.floor.as_ref().map(Version::as_str))
            + withdrawn
            + heap::optional(self.notes.as_ref().map(Notes::as_str))
    }

    /// Returns the key that signed the release.
    pub fn key(&self) -> Option<&PublicKey> {
        self.signature.as_ref().map(|signature| &signature.key)
    }
}
