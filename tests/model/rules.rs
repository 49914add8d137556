//! What a single step meets, rule by rule, read from flat records. Nothing is shared with the resolver, nothing is
//! looked up, and versions are compared by hand.

use crate::draw::Shipped;
use crate::versions::rank;

/// A component on a channel, as a device with some facts sees it.
#[derive(Debug, Clone)]
pub(crate) struct World<'a> {
    pub(crate) releases: Vec<&'a Shipped>,
    pub(crate) allow_downgrade: bool,
    /// What the device says, with names and values in lower case; `None` if every requirement is met anyway.
    pub(crate) facts: Option<Vec<(String, String)>>,
}

/// Where a device stands: on a version, which is a release or was never published.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stand<'a> {
    pub(crate) version: &'a str,
    pub(crate) release: Option<&'a Shipped>,
}

/// What a release can be closed by, and what a step can be stopped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    Withdrawn,
    Trap,
    UnsaidFact,
    OtherFact,
    DeadEnd,
    Floor,
    Down,
    Barrier,
    From,
    Key,
    Unsigned,
    UnknownTrust,
}

impl<'a> World<'a> {
    /// What the device says it runs; of the releases that are this version, the one spelled so, or the first.
    pub(crate) fn said<'b>(&self, version: &'b str) -> Stand<'b>
    where
        'a: 'b,
    {
        let spelled = self.releases.iter().find(|release| release.version == version);
        let mut same: Vec<_> = self.releases.iter().filter(|one| rank(&one.version) == rank(version)).collect();
        same.sort_by_key(|release| &release.version);
        match spelled.or(same.first().copied()) {
            Some(release) => Stand::on(release),
            None => Stand { version, release: None },
        }
    }

    /// Why a release is not handed to this device at all.
    pub(crate) fn closed(&self, release: &Shipped) -> Option<Rule> {
        if release.withdrawn {
            return Some(Rule::Withdrawn);
        }
        if release.dead_end {
            return Some(Rule::Trap);
        }
        self.unmet(release).first().copied()
    }

    /// What is wrong with each requirement that is not met.
    pub(crate) fn unmet(&self, release: &Shipped) -> Vec<Rule> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let mut unmet = Vec::new();
        for (_, fact, values) in &release.requires {
            match facts.iter().find(|(name, _)| name == fact) {
                None => unmet.push(Rule::UnsaidFact),
                Some((_, said)) if !values.contains(&said.as_str()) => unmet.push(Rule::OtherFact),
                Some(_) => {}
            }
        }
        unmet
    }

    /// The first rule that a step breaks, whether or not the release it leads to is closed.
    pub(crate) fn stopped(&self, at: Stand<'_>, to: &Shipped) -> Option<Rule> {
        let (here, there) = (rank(at.version), rank(&to.version));
        if at.release.is_some_and(|release| release.dead_end) {
            return Some(Rule::DeadEnd);
        }
        if let Some(floor) = at.release.and_then(|release| release.floor)
            && there < rank(floor).min(here)
        {
            return Some(Rule::Floor);
        }
        if there < here && !self.allow_downgrade {
            return Some(Rule::Down);
        }
        for release in &self.releases {
            if self.bars(release) && here < rank(&release.version) && rank(&release.version) < there {
                return Some(Rule::Barrier);
            }
        }
        if to.from.iter().any(|(operator, bound)| !holds(here, operator, rank(bound))) {
            return Some(Rule::From);
        }
        match (at.release, to.key) {
            (None, _) if self.releases.iter().any(|release| !release.trusts.is_empty()) => Some(Rule::UnknownTrust),
            (None, _) => None,
            (Some(release), _) if release.trusts.is_empty() => None,
            (Some(_), None) => Some(Rule::Unsigned),
            (Some(release), Some(key)) if !release.trusts.contains(&key) => Some(Rule::Key),
            (Some(_), Some(_)) => None,
        }
    }

    /// Older devices of this kind must install it first.
    fn bars(&self, release: &Shipped) -> bool {
        let replaced = release.withdrawn && release.superseded_by.is_some();
        release.barrier && !replaced && !self.unmet(release).contains(&Rule::OtherFact)
    }
}

impl<'a> Stand<'a> {
    pub(crate) fn on(release: &'a Shipped) -> Stand<'a> {
        Stand { version: &release.version, release: Some(release) }
    }
}

fn holds(version: usize, operator: &str, bound: usize) -> bool {
    match operator {
        ">=" => version >= bound,
        ">" => version > bound,
        "<=" => version <= bound,
        "<" => version < bound,
        _ => version == bound,
    }
}
