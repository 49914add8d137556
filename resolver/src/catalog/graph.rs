use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::{Release, heap};
use crate::words::{FactName, Md5, PublicKey, VersionRange};

/// Steps that a component's releases allow between each other, for any device. A release is identified by its index in
/// the order of versions.
///
/// The graph is computed once when a component is read, so that a decision among hundreds of releases only compares
/// numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// For each release, its rank: the index of the first release with an equal version.
    pub(crate) rank: Vec<usize>,
    /// Releases that may be delivered to devices that meet their requirements.
    pub(crate) offered: FixedBitSet,
    /// Releases that are barriers, in ascending order.
    pub(crate) barriers: Vec<usize>,
    /// Releases that require facts.
    pub(crate) conditional: Vec<usize>,
    /// For each release, the releases in its `from` range.
    pub(crate) from: Vec<Range<usize>>,
    /// For each release, the lowest rank that may be installed over it.
    pub(crate) floor: Vec<usize>,
    /// For each release, the index into `trusting` of its signer, or of the entry for unsigned releases.
    pub(crate) signer: Vec<usize>,
    /// For each signer, and for no signer, the releases that accept what it signed.
    pub(crate) trusting: Vec<FixedBitSet>,
    /// Whether any release verifies signatures.
    pub(crate) verifies: bool,
    /// Facts that some release requires.
    pub(crate) facts: BTreeSet<FactName>,
    /// For each digest, in ascending order, the release that a device with that digest is assumed to run.
    by_digest: Vec<(Md5, usize)>,
}

impl Graph {
    /// Computes the graph of releases that are in the order of their versions.
    pub(super) fn new(releases: &[Arc<Release>]) -> Graph {
        let indices = |holds: &dyn Fn(&Release) -> bool| -> Vec<usize> {
            (0..releases.len()).filter(|index| holds(&releases[*index])).collect()
        };
        let set = |holds: &dyn Fn(&Release) -> bool| {
            let mut set = FixedBitSet::with_capacity(releases.len());
            set.extend(indices(holds));
            set
        };
        let mut rank: Vec<usize> = Vec::with_capacity(releases.len());
        for (index, release) in releases.iter().enumerate() {
            let same = index > 0 && release.version.is_same(&releases[index - 1].version);
            rank.push(if same { rank[index - 1] } else { index });
        }
        let floor = |index: usize, release: &Release| match &release.floor {
            Some(floor) => releases.partition_point(|one| one.version.precedence(floor).is_lt()).min(rank[index]),
            None => 0,
        };
        let trusting = |key: Option<&PublicKey>| {
            set(&|release| release.trusts.is_empty() || key.is_some_and(|key| release.trusts.contains(key)))
        };
        let keys: BTreeSet<Option<&PublicKey>> = releases.iter().map(|release| release.key()).collect();
        let numbers: BTreeMap<Option<&PublicKey>, usize> = keys.iter().copied().zip(0..).collect();
        Graph {
            offered: set(&Release::is_offered),
            barriers: indices(&Release::is_barrier),
            conditional: indices(&|release| !release.requires.is_empty()),
            from: releases.iter().map(|release| admitted(releases, release.from.as_ref())).collect(),
            floor: releases.iter().enumerate().map(|(index, release)| floor(index, release)).collect(),
            signer: releases.iter().map(|release| numbers[&release.key()]).collect(),
            trusting: keys.into_iter().map(trusting).collect(),
            verifies: releases.iter().any(|release| !release.trusts.is_empty()),
            facts: releases.iter().flat_map(|release| &release.requires).map(|one| one.fact().clone()).collect(),
            by_digest: by_digest(releases),
            rank,
        }
    }

    /// Returns the release that a device with these bytes is assumed to run: of all releases with them, the oldest that
    /// was not withdrawn, else the oldest. `check` proves that decisions for that release are right for the others too.
    pub(crate) fn release_of(&self, digest: &Md5) -> Option<usize> {
        let at = self.by_digest.binary_search_by_key(digest, |(digest, _)| *digest).ok()?;
        Some(self.by_digest[at].1)
    }

    /// Estimates the heap memory of the graph, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        let numbers = [&self.rank, &self.barriers, &self.conditional, &self.floor, &self.signer];
        let set = size_of::<FixedBitSet>() + heap::vector(self.rank.len().div_ceil(8), 1);
        numbers.iter().map(|numbers| heap::vector(numbers.len(), size_of::<usize>())).sum::<usize>()
            + heap::vector(self.by_digest.len(), size_of::<(Md5, usize)>())
            + heap::vector(self.from.len(), size_of::<Range<usize>>())
            + (1 + self.trusting.len()) * set
            + heap::tree(self.facts.len(), size_of::<FactName>())
            + self.facts.iter().map(|fact| heap::text(fact.as_str())).sum::<usize>()
    }

    /// Returns the facts that some release requires; no other fact changes a decision.
    pub fn facts(&self) -> &BTreeSet<FactName> {
        &self.facts
    }
}

fn by_digest(releases: &[Arc<Release>]) -> Vec<(Md5, usize)> {
    let mut by_digest: Vec<(Md5, usize)> =
        releases.iter().enumerate().map(|(index, release)| (release.artifact.md5, index)).collect();
    by_digest.sort_by_key(|(digest, index)| (*digest, releases[*index].withdrawn.is_some(), *index));
    by_digest.dedup_by_key(|(digest, _)| *digest);
    by_digest.shrink_to_fit();
    by_digest
}

/// Returns the releases whose versions lie in a range.
fn admitted(releases: &[Arc<Release>], range: Option<&VersionRange>) -> Range<usize> {
    let Some(range) = range else { return 0..releases.len() };
    let first = releases.partition_point(|release| range.is_above(&release.version));
    let end = releases.partition_point(|release| !range.is_below(&release.version));
    first..end.max(first)
}
