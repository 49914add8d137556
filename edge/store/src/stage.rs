use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::{Path, PathBuf};

use resolver::catalog::{Artifact, MAX_ARTIFACT_BYTES};
use resolver::words::{Digest, Md5};
use sha2::Digest as _;
use tempfile::NamedTempFile;

use crate::fragment::FragmentWriter;

/// The source is read in pieces of this size, in bytes.
const INPUT: usize = 1 << 20;

/// A fragment is kept if it saves at least one byte in so many; else the artifact itself goes into packages, and the
/// store holds it once.
const LEAST_SAVING: u64 = 32;

/// A file, read once and ready to be put into a store.
#[derive(Debug)]
pub struct Staged {
    /// What the record will say.
    pub artifact: Artifact,
    /// Where the artifact's bytes are.
    pub source: PathBuf,
    /// The fragment's bytes and their MD5, if there is a fragment.
    pub(crate) fragment: Option<(NamedTempFile, Md5)>,
}

/// Why a file cannot become an artifact.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// It could not be read, or the fragment could not be written.
    #[error("cannot read {path}, or write beside it into {work}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The folder for temporary files.
        work: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is nothing in it.
    #[error("{0} is empty: an artifact takes at least one byte")]
    Empty(PathBuf),
    /// A ustar header cannot say its size.
    #[error("{0} is too large: an artifact takes {MAX_ARTIFACT_BYTES} bytes at most")]
    TooLarge(PathBuf),
}

/// Computes digests and the fragment of a file in one pass. Temporary files go to `work`.
///
/// Blocks; call it where that is allowed.
pub fn stage(source: &Path, work: &Path) -> Result<Staged, StageError> {
    let io = |error| StageError::Io { path: source.into(), work: work.into(), source: error };
    let mut file = File::open(source).map_err(io)?;
    let temporary = NamedTempFile::new_in(work).map_err(io)?;
    let mut fragment = FragmentWriter::new(BufWriter::new(temporary.as_file()));
    let (mut sha256, mut md5, mut crc32) = (sha2::Sha256::new(), md5::Md5::new(), crc32fast::Hasher::new());
    let mut buffer = vec![0; INPUT];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer).map_err(io)?;
        let piece = &buffer[..read];
        if piece.is_empty() {
            break;
        }
        size += read as u64;
        if size > MAX_ARTIFACT_BYTES {
            return Err(StageError::TooLarge(source.into()));
        }
        sha256.update(piece);
        md5.update(piece);
        crc32.update(piece);
        fragment.write(piece).map_err(io)?;
    }
    if size == 0 {
        return Err(StageError::Empty(source.into()));
    }
    let (fragment, fragment_md5) = fragment.finish().map_err(io)?;
    let worth_it = fragment.size + size / LEAST_SAVING <= size;
    let artifact = Artifact {
        sha256: Digest(sha256.finalize().into()),
        md5: Digest(md5.finalize().into()),
        size,
        crc32: Some(crc32.finalize()),
        fragment: worth_it.then_some(fragment),
    };
    Ok(Staged { artifact, source: source.into(), fragment: worth_it.then_some((temporary, fragment_md5)) })
}
