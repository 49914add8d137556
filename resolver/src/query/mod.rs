//! The question in its one canonical spelling.
//!
//! A CDN keys its cache on the query as it is spelled, and devices spell one question in a thousand ways:
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
//! The CDN's viewer-request function does this before the cache key is made and the origin does it again, so the
//! rules must be few enough to write twice. Both are held to `tests/vectors/canonical-query.json`:
//!
//! 1. Split at `&`, then at the first `=`; percent-decode, `+` is a space. Keys are lower-cased. An empty value is none;
//!    of two spellings of a key, the first that has a value wins.
//! 2. A key that nothing can be called is left out, whatever its value is. Values are lower-cased, except versions. What
//!    is the default anyway (`os=prod`, `ring=general`, `payloadtype=fullpayload`) and what cannot matter (`os` without
//!    `cpuarch`, `delta` of an unknown state or in an unknown format) is left out.
//! 3. `device` becomes the cohort it hashes to, unless a cohort is given; it goes no further. Any bytes are a device.
//! 4. Digests from `have` and from `If-None-Match` are unquoted, lower-cased, sorted, deduplicated, joined in `have`.
//!    Other entity tags stay in `If-None-Match`; a cache that moved digests and is left with none puts
//!    [`crate::answer::CURRENT`] there, so that the request keeps its condition.
//! 5. Of `installed`, the entries that can be read are sorted and joined; a space in a version is a `+`. A fact takes any
//!    bytes, for what cannot be named equals nothing that a release requires. Of a component and an attribute, what is no
//!    channel's name is spelled `!`: the key may be unknown, and then it does not matter.
//! 6. Sort by key, join. Every character that is left needs no escape, save the `+` of a version, `%2B`, and what is
//!    escaped in a fact ([`FactValue`]).
//! 7. Words that change no answer of the catalog are left out ([`KnownWords`], [`Query::known_to`]), but for the first
//!    component where nothing else says what is asked for, and for one that the device says it runs. A `!` that is left
//!    is refused then, and so is a query that is still too long.
//!
//! The invariant: every input that changes a response is in the canonical query, and nothing else is.

mod canonical;
mod cohort;
mod entity_tag;
mod error;
mod known;
mod known_entries;
mod limits;
mod parameters;
mod parse;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub use cohort::{Cohort, DEFAULT_LADDER, InvalidLadder, Ladder};
pub use entity_tag::EntityTag;
pub(crate) use entity_tag::if_none_match;
pub use error::{QueryError, Status};
pub(crate) use known::prefix;
pub use known::{KnownWords, Trait};
pub use known_entries::{MAX_ENTRY_BYTES, MAX_PAGES};
pub use limits::*;

use crate::catalog::{Component, Components};
use crate::words::{AttributeName, ChannelName, ComponentKey, FactName, FactValue, Md5, Version};

/// The channel of an OS component that is not asked for by name.
pub const DEFAULT_CHANNEL: &str = "prod";

/// One question, understood. The default asks for nothing, and says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The CPU architecture as spelled in an OS component's name, and the channel that component is wanted on.
    pub os: Option<(String, ChannelName)>,
    /// Components asked for by name.
    pub components: BTreeMap<ComponentKey, ChannelName>,
    /// Attributes: every component that wants one, on the channel given.
    pub attributes: BTreeMap<AttributeName, ChannelName>,
    /// Components and attributes on what is no channel's name.
    pub unreadable: Unreadable,
    /// Valued traits.
    pub facts: BTreeMap<FactName, FactValue>,
    /// What the device says it runs. `os@…` is already under the OS component's own name.
    pub installed: BTreeMap<ComponentKey, Version>,
    /// Digests of installed artifacts.
    pub have: BTreeSet<Md5>,
    /// The class of devices that a staged rollout reaches together.
    pub cohort: Option<Cohort>,
    /// The opt-in tier.
    pub ring: Ring,
    /// The device can apply zstd patches.
    pub delta: bool,
    /// A package, or only its manifest.
    pub payload: Payload,
}

/// Components and attributes that a device asks for on what is no channel's name.
///
/// Each is either unknown to the catalog, a word that is none of ours, and left out, or refused: by whoever knows the
/// catalog's words ([`Query::known_to`], [`Query::known_to_components`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unreadable {
    /// Components.
    pub components: BTreeSet<ComponentKey>,
    /// Attributes.
    pub attributes: BTreeSet<AttributeName>,
}

impl Unreadable {
    /// Their keys in a query.
    fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let attributes = self.attributes.iter().map(|name| Cow::Owned(known::attribute(name)));
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

/// What a device wants to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Payload {
    /// The package.
    #[default]
    Full,
    /// The manifest alone, as JSON.
    MetadataOnly,
}

/// A query and what came beside it in `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The question.
    pub query: Query,
    /// Entity tags that are no digests: a package's own. They are left to the cache, or to a conditional answer.
    pub tags: Vec<EntityTag>,
}

impl Query {
    /// The component an OS is published as, if a CPU architecture was given and can be part of a name.
    pub fn os_component(&self) -> Option<(ComponentKey, &ChannelName)> {
        let (arch, channel) = self.os.as_ref()?;
        Some((ComponentKey::os_of(arch)?, channel))
    }

    /// The device says something about what it runs.
    fn tells_state(&self) -> bool {
        !self.have.is_empty() || !self.installed.is_empty()
    }

    /// Leaves out the words that no catalog knows; without a list of them, all are known.
    ///
    /// `cpuarch` stays; without it, the first component stays: it says that something was asked for, so that the
    /// answer is 404 and not 400. A component that is not published stays if the device says what runs of it, and so
    /// means a component.
    ///
    /// An error if a word that is known asks for what is no channel's name, or if what is left is too long.
    pub fn known_to(mut self, known: Option<&KnownWords>) -> Result<Query, QueryError> {
        let Some(known) = known else { return self.sized() };
        let words = known.words();
        let knows = |word: &str| words.contains(word);
        self.have.retain(|digest| knows(&known::prefix(digest)));
        self.cohort = self.cohort.filter(|_| knows(Trait::Cohort.as_str()));
        if !knows(Trait::Ring.as_str()) {
            self.ring = Ring::default();
        }
        self.delta &= knows(Trait::Delta.as_str());
        self.keep(|name| knows(name.as_str()), |name| knows(&known::attribute(name)), |name| knows(name.as_str()))
    }

    /// Leaves out the words that these components do not know. They are what was fetched for the question, so
    /// the answer stays the same. Errors are those of [`Query::known_to`].
    pub fn known_to_components(mut self, components: &Components) -> Result<Query, QueryError> {
        let wants = |component: &Component, name: &AttributeName| {
            component.channels.values().any(|channel| channel.attributes.contains(name))
        };
        self.have.retain(|digest| components.values().any(|component| component.graph().stand(digest).is_some()));
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
                // No answer depends on it.
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
