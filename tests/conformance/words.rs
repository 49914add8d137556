//! Records and bytes for tests to write.

use std::path::PathBuf;
use std::str::FromStr;

use resolver::catalog::{Artifact, Channel, Fragment, ObjectKey, Release};
use resolver::words::{Digest, Md5, Sha256, Timestamp};

/// A word of any kind from its text.
pub(crate) fn word<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// A release whose bytes are told by its version, published at a moment.
pub(crate) fn release(version: &str, published: u64) -> Release {
    let sha256 = Sha256::of(version.as_bytes());
    let fragment = Fragment { sha256: Sha256::of(&sha256.0), size: 900 };
    let artifact =
        Artifact { sha256, md5: md5(version.as_bytes()), size: 1000, crc32: Some(7), fragment: Some(fragment) };
    Release::new(word(version), artifact, Timestamp(published))
}

/// A channel that points at a version.
pub(crate) fn channel(target: &str, attributes: &[&str]) -> Channel {
    let attributes = attributes.iter().map(|name| word(name)).collect();
    Channel { attributes, ..Channel::new(word(target)) }
}

pub(crate) fn md5(bytes: &[u8]) -> Md5 {
    use md5::Digest as _;
    Digest(md5::Md5::digest(bytes).into())
}

/// Bytes that differ from place to place and from seed to seed.
pub(crate) fn noise(length: usize, seed: u32) -> Vec<u8> {
    let word = |at: usize| (at as u32 / 4 + 1).wrapping_mul(2_654_435_761 ^ seed.rotate_left(16)).to_le_bytes();
    (0..length).map(|at| word(at)[at % 4]).collect()
}

/// Bytes in a file, ready to be put under the digest of what they are.
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    pub(crate) file: PathBuf,
    folder: tempfile::TempDir,
}

impl Object {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let folder = edgehop_tests::server::folder();
        let file = folder.path().join("object");
        std::fs::write(&file, &bytes).unwrap();
        Object { bytes, file, folder }
    }

    pub(crate) fn blob(&self) -> ObjectKey {
        ObjectKey::Blob(Sha256::of(&self.bytes))
    }

    pub(crate) fn md5(&self) -> Md5 {
        md5(&self.bytes)
    }

    /// A folder beside the file.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}
