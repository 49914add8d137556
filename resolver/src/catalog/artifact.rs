use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::{Md5, Sha256};

/// Largest artifact, in bytes: the largest size in a ustar header (eleven octal digits).
pub const MAX_ARTIFACT_BYTES: u64 = 0o77_777_777_777;

/// Description of a release's bytes, which are immutable and addressed by SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Digest that addresses the bytes and that they are checked against.
    pub sha256: Sha256,
    /// Entity tag, by which a device reports that it has the artifact.
    pub md5: Md5,
    /// Length in bytes, up to [`MAX_ARTIFACT_BYTES`].
    pub size: u64,
    /// CRC-32 as gzip defines it (RFC 1952 section 8). `None` for artifacts published by other software, whose CRC-32 is
    /// computed when they are first sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
    /// The artifact as compressed when it was published; `None` if compression saves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fragment: Option<Fragment>,
}

impl Artifact {
    /// Returns the object whose bytes go into packages: the fragment, if there is one and the CRC-32 is known. An unknown
    /// CRC-32 can only be computed from the artifact itself.
    pub fn packaged(&self) -> ObjectKey {
        match self.fragment.filter(|_| self.crc32.is_some()) {
            Some(fragment) => ObjectKey::Fragment(fragment.sha256),
            None => ObjectKey::Blob(self.sha256),
        }
    }
}

/// An artifact as raw deflate (RFC 1951) that can stand anywhere in a deflate stream: it starts and ends on a byte
/// boundary, refers to nothing before it, and has no final block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// Digest that addresses the compressed bytes.
    pub sha256: Sha256,
    /// Length of the compressed bytes.
    pub size: u64,
}

/// Key of an object in an artifact store, named by the digest of the object's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKey {
    /// An artifact as published; `/blobs/<sha256>` serves it.
    Blob(Sha256),
    /// A fragment; only packages contain it.
    Fragment(Sha256),
}

impl ObjectKey {
    /// Returns the digest that the object's bytes must have.
    pub fn sha256(&self) -> Sha256 {
        match self {
            ObjectKey::Blob(sha256) | ObjectKey::Fragment(sha256) => *sha256,
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObjectKey::Blob(sha256) => write!(f, "blobs/{sha256}"),
            ObjectKey::Fragment(sha256) => write!(f, "fragments/{sha256}"),
        }
    }
}
