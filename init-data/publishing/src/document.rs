use std::collections::{BTreeMap, BTreeSet};

use resolver::catalog::{Channel, Component, Release, Revision};
use resolver::words::{ChannelName, ComponentName, is_fit_to_show, line_fit_to_show};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Largest document that is read, in bytes: ten thousand signed releases.
pub const MAX_DOCUMENT_BYTES: u64 = 16 << 20;

/// What stands at the head of an exported document.
const HEAD: &str = "# An edgehop catalog: components with their channels and releases, by version.\n\
    # `edgehop import` shows what it would change; with --apply it changes it. Bytes are not in here: publish them.\n\n";

/// A catalog, or a part of one, to be read by people and kept in git.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document {
    /// The components, by their published name.
    pub components: BTreeMap<ComponentName, Part>,
}

/// A component in a document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its channels.
    #[serde(default, rename = "channel", skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<ChannelName, Channel>,
    /// Its releases, in the order of their versions.
    #[serde(default, rename = "release", skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<Release>,
}

/// Not a document.
#[derive(Debug, thiserror::Error)]
pub enum InvalidDocument {
    /// The text is no TOML, or a value is not of its kind.
    #[error("it is not a catalog in TOML, as `edgehop export` writes it")]
    Toml(#[from] toml::de::Error),
    /// A key that means nothing: perhaps a misspelled one.
    #[error("it has keys that mean nothing: {0}; see `edgehop export` for those that do")]
    Unknown(String),
    /// Two entries for one component, spelled in two ways, or for one release.
    #[error("{0} is in it twice")]
    Twice(String),
}

impl Document {
    /// Reads a document. Every key must mean something.
    pub fn read(text: &str) -> Result<Document, InvalidDocument> {
        let mut unknown = Vec::new();
        let document: Document =
            serde_ignored::deserialize(toml::Deserializer::parse(text)?, |path| unknown.push(path.to_string()))?;
        if !unknown.is_empty() {
            return Err(InvalidDocument::Unknown(line_fit_to_show(&unknown.join(", ")).into_owned()));
        }
        let mut keys = BTreeSet::new();
        for (name, part) in &document.components {
            if !keys.insert(name.key()) {
                return Err(InvalidDocument::Twice(name.to_string()));
            }
            let component = part.component(name);
            let twice = component.releases().windows(2).find(|pair| pair[0].version == pair[1].version);
            if let Some(pair) = twice {
                return Err(InvalidDocument::Twice(format!("{name} {}", pair[0].version)));
            }
        }
        Ok(document)
    }

    /// The document as text.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        let text = toml::to_string_pretty(self)?;
        let text = if text.chars().all(is_fit_to_show) { text } else { self.escaped()? };
        Ok(HEAD.to_owned() + &text)
    }

    /// The document as text, with TOML's escapes for what is not fit to be shown. Literal strings know none, so each such
    /// character is written behind two that no record has and no literal string can have.
    fn escaped(&self) -> Result<String, toml::ser::Error> {
        let mut value = toml::Value::try_from(self)?;
        mark(&mut value);
        Ok(toml::to_string_pretty(&value)?.replace(r"\u0001\u0002", r"\U"))
    }

    /// Adds a component.
    pub fn add(&mut self, component: &Component) {
        let releases = component.releases().iter().map(|release| Release::clone(release)).collect();
        self.components.insert(component.name.clone(), Part { channels: component.channels.clone(), releases });
    }
}

fn mark(value: &mut toml::Value) {
    match value {
        toml::Value::String(text) => {
            let marked = |c: char| match is_fit_to_show(c) {
                true => c.to_string(),
                false => format!("\u{1}\u{2}{:08X}", u32::from(c)),
            };
            *text = text.chars().map(marked).collect();
        }
        toml::Value::Array(values) => values.iter_mut().for_each(mark),
        toml::Value::Table(values) => values.iter_mut().for_each(|(_, value)| mark(value)),
        _ => {}
    }
}

impl Part {
    /// The component that a catalog would hold if it held this and nothing else.
    pub fn component(&self, name: &ComponentName) -> Component {
        let releases = self.releases.iter().cloned().map(Arc::new).collect();
        Component::new(name.clone(), Revision::default(), self.channels.clone(), releases)
    }
}
