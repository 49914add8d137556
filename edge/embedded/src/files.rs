//! Conversion of file system errors to store errors.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use store::StoreError;

/// Turns the error of a missing file into `None`.
pub(crate) fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn failed(path: &Path, error: io::Error) -> StoreError {
    StoreError::artifacts(explained(path, error))
}

/// Adds the file to an error. If access is denied, also adds which file or folder denies it, and a remedy.
pub(crate) fn explained(path: &Path, error: io::Error) -> io::Error {
    let cure = if error.kind() == io::ErrorKind::PermissionDenied { cure(path) } else { None };
    io::Error::new(error.kind(), format!("{}: {error}{}", path.display(), cure.unwrap_or_default()))
}

/// Returns a remedy for the file that denies access, or for the nearest folder above it that can be read.
fn cure(path: &Path) -> Option<String> {
    let (denies, meta) = path.ancestors().find_map(|path| Some((path, fs::metadata(path).ok()?)))?;
    let (owner, mode, user) = (meta.uid(), meta.permissions().mode() & 0o7777, rustix::process::geteuid().as_raw());
    Some(format!(
        "; {} is user {owner}'s, with mode {mode:o}, and this process is user {user}'s: `chmod -R a+rX` or `chown -R {user}` \
         on the store's folder mends all of it",
        denies.display()
    ))
}

/// Opens a regular file to read it. Anything else is refused, because opening or reading a pipe or a device might never
/// end.
pub(crate) fn open_file(path: &Path) -> io::Result<(File, Metadata)> {
    let file = open_at_once(path)?;
    let meta = file.metadata()?;
    let refused = || io::Error::new(io::ErrorKind::InvalidData, "it is no regular file: put the object's file back");
    if meta.is_file() { Ok((file, meta)) } else { Err(refused()) }
}

/// Opens a file to read it, without blocking if it is a pipe.
pub(crate) fn open_at_once(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)
}

/// Reads the text of a regular file.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open_file(path)?.0.read_to_string(&mut text)?;
    Ok(text)
}
