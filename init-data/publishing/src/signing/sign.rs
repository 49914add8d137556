use std::io;
use std::path::{Path, PathBuf};

use minisign::PError;
use resolver::catalog::{InvalidMinisig, Minisig, Signature, Statement};

use super::SecretKey;
use super::file::{Measured, Measuring};
use super::writing::prepare;

/// Everybody reads a signature.
const MODE: u32 = 0o666;

/// Why a file was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// It could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what the statement says.
    #[error("{0} is not the file that the statement is about: sign it when nothing writes to it")]
    Changed(PathBuf),
    /// minisign could not sign it.
    #[error("minisign cannot sign {path}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: PError,
    },
    /// What minisign wrote could not be kept.
    #[error("the signature of {path} cannot be kept")]
    Kept {
        /// The file.
        path: PathBuf,
        /// Why.
        source: InvalidMinisig,
    },
    /// The signature could not be written.
    #[error("cannot write the signature {path}")]
    Write {
        /// The signature's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Signs a file and the statement about it. Blocks while it reads the file, once.
pub fn sign(file: &Path, statement: &Statement, key: &SecretKey) -> Result<Signature, SignError> {
    let refused = |source| SignError::Refused { path: file.into(), source };
    let mut reader = Measuring::open(file).map_err(|source| SignError::Read { path: file.into(), source })?;
    let (comment, by) = (statement.to_string(), format!("signature by key {}", key.public().id()));
    let made =
        minisign::sign(Some(&key.check), &key.secret, &mut reader, Some(&comment), Some(&by)).map_err(refused)?;
    if reader.finish() != (Measured { sha256: statement.sha256, size: statement.size }) {
        return Err(SignError::Changed(file.into()));
    }
    let minisig: Result<Minisig, _> = made.into_string().parse();
    let minisig = minisig.map_err(|source| SignError::Kept { path: file.into(), source })?;
    Ok(Signature { key: key.public(), minisig })
}

/// Where minisign looks for the signature of a file: `<file>.minisig`.
pub fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// Writes a signature, in place of the one that was there. A reader finds the one or the other, never a part.
pub fn write_signature(path: &Path, minisig: &Minisig) -> Result<(), SignError> {
    let write = |source| SignError::Write { path: path.into(), source };
    prepare(path, minisig.as_str(), MODE).map_err(write)?.persist(path).map_err(|failed| write(failed.error))?;
    Ok(())
}
