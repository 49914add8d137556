//! Queries and their canonical spelling.
//!
//! A CDN keys its cache on the query as it is spelled, and devices can spell one query in a thousand ways:
//!
//! ```text
//!   what devices send                                            what the cache sees
//!   ───────────────────────────────────────────────────         ─────────────────────────────────────────────
//!   ?cpuArch=ARMv8&attrGamer=prod&device=SN-0042        ──┐
//!   ?attrgamer=prod&CPUARCH=armv8&device=SN-0043&os=prod ─┼──►  attrgamer=prod&cohort=3&cpuarch=armv8&have=8e4…
//!   ?cpuArch=armv8&attrGamer=prod&cohort=3              ──┘       ▲ sorted, lower-cased, defaults left out
//!     If-None-Match: W/"8E4…", "p-77…"                  ─────►  If-None-Match: "p-77…"   (left to the cache)
//! ```
//!
//! The CDN's viewer-request function canonicalizes the query before the cache key is made, and the origin does it again,
//! so the rules must be few enough to implement twice. `tests/vectors/canonical-query.json` tests both:
//!
//! 1. The query is split at `&`, then at the first `=`, and percent-decoded; `+` is a space. Keys are lower-cased. An
//!    empty value counts as absent; of two spellings of a key, the first with a value wins.
//! 2. A key that is no valid name is dropped, whatever its value. Values are lower-cased, except versions. Defaults
//!    (`os=prod`, `ring=general`, `payloadtype=fullpayload`) and parameters without effect (`os` without `cpuarch`,
//!    `delta` without a reported state or in an unknown format) are dropped.
//! 3. `device` is replaced by the cohort that it hashes to, unless a cohort is given. Any bytes are a valid device.
//! 4. Digests from `have` and from `If-None-Match` are unquoted, lower-cased, sorted, deduplicated and joined in `have`.
//!    Other entity tags stay in `If-None-Match`; a cache that moved all of its tags puts [`crate::answer::CURRENT`]
//!    there, so that the request keeps its condition.
//! 5. Readable entries of `installed` are sorted and joined; a space in a version becomes `+`. A fact may have any bytes,
//!    because a value that no release can name equals none that a release requires. For a component or an attribute, an
//!    invalid channel name is spelled `!`, because the key may turn out to be unknown and so irrelevant.
//! 6. Pairs are sorted by key and joined. No character needs an escape, except the `+` of a version, `%2B`, and bytes
//!    escaped in a fact ([`FactValue`]).
//! 7. Words that change no answer of the catalog are dropped ([`CacheVocabulary`], [`Query::restrict_to`]), except for the
//!    first component if nothing else is asked for, and for components in `installed`. A remaining `!` is then refused,
//!    and so is a query that is still too long.
//!
//! The canonical query thus contains every input that changes a response, and nothing else.

mod cache_vocabulary;
mod canonical;
mod cohort;
mod entity_tag;
mod error;
mod limits;
mod parse;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use cache_vocabulary::prefix;
pub use cache_vocabulary::{CacheVocabulary, MAX_ENTRY_BYTES, MAX_PAGES, Trait};
pub use cohort::{Cohort, DEFAULT_LADDER, InvalidLadder, Ladder};
pub use entity_tag::EntityTag;
pub(crate) use entity_tag::if_none_match;
pub use error::{QueryError, Status};
pub use limits::*;

use crate::catalog::{Component, Components};
use crate::words::{AttributeName, ChannelName, ComponentKey, FactName, FactValue, Md5, Version};

/// Default channel of an OS component that `cpuarch` asks for.
pub const DEFAULT_CHANNEL: &str = "prod";

/// A device's query in canonical terms. The default asks for nothing and reports nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// CPU architecture, as spelled in an OS component's name, and the channel of that component.
    pub os: Option<(String, ChannelName)>,
    /// Components requested by name.
    pub components: BTreeMap<ComponentKey, ChannelName>,
    /// Attributes, each of which selects components on the given channel.
    pub attributes: BTreeMap<AttributeName, ChannelName>,
    /// Components and attributes with an invalid channel name.
    pub unreadable: Unreadable,
    /// Facts that the device reports about itself.
    pub facts: BTreeMap<FactName, FactValue>,
    /// Versions that the device reports to run. `os@…` is listed under the OS component's name.
    pub installed: BTreeMap<ComponentKey, Version>,
    /// Digests of installed artifacts.
    pub have: BTreeSet<Md5>,
    /// Class of devices that a staged rollout reaches together.
    pub cohort: Option<Cohort>,
    /// Opt-in tier of rollouts.
    pub ring: Ring,
    /// Whether the device can apply zstd patches.
    pub delta: bool,
    /// Whether the device wants a package or only its manifest.
    pub payload: Payload,
}

/// Components and attributes that a device requests with an invalid channel name.
///
/// A name that the catalog does not have is dropped as a parameter meant for another server; any other is refused. Both
/// take the catalog's vocabulary or components ([`Query::restrict_to`], [`Query::restrict_to_components`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unreadable {
    /// Components with an invalid channel name.
    pub components: BTreeSet<ComponentKey>,
    /// Attributes with an invalid channel name.
    pub attributes: BTreeSet<AttributeName>,
}

impl Unreadable {
    /// Returns their keys in a query.
    fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let attributes = self.attributes.iter().map(|name| Cow::Owned(cache_vocabulary::attribute(name)));
        self.components.iter().map(|name| Cow::Borrowed(name.as_str())).chain(attributes)
    }
}

/// A device's opt-in tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)] // The words are the operator's; a rollout's stages give them their meaning.
pub enum Ring {
    Canary,
    Early,
    #[default]
    General,
    Hold,
}

/// Content that a device wants to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Payload {
    /// The package.
    #[default]
    Full,
    /// The manifest alone, as JSON.
    MetadataOnly,
}

/// A query and the entity tags of its `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedQuery {
    /// The query.
    pub query: Query,
    /// Entity tags of packages, for a cache or a conditional answer to compare. Digests have been moved to `have`.
    pub tags: Vec<EntityTag>,
}

impl Query {
    /// Returns the OS component of the CPU architecture, if one is given and can be part of a name.
    pub fn os_component(&self) -> Option<(ComponentKey, &ChannelName)> {
        let (arch, channel) = self.os.as_ref()?;
        Some((ComponentKey::os_of(arch)?, channel))
    }

    /// Returns true if the device reports anything about what it runs.
    fn tells_state(&self) -> bool {
        !self.have.is_empty() || !self.installed.is_empty()
    }

    /// Drops words that are not in the vocabulary; without one, all words stay.
    ///
    /// `cpuarch` stays, or else the first component, so that the query still asks for something and is answered 404
    /// rather than 400. An unpublished component stays if `installed` has it, because the device then means a component.
    ///
    /// Fails if a remaining word has an invalid channel name, or if the remaining query is too long.
    pub fn restrict_to(mut self, vocabulary: Option<&CacheVocabulary>) -> Result<Query, QueryError> {
        let Some(vocabulary) = vocabulary else { return self.sized() };
        let words = vocabulary.words();
        let knows = |word: &str| words.contains(word);
        self.have.retain(|digest| knows(&prefix(digest)));
        self.cohort = self.cohort.filter(|_| knows(Trait::Cohort.as_str()));
        if !knows(Trait::Ring.as_str()) {
            self.ring = Ring::default();
        }
        self.delta &= knows(Trait::Delta.as_str());
        self.keep(
            |name| knows(name.as_str()),
            |name| knows(&cache_vocabulary::attribute(name)),
            |name| knows(name.as_str()),
        )
    }

    /// Drops words that change nothing about these components, which were fetched for the query, so that the answer stays
    /// the same. Errors are those of [`Query::restrict_to`].
    pub fn restrict_to_components(mut self, components: &Components) -> Result<Query, QueryError> {
        let wants = |component: &Component, name: &AttributeName| {
            component.channels.values().any(|channel| channel.attributes.contains(name))
        };
        self.have.retain(|digest| components.values().any(|component| component.graph().release_of(digest).is_some()));
        self.keep(
            |name| components.contains_key(name),
            |name| components.values().any(|component| wants(component, name)),
            |name| components.values().any(|component| component.graph().facts().contains(name)),
        )
    }

    fn keep(
        mut self,
        component: impl Fn(&ComponentKey) -> bool,
        attribute: impl Fn(&AttributeName) -> bool,
        fact: impl Fn(&FactName) -> bool,
    ) -> Result<Query, QueryError> {
        let os = self.os_component().map(|(name, _)| name);
        let first = (self.components.first_key_value()).map(|(name, channel)| (name.clone(), channel.clone()));
        let unreadable = self.unreadable.components.first().cloned();
        self.components.retain(|name, _| component(name) || self.installed.contains_key(name));
        self.installed.retain(|name, version| {
            let known = component(name);
            if !known && let Ok(any) = "0".parse() {
                // No answer depends on the version of an unpublished component.
                *version = any;
            }
            known || self.components.contains_key(name) || os.as_ref() == Some(name)
        });
        self.unreadable.components.retain(|name| component(name));
        self.unreadable.attributes.retain(|name| attribute(name));
        if os.is_none() && self.components.is_empty() && self.unreadable.components.is_empty() {
            match first {
                Some(first) => self.components.extend([first]),
                None => self.unreadable.components.extend(unreadable),
            }
        }
        self.attributes.retain(|name, _| attribute(name));
        self.facts.retain(|name, _| fact(name));
        self.delta &= self.tells_state();
        match self.unreadable.keys().min() {
            Some(key) => Err(QueryError::channel(&key)),
            None => self.sized(),
        }
    }

    fn sized(self) -> Result<Query, QueryError> {
        if self.canonical().len() > MAX_QUERY_BYTES { Err(QueryError::query_too_long()) } else { Ok(self) }
    }
}
