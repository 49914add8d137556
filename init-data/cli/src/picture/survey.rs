use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use resolver::catalog::{Channel, Component, Components, Match, Release, Requirement};
use resolver::check::Facts;
use resolver::decide::{Outcome, decide};
use resolver::query::{Payload, Query};
use resolver::words::{ChannelName, ComponentName, FactName, KeyId, Reason, Timestamp, Version, VersionRange};
use serde::Serialize;

/// One component as devices with the same facts meet it: what every picture shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Survey {
    /// The component, in its published spelling.
    pub(crate) component: ComponentName,
    /// The facts of the devices.
    pub(crate) facts: Facts,
    /// The facts that releases require and that were not given.
    pub(crate) unsaid: BTreeSet<FactName>,
    /// Every release, in the order of versions: oldest first.
    pub(crate) releases: Vec<Node>,
    /// The channels looked at, in the order of their names.
    pub(crate) channels: Vec<Line>,
}

/// A release, and what constrains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Node {
    /// The version.
    pub(crate) version: Version,
    /// Why older devices must install it before anything newer.
    pub(crate) barrier: Option<Reason>,
    /// It is a barrier that does its duty for these devices: nothing took over from it, and their facts do not
    /// contradict what it requires.
    pub(crate) bars: bool,
    /// Why nothing leads on from it.
    pub(crate) dead_end: Option<Reason>,
    /// Why it was withdrawn.
    pub(crate) withdrawn: Option<Reason>,
    /// The later barrier that does its duty since it was withdrawn.
    pub(crate) superseded_by: Option<Version>,
    /// The key that signed it.
    pub(crate) signed_by: Option<KeyId>,
    /// The keys that it trusts once installed; none if it verifies nothing.
    pub(crate) trusts: BTreeSet<KeyId>,
    /// How those differ from what the release before it trusts.
    pub(crate) trust_change: Option<TrustChange>,
    /// What it is installed over.
    pub(crate) from: Option<VersionRange>,
    /// The oldest version that may be installed over it.
    pub(crate) floor: Option<Version>,
    /// The facts it takes.
    pub(crate) requires: BTreeSet<Requirement>,
}

/// Keys that are trusted from a release on, or not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TrustChange {
    /// Trusted from here on.
    pub(crate) added: BTreeSet<KeyId>,
    /// Not trusted any more.
    pub(crate) removed: BTreeSet<KeyId>,
}

/// A channel, and the next step towards its target from every release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// The channel.
    pub(crate) channel: ChannelName,
    /// The release it points at.
    pub(crate) target: Version,
    /// That release is published.
    pub(crate) published: bool,
    /// Newer devices go down to it.
    pub(crate) allow_downgrade: bool,
    /// What a device on each release is answered, in the order of [`Survey::releases`].
    pub(crate) steps: Vec<Step>,
}

/// What a device on one release is answered on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    /// The release that runs.
    pub(crate) installed: Version,
    /// The answer.
    #[serde(flatten)]
    pub(crate) next: Next,
    /// Why, in the words that the device gets.
    pub(crate) reason: String,
}

/// The answer to a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "next", rename_all = "snake_case")]
pub(crate) enum Next {
    /// The next hop.
    Install {
        /// The release that is delivered.
        version: Version,
        /// Hops left after this one.
        hops_remaining: u32,
    },
    /// It is on the target.
    Have,
    /// There is no next hop.
    Refused {
        /// What the manifest says.
        status_code: u16,
    },
}

/// Looks at a component through the resolver's eyes: every next hop is [`decide`]'s own answer to a device on that
/// release, so a picture cannot differ from what devices get.
///
/// `only` names the channels to look at; none of them means all.
pub(crate) fn survey(component: &Component, facts: &Facts, only: &BTreeSet<ChannelName>, now: Timestamp) -> Survey {
    let components = Components::from([(component.name.key(), Arc::new(component.clone()))]);
    let releases = component.releases();
    let before = |index: usize| index.checked_sub(1).map(|before| trusted(&releases[before])).unwrap_or_default();
    Survey {
        component: component.name.clone(),
        facts: facts.clone(),
        unsaid: component.graph().facts().iter().filter(|fact| !facts.contains_key(fact)).cloned().collect(),
        releases: releases.iter().enumerate().map(|(index, one)| Node::new(one, &before(index), facts)).collect(),
        channels: (component.channels.iter())
            .filter(|(name, _)| only.is_empty() || only.contains(name))
            .map(|(name, channel)| Line::new(name, channel, component, &components, facts, now))
            .collect(),
    }
}

impl Survey {
    /// Where a version stands among [`Self::releases`].
    pub(crate) fn position(&self, version: &Version) -> Option<usize> {
        self.releases.binary_search_by(|node| node.version.cmp(version)).ok()
    }

    /// The channels that point at a version, each with its place among [`Self::channels`].
    pub(crate) fn pointing_at(&self, version: &Version) -> impl Iterator<Item = (usize, &Line)> {
        self.channels.iter().enumerate().filter(move |(_, line)| line.target == *version)
    }

    /// The hops, from the oldest release on: from where, to where, on which channels by their place.
    pub(crate) fn hops(&self) -> BTreeMap<(usize, usize), Vec<usize>> {
        let mut hops = BTreeMap::<_, Vec<usize>>::new();
        for (channel, line) in self.channels.iter().enumerate() {
            for (from, step) in line.steps.iter().enumerate() {
                if let Next::Install { version, .. } = &step.next
                    && let Some(to) = self.position(version)
                {
                    hops.entry((from, to)).or_default().push(channel);
                }
            }
        }
        hops
    }
}

impl Node {
    fn new(release: &Release, before: &BTreeSet<KeyId>, facts: &Facts) -> Node {
        let trusts = trusted(release);
        let changed = trusts != *before;
        let trust_change = changed.then(|| TrustChange {
            added: trusts.difference(before).copied().collect(),
            removed: before.difference(&trusts).copied().collect(),
        });
        let contradicted = release.requires.iter().any(|requirement| requirement.evaluate(facts) == Match::No);
        let withdrawn = release.withdrawn.as_ref();
        Node {
            version: release.version.clone(),
            barrier: release.barrier.clone(),
            bars: release.is_barrier() && !contradicted,
            dead_end: release.dead_end.clone(),
            withdrawn: withdrawn.map(|withdrawal| withdrawal.reason.clone()),
            superseded_by: withdrawn.and_then(|withdrawal| withdrawal.superseded_by.clone()),
            signed_by: release.key().map(|key| key.id()),
            trusts,
            trust_change,
            from: release.from.clone(),
            floor: release.floor.clone(),
            requires: release.requires.clone(),
        }
    }
}

impl Line {
    fn new(
        name: &ChannelName,
        channel: &Channel,
        component: &Component,
        components: &Components,
        facts: &Facts,
        now: Timestamp,
    ) -> Line {
        let step = |release: &Arc<Release>| step(component, name, release, components, facts, now);
        Line {
            channel: name.clone(),
            target: channel.target.clone(),
            published: component.release(&channel.target).is_some(),
            allow_downgrade: channel.allow_downgrade,
            steps: component.releases().iter().map(step).collect(),
        }
    }
}

/// The resolver's answer to a device with these facts that runs a release and follows a channel.
fn step(
    component: &Component,
    channel: &ChannelName,
    installed: &Release,
    components: &Components,
    facts: &Facts,
    now: Timestamp,
) -> Step {
    let key = component.name.key();
    let query = Query {
        components: BTreeMap::from([(key.clone(), channel.clone())]),
        facts: facts.clone(),
        installed: BTreeMap::from([(key, installed.version.clone())]),
        payload: Payload::MetadataOnly,
        ..Query::default()
    };
    let entry = decide(&query, components, now).entries.into_iter().next();
    #[expect(clippy::expect_used, reason = "the component is asked for by its own key, on a channel that it has")]
    let entry = entry.expect("one entry for the one component");
    let next = match entry.outcome {
        Outcome::Install { release, hops_remaining } | Outcome::Waiting { release, hops_remaining, .. } => {
            Next::Install { version: release.version.clone(), hops_remaining }
        }
        Outcome::Have(_) => Next::Have,
        Outcome::Refused(refusal) => Next::Refused { status_code: refusal.status_code() },
    };
    Step { installed: installed.version.clone(), next, reason: entry.reason }
}

fn trusted(release: &Release) -> BTreeSet<KeyId> {
    release.trusts.iter().map(|key| key.id()).collect()
}

#[cfg(test)]
mod tests {
    use resolver::catalog::Edit;

    use super::super::samples::{hops, hostile, many, rotation, seen};
    use super::*;

    #[test]
    fn every_hop_is_the_resolvers() {
        for component in [rotation(), hostile(), many(60, 12)] {
            let survey = seen(&component);
            let drawn = survey.channels.iter().flat_map(|line| {
                line.steps.iter().filter_map(|step| match &step.next {
                    Next::Install { version, .. } => {
                        Some((line.channel.clone(), step.installed.clone(), version.clone()))
                    }
                    _ => None,
                })
            });
            assert_eq!(drawn.collect::<Vec<_>>(), hops(&component));
        }
    }

    #[test]
    fn facts_change_what_is_seen() {
        let rotation = rotation();
        let conditional = rotation.release(&"3.0".parse().unwrap()).unwrap();
        let barrier = Release { barrier: Some("keeps time".parse().unwrap()), ..Release::clone(conditional) };
        let rotation = rotation.edited(&Edit { releases: vec![barrier], ..Edit::default() });
        let seen = |facts: &[(&str, &str)], only: &[&str]| {
            let facts = facts.iter().map(|(fact, value)| (fact.parse().unwrap(), value.parse().unwrap()));
            let only = only.iter().map(|name| name.parse().unwrap());
            survey(&rotation, &facts.collect(), &only.collect(), Timestamp(0))
        };
        let silent = seen(&[], &["prod"]);
        assert_eq!(silent.channels.len(), 1);
        assert_eq!(silent.unsaid, BTreeSet::from(["hw.rev".parse().unwrap()]));
        let spoken = seen(&[("hw.rev", "3")], &[]);
        assert_eq!(spoken.channels.len(), 3);
        assert!(spoken.unsaid.is_empty());
        let first = |survey: &Survey| {
            survey.channels.iter().find(|line| line.channel.as_str() == "prod").unwrap().steps[0].next.clone()
        };
        assert_eq!(first(&silent), Next::Refused { status_code: 412 });
        assert_eq!(first(&spoken), Next::Install { version: "1.5".parse().unwrap(), hops_remaining: 3 });
        let bars = |survey: &Survey| survey.releases.iter().filter(|node| node.bars).count();
        assert_eq!(
            (bars(&silent), bars(&seen(&[("hw.rev", "9")], &[])), bars(&seen(&[("hw.rev", "2")], &[]))),
            (2, 2, 1)
        );
    }

    #[test]
    fn says_where_trust_changes() {
        let survey = seen(&rotation());
        let changes =
            survey.releases.iter().filter_map(|node| Some((node.version.as_str(), node.trust_change.as_ref()?)));
        let counts = changes.map(|(version, change)| (version, change.added.len(), change.removed.len()));
        assert_eq!(counts.collect::<Vec<_>>(), [("1.0", 1, 0), ("2.0", 1, 0), ("2.1", 0, 1)]);
    }
}
