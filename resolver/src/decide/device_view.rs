use std::collections::BTreeMap;
use std::ops::Range;

use fixedbitset::FixedBitSet;

use super::installed::Position;
use super::obstacle::Obstacle;
use crate::catalog::{Channel, Component, Graph, Match, Release};
use crate::words::{FactName, FactValue, Version};

/// A component's releases as they apply to devices with certain facts on a channel: which are offered, which are
/// barriers.
///
/// A release whose requirements the facts contradict does not exist for such a device. A release that requires a fact
/// which the device did not report is not offered, but remains a barrier.
pub(crate) struct DeviceView<'a> {
    pub(crate) component: &'a Component,
    pub(crate) graph: &'a Graph,
    pub(crate) allow_downgrade: bool,
    channel: &'a Channel,
    facts: &'a BTreeMap<FactName, FactValue>,
    pub(crate) offered: FixedBitSet,
    barriers: Vec<usize>,
}

impl<'a> DeviceView<'a> {
    pub(crate) fn new(
        component: &'a Component,
        channel: &'a Channel,
        facts: &'a BTreeMap<FactName, FactValue>,
    ) -> Self {
        let mut view = DeviceView::of_any_device(component, channel, facts);
        for index in &view.graph.conditional {
            match view.requirements_met(*index) {
                Match::Yes => {}
                Match::Unknown => view.offered.set(*index, false),
                Match::No => {
                    view.offered.set(*index, false);
                    view.barriers.retain(|barrier| barrier != index);
                }
            }
        }
        view
    }

    /// Returns the view of a device that meets every requirement.
    pub(crate) fn with_any_facts(&self) -> Self {
        DeviceView::of_any_device(self.component, self.channel, self.facts)
    }

    fn of_any_device(component: &'a Component, channel: &'a Channel, facts: &'a BTreeMap<FactName, FactValue>) -> Self {
        let graph = component.graph();
        let (offered, barriers) = (graph.offered.clone(), graph.barriers.clone());
        DeviceView { component, graph, allow_downgrade: channel.allow_downgrade, channel, facts, offered, barriers }
    }

    pub(crate) fn release(&self, index: usize) -> &'a Release {
        &self.component.releases()[index]
    }

    /// Tests all requirements of a release. A contradiction outweighs an unknown fact.
    fn requirements_met(&self, index: usize) -> Match {
        let mets = self.release(index).requires.iter().map(|requirement| requirement.evaluate(self.facts));
        mets.fold(Match::Yes, |sum, met| match (sum, met) {
            (Match::No, _) | (_, Match::No) => Match::No,
            (Match::Unknown, _) | (_, Match::Unknown) => Match::Unknown,
            (Match::Yes, Match::Yes) => Match::Yes,
        })
    }

    /// Returns the reason for which this release is not given to this device, whatever it runs.
    pub(crate) fn closed(&self, to: usize) -> Option<Obstacle<'a>> {
        let Release { version, withdrawn, dead_end, .. } = self.release(to);
        if let Some(withdrawal) = withdrawn {
            return Some(Obstacle::Withdrawn { to: version, reason: &withdrawal.reason });
        }
        if let Some(reason) = dead_end {
            return Some(Obstacle::ToDeadEnd { to: version, reason });
        }
        self.unmet(to)
    }

    /// Returns the first requirement of a release that the device's facts do not meet.
    pub(crate) fn unmet(&self, to: usize) -> Option<Obstacle<'a>> {
        let Release { version, requires, .. } = self.release(to);
        let unmet = requires.iter().find(|requirement| requirement.evaluate(self.facts) != Match::Yes)?;
        Some(Obstacle::Fact { to: version, requirement: unmet, reported: self.facts.get(unmet.fact()) })
    }

    /// Returns the obstacle to a step from a position to a release, whether or not the release is
    /// [closed](Self::closed). `None` if the step is allowed.
    pub(crate) fn obstacle(&self, position: Position<'a>, to: usize) -> Option<Obstacle<'a>> {
        let rank = self.graph.rank[to];
        let target = self.release(to);
        let (at, down) = match position {
            Position::Release(index) => {
                let release = self.release(index);
                if let Some(reason) = &release.dead_end {
                    return Some(Obstacle::FromDeadEnd { at: &release.version, reason });
                }
                if rank < self.graph.floor[index] {
                    return Some(Obstacle::Floor { at: &release.version, to: &target.version });
                }
                (&release.version, rank < self.graph.rank[index])
            }
            Position::Unpublished(version, next) => (version, rank < next),
        };
        if down && !self.allow_downgrade {
            return Some(Obstacle::Down { at, to: &target.version });
        }
        if !down
            && let Some(index) = self.barrier_ahead(position)
            && self.graph.rank[index] < rank
        {
            return Some(Obstacle::Barrier { index, barrier: self.release(index), to: &target.version });
        }
        let admitted = match position {
            Position::Release(index) => self.graph.from[to].contains(&index),
            Position::Unpublished(version, _) => target.from.as_ref().is_none_or(|range| range.contains(version)),
        };
        if !admitted {
            return Some(Obstacle::From { at, to: target });
        }
        self.distrust(position, at, target)
    }

    /// Returns the obstacle if the installed version does not accept a release's signature.
    pub(crate) fn distrust(&self, position: Position<'a>, at: &'a Version, to: &'a Release) -> Option<Obstacle<'a>> {
        match (position, to.key()) {
            (Position::Unpublished(..), _) => self.graph.verifies.then_some(Obstacle::UnknownTrust { at }),
            (Position::Release(index), _) if self.release(index).trusts.is_empty() => None,
            (Position::Release(index), Some(key)) => {
                let trusted = self.release(index).trusts.contains(key);
                (!trusted).then(|| Obstacle::Key { at, to: &to.version, key: key.id() })
            }
            (Position::Release(_), None) => Some(Obstacle::Unsigned { at, to: &to.version }),
        }
    }

    /// Returns the lowest rank from which a step up to this release crosses no barrier.
    pub(crate) fn last_barrier_below(&self, to: usize) -> usize {
        let rank = self.graph.rank[to];
        let below = self.barriers.partition_point(|barrier| self.graph.rank[*barrier] < rank);
        below.checked_sub(1).map_or(0, |last| self.graph.rank[self.barriers[last]])
    }

    /// Returns the first barrier above a position, not counting the installed version itself.
    pub(crate) fn barrier_ahead(&self, position: Position<'_>) -> Option<usize> {
        let rank = &self.graph.rank;
        let ahead = match position {
            Position::Release(index) => self.barriers.partition_point(|barrier| rank[*barrier] <= rank[index]),
            Position::Unpublished(_, next) => self.barriers.partition_point(|barrier| *barrier < next),
        };
        self.barriers.get(ahead).copied()
    }

    /// Returns the releases whose versions equal this one's.
    pub(crate) fn same(&self, index: usize) -> Range<usize> {
        let rank = &self.graph.rank;
        rank[index]..rank.partition_point(|one| *one <= rank[index])
    }
}
