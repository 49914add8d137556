use std::collections::{BTreeMap, BTreeSet};

use super::combinations::told_apart_in_silence;
use crate::catalog::Component;
use crate::decide::{decide, traits};
use crate::query::{KnownWords, Query, prefix};
use crate::words::{ChannelName, Md5, Timestamp};

/// Most questions that are asked of a component to find the digests that matter: a second or two.
const MAX_QUESTIONS: usize = 500_000;

impl KnownWords {
    /// The words of a catalog: all its components, or those words may be left out that only the others know.
    ///
    /// A digest is left out if the device that has it is answered as one that says nothing is, on every channel and with
    /// all facts: most releases, where paths have no constraints, save those that channels point at. Of several digests
    /// a device runs the newest, so that no digest is left out while an older one of its component stays.
    pub fn of<'a>(components: impl IntoIterator<Item = &'a Component>) -> KnownWords {
        let all: Vec<&Component> = components.into_iter().collect();
        let channels = || all.iter().flat_map(|component| component.channels.values());
        KnownWords {
            components: all.iter().map(|component| component.name.key()).collect(),
            attributes: channels().flat_map(|channel| channel.attributes.iter().cloned()).collect(),
            facts: all.iter().flat_map(|component| component.graph().facts().iter().cloned()).collect(),
            digests: digests(&all),
            traits: all.iter().flat_map(|component| traits(component)).collect(),
        }
    }
}

/// The digests that change an answer, and every newer one of a component that has one of those.
fn digests(components: &[&Component]) -> BTreeSet<Md5> {
    let mut known: BTreeSet<String> =
        components.iter().flat_map(|component| telling(component)).map(|digest| prefix(&digest)).collect();
    // Components may share artifacts, so that a digest that became known here may be an older one there.
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

/// The digests of a component that tell a decision something: who has one is answered otherwise, on some channel and
/// with some facts, than who says nothing. Every one of them, if releases tell devices apart in more ways than can be
/// tried.
fn telling(component: &Component) -> BTreeSet<Md5> {
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

/// A question for one component, about which nothing is said.
fn asks(component: &Component, channel: &ChannelName) -> Query {
    Query { components: BTreeMap::from([(component.name.key(), channel.clone())]), ..Query::default() }
}
