use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::{Release, heap};
use crate::words::{FactName, Md5, PublicKey, VersionRange};

/// What follows from a component's releases about the paths between them, whoever asks. A release is named by its
/// index in the order of versions.
///
/// It is made once when a component is read, so that a decision among hundreds of releases only compares numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// For each release, the first of those that are the same version: its rank.
    pub(crate) rank: Vec<usize>,
    /// Those that may be handed to devices, if their requirements are met.
    pub(crate) offered: FixedBitSet,
    /// Those that bar, rising.
    pub(crate) barriers: Vec<usize>,
    /// Those that require facts.
    pub(crate) conditional: Vec<usize>,
    /// For each release, those it may be installed over as far as its range says.
    pub(crate) from: Vec<Range<usize>>,
    /// For each release, the least rank that may be installed over it.
    pub(crate) floor: Vec<usize>,
    /// For each release, which of the `takers` accept it: those of the key that signed it, or of no key.
    pub(crate) signer: Vec<usize>,
    /// For each key that signed something, and for none, the releases that accept what it signed.
    pub(crate) takers: Vec<FixedBitSet>,
    /// Some release verifies signatures.
    pub(crate) verifies: bool,
    /// The facts that releases require.
    pub(crate) facts: BTreeSet<FactName>,
    /// For each digest, rising, the release that a device is taken to run of which no more is known.
    stands: Vec<(Md5, usize)>,
}

impl Graph {
    /// The graph of releases in the order of their versions.
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
        let takers = |key: Option<&PublicKey>| {
            set(&|release| release.trusts.is_empty() || key.is_some_and(|key| release.trusts.contains(key)))
        };
        let keys: BTreeSet<Option<&PublicKey>> = releases.iter().map(|release| release.key()).collect();
        let numbers: BTreeMap<Option<&PublicKey>, usize> = keys.iter().copied().zip(0..).collect();
        Graph {
            offered: set(&Release::is_offered),
            barriers: indices(&Release::bars),
            conditional: indices(&|release| !release.requires.is_empty()),
            from: releases.iter().map(|release| admitted(releases, release.from.as_ref())).collect(),
            floor: releases.iter().enumerate().map(|(index, release)| floor(index, release)).collect(),
            signer: releases.iter().map(|release| numbers[&release.key()]).collect(),
            takers: keys.into_iter().map(takers).collect(),
            verifies: releases.iter().any(|release| !release.trusts.is_empty()),
            facts: releases.iter().flat_map(|release| &release.requires).map(|one| one.fact().clone()).collect(),
            stands: stands(releases),
            rank,
        }
    }

    /// The release that a device with these bytes is taken to run: of all that have them the oldest that was not
    /// withdrawn, else the oldest. What is right for that one is proven to be right for the others (`check`).
    pub(crate) fn stand(&self, digest: &Md5) -> Option<usize> {
        let at = self.stands.binary_search_by_key(digest, |(digest, _)| *digest).ok()?;
        Some(self.stands[at].1)
    }

    /// An estimate of the memory that it points at, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        let numbers = [&self.rank, &self.barriers, &self.conditional, &self.floor, &self.signer];
        let set = size_of::<FixedBitSet>() + heap::vector(self.rank.len().div_ceil(8), 1);
        numbers.iter().map(|numbers| heap::vector(numbers.len(), size_of::<usize>())).sum::<usize>()
            + heap::vector(self.stands.len(), size_of::<(Md5, usize)>())
            + heap::vector(self.from.len(), size_of::<Range<usize>>())
            + (1 + self.takers.len()) * set
            + heap::tree(self.facts.len(), size_of::<FactName>())
            + self.facts.iter().map(|fact| heap::text(fact.as_str())).sum::<usize>()
    }

    /// The facts that some release requires: no other fact changes what a device gets.
    pub fn facts(&self) -> &BTreeSet<FactName> {
        &self.facts
    }
}

fn stands(releases: &[Arc<Release>]) -> Vec<(Md5, usize)> {
    let mut stands: Vec<(Md5, usize)> =
        releases.iter().enumerate().map(|(index, release)| (release.artifact.md5, index)).collect();
    stands.sort_by_key(|(digest, index)| (*digest, releases[*index].withdrawn.is_some(), *index));
    stands.dedup_by_key(|(digest, _)| *digest);
    stands.shrink_to_fit();
    stands
}

/// The stretch of releases that lies in a range.
fn admitted(releases: &[Arc<Release>], range: Option<&VersionRange>) -> Range<usize> {
    let Some(range) = range else { return 0..releases.len() };
    let first = releases.partition_point(|release| range.is_above(&release.version));
    let end = releases.partition_point(|release| !range.is_below(&release.version));
    first..end.max(first)
}
