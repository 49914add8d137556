use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use resolver::catalog::{Artifact, ObjectKey};
use resolver::words::{Digest, Md5};
use sha2::Digest as _;
use tempfile::NamedTempFile;

use crate::fragment::FragmentWriter;
use crate::stage::temporary;
use store::{Artifacts, StoreError};

/// A fragment is kept if it saves at least one byte in so many; else the artifact itself goes into packages, and the
/// store holds it once.
const LEAST_SAVING: u64 = 32;

/// An artifact's bytes as they pass by, in order: what its record will say of them, and its fragment, are made on the
/// way. The bytes themselves are not kept.
///
/// Blocks; call it where that is allowed.
pub struct Digesting {
    fragment: FragmentWriter<BufWriter<File>>,
    file: NamedTempFile,
    sha256: sha2::Sha256,
    md5: md5::Md5,
    crc32: crc32fast::Hasher,
    size: u64,
}

/// What passed by.
#[derive(Debug)]
pub struct Digested {
    /// What the record will say.
    pub artifact: Artifact,
    /// The fragment's bytes and their MD5, if there is a fragment.
    fragment: Option<(NamedTempFile, Md5)>,
}

impl Digesting {
    /// Nothing has passed yet. The fragment goes into a temporary file in `work`.
    pub fn new(work: &Path) -> io::Result<Digesting> {
        let file = temporary(work)?;
        Ok(Digesting {
            fragment: FragmentWriter::new(BufWriter::new(file.reopen()?)),
            file,
            sha256: sha2::Sha256::new(),
            md5: md5::Md5::new(),
            crc32: crc32fast::Hasher::new(),
            size: 0,
        })
    }

    /// How many bytes have passed.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The next bytes.
    pub fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        self.size += piece.len() as u64;
        self.sha256.update(piece);
        self.md5.update(piece);
        self.crc32.update(piece);
        self.fragment.write(piece)
    }

    /// All of them have passed.
    pub fn finish(self) -> io::Result<Digested> {
        let Digesting { fragment, file, sha256, md5, crc32, size } = self;
        let (fragment, fragment_md5) = fragment.finish()?;
        let worth_it = fragment.size + size / LEAST_SAVING <= size;
        let artifact = Artifact {
            sha256: Digest(sha256.finalize().into()),
            md5: Digest(md5.finalize().into()),
            size,
            crc32: Some(crc32.finalize()),
            fragment: worth_it.then_some(fragment),
        };
        Ok(Digested { artifact, fragment: worth_it.then_some((file, fragment_md5)) })
    }
}

impl Digested {
    /// Puts the fragment into a store, if there is one. What is there already stays.
    pub async fn put_fragment(&self, artifacts: &impl Artifacts) -> Result<(), StoreError> {
        if let (Some(fragment), Some((file, md5))) = (self.artifact.fragment, &self.fragment) {
            artifacts.put(&ObjectKey::Fragment(fragment.sha256), file.path(), md5).await?;
        }
        Ok(())
    }
}
