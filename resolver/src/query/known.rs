use std::collections::BTreeSet;

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
pub(crate) fn prefix(digest: &Md5) -> String {
    let mut text = digest.to_string();
    text.truncate(8);
    text
}
