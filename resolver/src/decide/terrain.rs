use std::collections::BTreeMap;
use std::ops::Range;

use fixedbitset::FixedBitSet;

use super::installed::Place;
use super::obstacle::Obstacle;
use crate::catalog::{Channel, Component, Graph, Met, Release};
use crate::words::{FactName, FactValue, Version};

/// A component's releases as a device with these facts meets them on a channel: which are offered, which bar.
///
/// A release whose requirements the facts contradict does not exist for this device. One about whose facts the device
/// said nothing is not offered, but bars: it may be this device's barrier.
pub(crate) struct Terrain<'a> {
    pub(crate) component: &'a Component,
    pub(crate) graph: &'a Graph,
    pub(crate) allow_downgrade: bool,
    channel: &'a Channel,
    facts: &'a BTreeMap<FactName, FactValue>,
    pub(crate) offered: FixedBitSet,
    barriers: Vec<usize>,
}

impl<'a> Terrain<'a> {
    pub(crate) fn new(
        component: &'a Component,
        channel: &'a Channel,
        facts: &'a BTreeMap<FactName, FactValue>,
    ) -> Self {
        let mut terrain = Terrain::of_any_device(component, channel, facts);
        for index in &terrain.graph.conditional {
            match terrain.met(*index) {
                Met::Yes => {}
                Met::Unsaid => terrain.offered.set(*index, false),
                Met::No => {
                    terrain.offered.set(*index, false);
                    terrain.barriers.retain(|barrier| barrier != index);
                }
            }
        }
        terrain
    }

    /// The same, as if every requirement were met.
    pub(crate) fn with_any_facts(&self) -> Self {
        Terrain::of_any_device(self.component, self.channel, self.facts)
    }

    fn of_any_device(component: &'a Component, channel: &'a Channel, facts: &'a BTreeMap<FactName, FactValue>) -> Self {
        let graph = component.graph();
        let (offered, barriers) = (graph.offered.clone(), graph.barriers.clone());
        Terrain { component, graph, allow_downgrade: channel.allow_downgrade, channel, facts, offered, barriers }
    }

    pub(crate) fn release(&self, index: usize) -> &'a Release {
        &self.component.releases()[index]
    }

    /// Whether the device's facts meet all that a release requires. A contradiction counts more than silence.
    fn met(&self, index: usize) -> Met {
        let mets = self.release(index).requires.iter().map(|requirement| requirement.met(self.facts));
        mets.fold(Met::Yes, |sum, met| match (sum, met) {
            (Met::No, _) | (_, Met::No) => Met::No,
            (Met::Unsaid, _) | (_, Met::Unsaid) => Met::Unsaid,
            (Met::Yes, Met::Yes) => Met::Yes,
        })
    }

    /// Why this release is not handed to this device, from wherever it comes.
    pub(crate) fn closed(&self, to: usize) -> Option<Obstacle<'a>> {
        let Release { version, withdrawn, dead_end, .. } = self.release(to);
        if let Some(withdrawal) = withdrawn {
            return Some(Obstacle::Withdrawn { to: version, reason: &withdrawal.reason });
        }
        if let Some(reason) = dead_end {
            return Some(Obstacle::Trap { to: version, reason });
        }
        self.unmet(to)
    }

    /// The first requirement of a release that the device's facts do not meet.
    pub(crate) fn unmet(&self, to: usize) -> Option<Obstacle<'a>> {
        let Release { version, requires, .. } = self.release(to);
        let unmet = requires.iter().find(|requirement| requirement.met(self.facts) != Met::Yes)?;
        Some(Obstacle::Fact { to: version, requirement: unmet, said: self.facts.get(unmet.fact()) })
    }

    /// What a step from a place to a release meets, whether or not the release is [closed](Self::closed). `None` if it
    /// is allowed.
    pub(crate) fn obstacle(&self, place: Place<'a>, to: usize) -> Option<Obstacle<'a>> {
        let rank = self.graph.rank[to];
        let target = self.release(to);
        let (at, down) = match place {
            Place::Release(index) => {
                let release = self.release(index);
                if let Some(reason) = &release.dead_end {
                    return Some(Obstacle::DeadEnd { at: &release.version, reason });
                }
                if rank < self.graph.floor[index] {
                    return Some(Obstacle::Floor { at: &release.version, to: &target.version });
                }
                (&release.version, rank < self.graph.rank[index])
            }
            Place::Unpublished(version, next) => (version, rank < next),
        };
        if down && !self.allow_downgrade {
            return Some(Obstacle::Down { at, to: &target.version });
        }
        if !down
            && let Some(index) = self.barrier_ahead(place)
            && self.graph.rank[index] < rank
        {
            return Some(Obstacle::Barrier { index, barrier: self.release(index), to: &target.version });
        }
        let admitted = match place {
            Place::Release(index) => self.graph.from[to].contains(&index),
            Place::Unpublished(version, _) => target.from.as_ref().is_none_or(|range| range.contains(version)),
        };
        if !admitted {
            return Some(Obstacle::From { at, to: target });
        }
        self.distrust(place, at, target)
    }

    /// What the installed release has against whoever signed another.
    pub(crate) fn distrust(&self, place: Place<'a>, at: &'a Version, to: &'a Release) -> Option<Obstacle<'a>> {
        match (place, to.key()) {
            (Place::Unpublished(..), _) => self.graph.verifies.then_some(Obstacle::UnknownTrust { at }),
            (Place::Release(index), _) if self.release(index).trusts.is_empty() => None,
            (Place::Release(index), Some(key)) => {
                let trusted = self.release(index).trusts.contains(key);
                (!trusted).then(|| Obstacle::Key { at, to: &to.version, key: key.id() })
            }
            (Place::Release(_), None) => Some(Obstacle::Unsigned { at, to: &to.version }),
        }
    }

    /// The lowest rank from which a step up to this release jumps no barrier.
    pub(crate) fn last_barrier_below(&self, to: usize) -> usize {
        let rank = self.graph.rank[to];
        let below = self.barriers.partition_point(|barrier| self.graph.rank[*barrier] < rank);
        below.checked_sub(1).map_or(0, |last| self.graph.rank[self.barriers[last]])
    }

    /// The first barrier ahead of a place. One of the very version that is installed does not lie ahead.
    pub(crate) fn barrier_ahead(&self, place: Place<'_>) -> Option<usize> {
        let rank = &self.graph.rank;
        let ahead = match place {
            Place::Release(index) => self.barriers.partition_point(|barrier| rank[*barrier] <= rank[index]),
            Place::Unpublished(_, next) => self.barriers.partition_point(|barrier| *barrier < next),
        };
        self.barriers.get(ahead).copied()
    }

    /// The releases of the same version as this one.
    pub(crate) fn same(&self, index: usize) -> Range<usize> {
        let rank = &self.graph.rank;
        rank[index]..rank.partition_point(|one| *one <= rank[index])
    }
}
