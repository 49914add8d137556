use std::fs::{File, Permissions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use resolver::catalog::{Artifact, MAX_ARTIFACT_BYTES, ObjectKey};
use tempfile::NamedTempFile;

use crate::digesting::{Digested, Digesting};
use store::{Artifacts, StoreError};

/// Permissions of published files, before the umask: the server may run as another user than the publisher.
pub const MODE: u32 = 0o666;

/// Size of the pieces in which the source is read, in bytes.
const INPUT: usize = 1 << 20;

/// A file ready to be put into a store, as a private copy that no other process can change.
#[derive(Debug)]
pub struct Staged {
    /// Record of the artifact.
    pub artifact: Artifact,
    copy: NamedTempFile,
    digested: Digested,
}

/// Error of a file that cannot become an artifact.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The copy or the fragment cannot be written.
    #[error("cannot write temporary files into {work}")]
    Write {
        /// The folder for temporary files.
        work: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The file is empty.
    #[error("{0} is empty: an artifact takes at least one byte")]
    Empty(PathBuf),
    /// The file is larger than a ustar header can express.
    #[error("{0} is too large: an artifact takes {MAX_ARTIFACT_BYTES} bytes at most")]
    TooLarge(PathBuf),
}

/// Reads a file once, copies it, and computes its digests and its fragment. Temporary files are created in `work`.
/// `passing` is called with every piece of the file.
///
/// The function blocks.
pub fn stage(source: &Path, work: &Path, mut passing: impl FnMut(&[u8])) -> Result<Staged, StageError> {
    let read = |error| StageError::Read { path: source.into(), source: error };
    let write = |error| StageError::Write { work: work.into(), source: error };
    let mut file = File::open(source).map_err(read)?;
    let mut copy = temporary(work).map_err(write)?;
    let mut digesting = Digesting::new(work).map_err(write)?;
    let mut buffer = vec![0; INPUT];
    loop {
        let count = file.read(&mut buffer).map_err(read)?;
        let piece = &buffer[..count];
        if piece.is_empty() {
            break;
        }
        if digesting.size() + count as u64 > MAX_ARTIFACT_BYTES {
            return Err(StageError::TooLarge(source.into()));
        }
        passing(piece);
        copy.write_all(piece).map_err(write)?;
        digesting.take(piece).map_err(write)?;
    }
    if digesting.size() == 0 {
        return Err(StageError::Empty(source.into()));
    }
    let digested = digesting.finish().map_err(write)?;
    Ok(Staged { artifact: digested.artifact.clone(), copy, digested })
}

/// Creates a temporary file that may become an object, readable not only by its owner but as the umask allows.
pub fn temporary(work: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().permissions(Permissions::from_mode(MODE)).tempfile_in(work)
}

impl Staged {
    /// Puts the artifact and its fragment into a store. Existing objects are kept. No release names them yet, so stopping
    /// afterwards does no harm.
    pub async fn put(&self, artifacts: &impl Artifacts) -> Result<(), StoreError> {
        let blob = ObjectKey::Blob(self.artifact.sha256);
        artifacts.put(&blob, self.copy.path(), &self.artifact.md5).await?;
        self.digested.put_fragment(artifacts).await
    }
}
