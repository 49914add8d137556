//! Records and bytes for tests to write.

use std::path::PathBuf;
use std::str::FromStr;

use resolver::catalog::{Artifact, Channel, Edit, Fragment, ObjectKey, Release, Signature};
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

/// Releases as they will be, and channels as they will be or, with `None`, go away.
pub(crate) fn edit(releases: &[Release], channels: &[(&str, Option<Channel>)]) -> Edit {
    let channels = channels.iter().map(|(name, channel)| (word(name), channel.clone())).collect();
    Edit { releases: releases.to_vec(), channels, ..Edit::default() }
}

/// Some key, as minisign writes it.
pub(crate) const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// What that key made: nothing that a store would verify.
pub(crate) fn signature() -> Signature {
    let minisig = "untrusted comment: signature from minisign secret key\n\
         RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
         trusted comment: timestamp:1556193335\tfile:test\n\
         y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==\n";
    Signature { key: word(KEY), minisig: word(minisig) }
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
