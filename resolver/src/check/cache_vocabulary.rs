use std::collections::{BTreeMap, BTreeSet};

use super::combinations::combinations_with_unknown;
use crate::catalog::Component;
use crate::decide::{decide, traits};
use crate::query::{CacheVocabulary, Query, prefix};
use crate::words::{ChannelName, Md5, Timestamp};

/// Most decisions made to find a component's significant digests; they take a second or two.
const MAX_QUESTIONS: usize = 500_000;

impl CacheVocabulary {
    /// Collects the vocabulary of a catalog, given all of its components. Given some of them, it covers queries that
    /// concern only those.
    ///
    /// A digest is left out if a device that reports it gets the answer of a device that reports nothing, on every channel
    /// and with all facts. Where paths have no constraints, those are the digests of all releases but the channels'
    /// targets. A device that reports several digests runs the newest of those releases, so a digest is kept if an older
    /// one of its component is.
    pub fn of<'a>(components: impl IntoIterator<Item = &'a Component>) -> CacheVocabulary {
        let all: Vec<&Component> = components.into_iter().collect();
        let channels = || all.iter().flat_map(|component| component.channels.values());
        CacheVocabulary {
            components: all.iter().map(|component| component.name.key()).collect(),
            attributes: channels().flat_map(|channel| channel.attributes.iter().cloned()).collect(),
            facts: all.iter().flat_map(|component| component.graph().facts().iter().cloned()).collect(),
            digests: digests(&all),
            traits: all.iter().flat_map(|component| traits(component)).collect(),
        }
    }
}

/// Returns the digests that change an answer, and every newer digest of a component that has one of those.
fn digests(components: &[&Component]) -> BTreeSet<Md5> {
    let mut known: BTreeSet<String> =
        components.iter().flat_map(|component| telling(component)).map(|digest| prefix(&digest)).collect();
    // Components may share artifacts, so a digest that is added for one component may be an older one of another.
    let mut before = usize::MAX;
    while known.len() != before {
        before = known.len();
        for component in components {
            let mut is_kept = false;
            for release in component.releases() {
                let prefix = prefix(&release.artifact.md5);
                is_kept |= known.contains(&prefix);
                if is_kept {
                    known.insert(prefix);
                }
            }
        }
    }
    let all = components.iter().flat_map(|component| component.releases()).map(|release| release.artifact.md5);
    all.filter(|digest| known.contains(&prefix(digest))).collect()
}

/// Returns a component's significant digests: a device that reports one gets another answer, on some channel and with
/// some facts, than a device that reports nothing. Returns all of its digests if requirements distinguish more classes
/// of devices than can be tried.
fn telling(component: &Component) -> BTreeSet<Md5> {
    let mut silent: BTreeSet<Md5> = component.releases().iter().map(|release| release.artifact.md5).collect();
    let mut telling = BTreeSet::new();
    let Some(combinations) = combinations_with_unknown(component) else { return silent };
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

/// Returns a query for one component by a device that reports nothing about it.
fn asks(component: &Component, channel: &ChannelName) -> Query {
    Query { components: BTreeMap::from([(component.name.key(), channel.clone())]), ..Query::default() }
}
