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

/// Least saving for which a fragment is kept: one byte in so many. Otherwise packages contain the artifact itself.
const LEAST_SAVING: u64 = 32;

/// Computes an artifact's record and its fragment from the artifact's bytes in one pass, without keeping the bytes.
///
/// Its methods block.
pub struct Digesting {
    fragment: FragmentWriter<BufWriter<File>>,
    file: NamedTempFile,
    sha256: sha2::Sha256,
    md5: md5::Md5,
    crc32: crc32fast::Hasher,
    size: u64,
}

/// Result of one pass over an artifact's bytes.
#[derive(Debug)]
pub struct Digested {
    /// Record of the artifact.
    pub artifact: Artifact,
    /// File with the fragment's bytes, and their MD5, if there is a fragment.
    fragment: Option<(NamedTempFile, Md5)>,
}

impl Digesting {
    /// Starts a pass. The fragment is written to a temporary file in `work`.
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

    /// Returns the number of bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next bytes.
    pub fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        self.size += piece.len() as u64;
        self.sha256.update(piece);
        self.md5.update(piece);
        self.crc32.update(piece);
        self.fragment.write(piece)
    }

    /// Finishes the pass after the last byte.
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
    /// Puts the fragment, if there is one, into a store. An existing fragment is kept.
    pub async fn put_fragment(&self, artifacts: &impl Artifacts) -> Result<(), StoreError> {
        if let (Some(fragment), Some((file, md5))) = (self.artifact.fragment, &self.fragment) {
            artifacts.put(&ObjectKey::Fragment(fragment.sha256), file.path(), md5).await?;
        }
        Ok(())
    }
}
