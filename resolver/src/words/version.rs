use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest version, in bytes. With the longest component name and a `_` it fills a ustar name (100 bytes).
pub const MAX_VERSION_BYTES: usize = 48;

/// A version as it was published: `6.15.008`, `v5.6.30`, `2.1.0-rc2`. The spelling is kept; case counts.
///
/// ASCII letters, digits and `. _ - + ~ :`, 1 to [`MAX_VERSION_BYTES`] of them, starting with a letter or a digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(String);

/// Not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a version: it takes 1 to {MAX_VERSION_BYTES} letters, digits and . _ - + ~ : (a + in a query is \
     written %2B), and starts with a letter or a digit"
)]
pub struct InvalidVersion(String);

impl Version {
    /// The published spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Version {
    type Error = InvalidVersion;

    fn try_from(text: String) -> Result<Self, InvalidVersion> {
        let fits = text.len() <= MAX_VERSION_BYTES
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+~:".contains(&b));
        if fits { Ok(Version(text)) } else { Err(InvalidVersion(super::name::cut(text))) }
    }
}

impl std::str::FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        text.to_owned().try_into()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> String {
        version.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
