use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::{Md5, Sha256};

/// Largest artifact, in bytes: what the size field of a ustar header can say (eleven octal digits).
pub const MAX_ARTIFACT_BYTES: u64 = 0o77_777_777_777;

/// The bytes of a release: immutable, addressed by SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The address, and what the bytes are checked against.
    pub sha256: Sha256,
    /// The entity tag, and how a device says that it has the artifact.
    pub md5: Md5,
    /// Length in bytes, up to [`MAX_ARTIFACT_BYTES`].
    pub size: u64,
    /// CRC-32 as gzip defines it (RFC 1952 section 8). Unknown for artifacts that edgehop did not publish: it is then
    /// computed while the artifact is first sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
    /// The artifact, compressed at publish. Absent where compression saves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fragment: Option<Fragment>,
}

impl Artifact {
    /// The object whose bytes go into packages. Without a recorded CRC-32 the artifact itself must pass by, whatever else
    /// is there.
    pub fn packaged(&self) -> ObjectKey {
        match self.fragment.filter(|_| self.crc32.is_some()) {
            Some(fragment) => ObjectKey::Fragment(fragment.sha256),
            None => ObjectKey::Blob(self.sha256),
        }
    }
}

/// An artifact as raw deflate (RFC 1951) that starts and ends on a byte boundary, refers to nothing before it, and has
/// no final block: it can stand anywhere in a deflate stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// The address of the compressed bytes.
    pub sha256: Sha256,
    /// Their length in bytes.
    pub size: u64,
}

/// Where an object lies in an artifact store. Its bytes have the digest in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKey {
    /// An artifact, as it was published; `/blobs/<sha256>` serves it.
    Blob(Sha256),
    /// A fragment; only packages contain it.
    Fragment(Sha256),
}

impl ObjectKey {
    /// What the object's bytes must hash to.
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
