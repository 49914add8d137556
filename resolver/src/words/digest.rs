use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A digest of `N` bytes, written as lower-case hexadecimal; either case is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest<const N: usize>(pub [u8; N]);

/// MD5 of an artifact: its entity tag, by which a device reports that it has the artifact. It proves nothing.
pub type Md5 = Digest<16>;

/// SHA-256 of an object: its address, against which its bytes are checked.
pub type Sha256 = Digest<32>;

/// Error for text that is not a digest of the expected length in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a digest: it takes {digits} hexadecimal digits")]
pub struct InvalidDigest {
    given: String,
    digits: usize,
}

impl Sha256 {
    /// Computes the digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Digest(sha2::Sha256::digest(bytes).into())
    }
}

impl<const N: usize> Digest<N> {
    /// Reads exactly `2 * N` hexadecimal digits, in either case; `None` for anything else.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; N];
        (text.len() == 2 * N).then_some(())?;
        base16ct::mixed::decode(text, &mut bytes).ok()?;
        Some(Digest(bytes))
    }
}

impl<const N: usize> FromStr for Digest<N> {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        Self::from_hex(text.as_bytes())
            .ok_or_else(|| InvalidDigest { given: text.chars().take(2 * N + 1).collect(), digits: 2 * N })
    }
}

impl<const N: usize> TryFrom<String> for Digest<N> {
    type Error = InvalidDigest;

    fn try_from(text: String) -> Result<Self, InvalidDigest> {
        text.parse()
    }
}

impl<const N: usize> Serialize for Digest<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<const N: usize> fmt::Display for Digest<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Long enough for SHA-256, the longest digest in use.
        let mut hex = [0; 64];
        f.pad(base16ct::lower::encode_str(&self.0, &mut hex).map_err(|_| fmt::Error)?)
    }
}

impl<const N: usize> fmt::Debug for Digest<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_either_case_and_writes_lower() {
        let digest: Md5 = "D41D8CD98F00B204E9800998ECF8427E".parse().unwrap();
        assert_eq!(digest.to_string(), "d41d8cd98f00b204e9800998ecf8427e");
    }

    #[test]
    fn says_what_it_takes() {
        let refused = "d41d".parse::<Md5>().unwrap_err();
        assert_eq!(refused.to_string(), "\"d41d\" is not a digest: it takes 32 hexadecimal digits");
        assert!("zz1d8cd98f00b204e9800998ecf8427e".parse::<Md5>().is_err());
    }
}
