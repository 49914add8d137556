use std::collections::{BTreeMap, BTreeSet};

use super::decide;
use crate::catalog::Component;
use crate::check::told_apart_in_silence;
use crate::query::{Query, Trait};
use crate::words::{ChannelName, Md5, Timestamp};

/// Most questions that are asked of a component to find the digests that matter: a second or two.
const MAX_QUESTIONS: usize = 500_000;

/// The digests of a component that tell a decision something: who has one is answered otherwise, on some channel and
/// with some facts, than who says nothing. Every one of them, if releases tell devices apart in more ways than can be
/// tried.
pub(crate) fn telling(component: &Component) -> BTreeSet<Md5> {
    let mut silent: BTreeSet<Md5> = component.releases().iter().map(|release| release.artifact.md5).collect();
    let mut telling = BTreeSet::new();
    let Some(combinations) = told_apart_in_silence(component) else { return silent };
    if silent.len() * component.channels.len() * combinations.len() > MAX_QUESTIONS {
        return silent;
    }
    let components = BTreeMap::from([(component.name.key(), component.clone().into())]);
    for channel in component.channels.keys() {
        for facts in &combinations {
            let mut query = asks(component, channel);
            query.facts.clone_from(facts);
            let unsaid = decide(&query, &components, Timestamp(0));
            silent.retain(|digest| {
                query.have = BTreeSet::from([*digest]);
                let is_silent = decide(&query, &components, Timestamp(0)) == unsaid;
                if !is_silent {
                    telling.insert(*digest);
                }
                is_silent
            });
        }
    }
    telling
}

/// The traits that this component's part of a decision depends on.
///
/// None yet: no channel has a rollout, which would read the cohort and the ring, and no release has patches. Who lets
/// [`decide`] read one of them says here for which components; until then `tests/properties` fails, which asks each
/// question with every trait and without.
pub(crate) fn traits(_component: &Component) -> BTreeSet<Trait> {
    BTreeSet::new()
}

/// A question for one component, about which nothing is said.
fn asks(component: &Component, channel: &ChannelName) -> Query {
    Query { components: BTreeMap::from([(component.name.key(), channel.clone())]), ..Query::default() }
}
