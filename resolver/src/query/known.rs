use std::collections::BTreeSet;

use crate::catalog::Component;
use crate::decide;
use crate::words::{ATTRIBUTE_PREFIX, AttributeName, ComponentKey, FactName, Md5};

/// The words that change some answer of a catalog: the list that publishing keeps for the edge. A query's others may be
/// left out ([`super::Query::known_to`]).
///
/// A word that is kept in vain costs the cache a key; one that is left out wrongly gives a device a wrong answer. So what
/// is in doubt is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownWords {
    /// Components published.
    pub components: BTreeSet<ComponentKey>,
    /// Attributes that a channel wants.
    pub attributes: BTreeSet<AttributeName>,
    /// Facts that a release requires.
    pub facts: BTreeSet<FactName>,
    /// Digests that change the answer to a device that has them.
    pub digests: BTreeSet<Md5>,
    /// Traits that the answer about some component depends on.
    pub traits: BTreeSet<Trait>,
}

/// What a device says about itself that concerns no component by name, and no answer in most catalogs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trait {
    /// `cohort`, and so `device`.
    Cohort,
    /// `ring`
    Ring,
    /// `delta`
    Delta,
}

impl Trait {
    /// Its key in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Trait::Cohort => "cohort",
            Trait::Ring => "ring",
            Trait::Delta => "delta",
        }
    }
}

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
            traits: all.iter().flat_map(|component| decide::traits(component)).collect(),
        }
    }

    /// Every word as it is looked up: a key as the canonical query spells it, and of a digest its [`prefix`].
    pub(super) fn words(&self) -> BTreeSet<String> {
        let names = self.components.iter().map(|name| name.as_str().to_owned());
        let attributes = self.attributes.iter().map(attribute);
        let facts = self.facts.iter().map(|name| name.as_str().to_owned());
        let traits = self.traits.iter().map(|one| one.as_str().to_owned());
        names.chain(attributes).chain(facts).chain(traits).chain(self.digests.iter().map(prefix)).collect()
    }
}

/// The key that an attribute has in a query.
pub(super) fn attribute(name: &AttributeName) -> String {
    format!("{ATTRIBUTE_PREFIX}{name}")
}

/// The first eight hexadecimal digits: enough to tell a catalog's digests from others, and a quarter of their room. What
/// begins like a known digest is kept for one.
pub(super) fn prefix(digest: &Md5) -> String {
    let mut text = digest.to_string();
    text.truncate(8);
    text
}

/// The digests that change an answer, and every newer one of a component that has one of those.
fn digests(components: &[&Component]) -> BTreeSet<Md5> {
    let mut known: BTreeSet<String> =
        components.iter().flat_map(|component| decide::telling(component)).map(|digest| prefix(&digest)).collect();
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
