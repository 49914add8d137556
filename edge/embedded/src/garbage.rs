//! Hiding objects, showing them again, and deleting them.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::files::present;
use crate::listing::signature_path;
use crate::note::Note;

/// Hides an object by moving its file. A hidden object stays hidden.
pub(crate) fn hide(path: &Path, aside: &Path) -> io::Result<()> {
    aside.parent().map_or(Ok(()), fs::create_dir_all)?;
    present(fs::rename(path, aside)).map(|_| ())
}

/// Moves a hidden object back, unless the object was put again meanwhile.
pub(crate) fn show(path: &Path, aside: &Path) -> io::Result<()> {
    if path.exists() {
        return present(fs::remove_file(aside)).map(|_| ());
    }
    present(fs::rename(aside, path)).map(|_| ())
}

/// Deletes a hidden object, with its note and signature unless the object was put again meanwhile.
///
/// Locks out writers, so that no object is put between the check and the deletion.
pub(crate) fn delete(path: &Path, aside: &Path, work: &Path) -> io::Result<()> {
    present(fs::remove_file(aside))?;
    let held = File::open(work)?;
    held.lock()?;
    if !path.exists() {
        present(fs::remove_file(Note::path(path)))?;
        present(fs::remove_file(signature_path(path)))?;
    }
    Ok(())
}
