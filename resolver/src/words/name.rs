use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde::{Deserialize, Serialize};

/// Longest channel, attribute or fact, in bytes: four times the longest seen in the field.
pub const MAX_WORD_BYTES: usize = 64;

/// Longest component name, in bytes. With the longest version and a `_` it fits a ustar name (100 bytes).
pub const MAX_COMPONENT_BYTES: usize = 48;

/// Longest reason, in bytes, because manifests repeat it.
pub const MAX_REASON_BYTES: usize = 240;

/// Longest notes of a release, in bytes, because they are read with every record of the component.
pub const MAX_NOTES_BYTES: usize = 4096;

// A file in a package is called `<component>_<version>` or `<component>@<version>`.
const _: () = assert!(MAX_COMPONENT_BYTES + 1 + super::MAX_VERSION_BYTES <= 100);

/// Query keys with a meaning of their own, which no component may have as its name.
const RESERVED: [&str; 9] = ["cpuarch", "os", "installed", "have", "device", "cohort", "ring", "delta", "payloadtype"];

/// Start of query keys that name an attribute; no component's name may start so.
pub(crate) const ATTRIBUTE_PREFIX: &str = "attr";

/// Error for text that is not a valid name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not {kind}: it takes {takes}")]
pub struct InvalidName {
    given: String,
    kind: &'static str,
    takes: &'static str,
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $takes:literal, |$text:ident| $fits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from($text: String) -> Result<Self, InvalidName> {
                if $fits {
                    Ok($name($text))
                } else {
                    Err(InvalidName { given: cut($text), kind: $kind, takes: $takes })
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> String {
                word.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

word!(
    /// A component's name in its published spelling: `videoStreamer`. Two spellings that differ in case are one
    /// component. No dot (a key with a dot is a fact), no reserved query key, not starting with `attr`.
    ComponentName,
    "a component name",
    "1 to 48 letters, digits, _ and -, starting with a letter or a digit, and is neither a query key such as os, \
     nor starts with attr",
    |text| is_component(&text) && is_free(&text.to_ascii_lowercase())
);

word!(
    /// Key by which a component is looked up: its name, lower-cased.
    ComponentKey,
    "a component",
    "1 to 48 letters, digits, _ and -, starting with a letter or a digit, and is neither a query key such as os, \
     nor starts with attr",
    |text| is_component(&text) && is_lower(&text) && is_free(&text)
);

word!(
    /// A line of releases that a device follows, lower-cased: `prod`, `beta`.
    ChannelName,
    "a channel",
    "1 to 64 lower-case letters, digits and . _ -",
    |text| is_word(&text) && is_lower(&text)
);

word!(
    /// A name by which devices select components, lower-cased and without its `attr`: `gamer`.
    AttributeName,
    "an attribute",
    "1 to 64 lower-case letters, digits and . _ -",
    |text| is_word(&text) && is_lower(&text)
);

word!(
    /// Name of a fact, lower-cased and with a dot: `hw.rev`.
    FactName,
    "a fact",
    "1 to 64 letters, digits and . _ -, with a dot inside",
    |text| is_word(&text) && is_lower(&text) && text.split_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
);

word!(
    /// Value of a fact, lower-cased: the `3` of `hw.rev=3`. Characters other than letters, digits and `. _ - ,` are
    /// escaped as in a query: `%20`.
    FactValue,
    "a fact's value",
    "1 to 64 lower-case letters, digits and . _ - , and other signs as in a query, such as %20",
    |text| (1..=MAX_WORD_BYTES).contains(&text.len()) && *escaped(&percent_decode_str(&text).collect::<Vec<_>>()) == text
);

word!(
    /// Operator's reason for a barrier, a withdrawal or a forced change, in one line for technicians.
    Reason,
    "a reason",
    "1 to 240 bytes of text in one line",
    |text| is_text(&text, MAX_REASON_BYTES) && !text.contains('\n')
);

word!(
    /// Publisher's notes about a release, or a link to them.
    Notes,
    "a note",
    "1 to 4096 bytes of text",
    |text| is_text(&text, MAX_NOTES_BYTES)
);

impl ComponentName {
    /// Returns the key by which the component is looked up.
    pub fn key(&self) -> ComponentKey {
        ComponentKey(self.0.to_ascii_lowercase())
    }
}

impl FactValue {
    /// Escapes a value that a device reports, which may be any bytes, and longer than a value in a requirement.
    pub(crate) fn reported(bytes: &[u8]) -> FactValue {
        FactValue(escaped(bytes))
    }
}

impl ComponentKey {
    /// Returns the key as a component's name.
    pub(crate) fn name(&self) -> Option<ComponentName> {
        self.0.parse().ok()
    }

    /// Returns the OS component of a CPU architecture: `os_armv8` for `armv8`. `None` if that is not a valid name.
    pub fn os_of(arch: &str) -> Option<ComponentKey> {
        format!("os_{arch}").try_into().ok()
    }
}

/// Shortens refused text for an error message.
pub(crate) fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_WORD_BYTES) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Escapes bytes to their canonical spelling in a query.
fn escaped(bytes: &[u8]) -> String {
    const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-').remove(b',');
    percent_encode(bytes, &ESCAPED).to_string().to_ascii_lowercase()
}

fn is_component(text: &str) -> bool {
    is_word(text)
        && text.len() <= MAX_COMPONENT_BYTES
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.contains('.')
}

fn is_text(text: &str, most: usize) -> bool {
    let printed = |c: char| c == '\n' || !c.is_control();
    text.len() <= most && !text.trim().is_empty() && text.chars().all(printed)
}

fn is_lower(text: &str) -> bool {
    !text.bytes().any(|b| b.is_ascii_uppercase())
}

fn is_free(lower: &str) -> bool {
    !RESERVED.contains(&lower) && !lower.starts_with(ATTRIBUTE_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_may_not_take_a_query_key() {
        for taken in ["os", "Installed", "attrGamer", "attr", "payloadType", "hw.rev", "", "-x", "a b", "a'b"] {
            assert!(taken.parse::<ComponentName>().is_err(), "{taken}");
        }
        assert_eq!("videoStreamer".parse::<ComponentName>().unwrap().key().as_str(), "videostreamer");
    }
}
