use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Artifact, Requirement, Signature, Statement, heap};
use crate::words::{MAX_VERSION_BYTES, Notes, PublicKey, Reason, Timestamp, Version, VersionRange};

/// One version of one component: its bytes, and between which releases it may stand. Its bytes never change once
/// published; what constrains it may be added to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The version in its published spelling.
    pub version: Version,
    /// The bytes.
    pub artifact: Artifact,
    /// When it was published.
    pub published: Timestamp,
    /// Who vouches for the bytes; `None` if nobody signed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// The keys whose signatures this release, once installed, accepts. Empty if it verifies nothing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub trusts: BTreeSet<PublicKey>,
    /// The facts it takes to be installed, all of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub requires: BTreeSet<Requirement>,
    /// The versions it may be installed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<VersionRange>,
    /// Older devices must install it before anything newer, for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barrier: Option<Reason>,
    /// Nothing leads on from it, for this reason; it is never offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_end: Option<Reason>,
    /// The oldest version that may ever be installed over it, whatever a channel allows. Above the release itself it
    /// means the release itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Version>,
    /// It was withdrawn: it is never offered again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
    /// What the publisher says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
    /// Why it was published or changed although devices would be stranded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<Reason>,
}

/// A release taken back. Devices that run it still find a way on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Why.
    pub reason: Reason,
    /// When.
    pub at: Timestamp,
    /// The later barrier that does this one's duty. Without it, a barrier that was withdrawn still bars: what it was
    /// there for has not gone away with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<Version>,
}

impl Release {
    /// A release without signature and constraints.
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

    /// It may be handed to devices.
    pub fn is_offered(&self) -> bool {
        self.withdrawn.is_none() && self.dead_end.is_none()
    }

    /// Older devices must pass through it.
    pub fn bars(&self) -> bool {
        let superseded = self.withdrawn.as_ref().is_some_and(|withdrawal| withdrawal.superseded_by.is_some());
        self.barrier.is_some() && !superseded
    }

    /// The oldest version that its signer lets it replace, if its range lets it replace older ones.
    pub fn below_minimum(&self) -> Option<Version> {
        let minimum = self.statement()?.minimum?;
        let reaches = self.from.as_ref().is_none_or(|from| from.reaches_below(&minimum));
        reaches.then_some(minimum)
    }

    /// Returns the statement of the release's signer.
    pub fn statement(&self) -> Option<Statement> {
        self.signature.as_ref()?.minisig.statement().ok()
    }

    /// An estimate of the memory that it takes, in bytes.
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

    /// The key that signed it.
    pub fn key(&self) -> Option<&PublicKey> {
        self.signature.as_ref().map(|signature| &signature.key)
    }
}
