use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// Longest name of a stack, in bytes (CloudFormation API reference, CreateStack: 128 characters).
const MAX_BYTES: usize = 128;

/// A stack's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct StackName(String);

/// Not a stack's name (CloudFormation API reference, CreateStack).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stack's name has 1 to {MAX_BYTES} of A-Z, a-z, 0-9 and '-', and starts with a letter")]
pub struct InvalidStackName;

impl StackName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StackName {
    type Err = InvalidStackName;

    fn from_str(text: &str) -> Result<Self, InvalidStackName> {
        let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.len() <= MAX_BYTES
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        is_name.then(|| StackName(text.to_owned())).ok_or(InvalidStackName)
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
