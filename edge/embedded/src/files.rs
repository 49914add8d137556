//! What the file system says, as a store says it.

use std::io;
use std::path::Path;

use store::StoreError;

/// That there is no such file is an answer, not a failure.
pub(crate) fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn failed(path: &Path, error: io::Error) -> StoreError {
    StoreError::artifacts(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
