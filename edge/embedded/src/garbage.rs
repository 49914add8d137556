//! How objects go: hidden first, then shown again or deleted.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::files::present;
use crate::listing::signature_path;
use crate::note::Note;

/// Moves an object's file aside. What is hidden already stays hidden.
pub(crate) fn hide(path: &Path, aside: &Path) -> io::Result<()> {
    aside.parent().map_or(Ok(()), fs::create_dir_all)?;
    present(fs::rename(path, aside)).map(|_| ())
}

/// Moves it back, unless the object was put anew meanwhile.
pub(crate) fn show(path: &Path, aside: &Path) -> io::Result<()> {
    if path.exists() {
        return present(fs::remove_file(aside)).map(|_| ());
    }
    present(fs::rename(aside, path)).map(|_| ())
}

/// Deletes what was moved aside, with its note and signature if the object was not put anew meanwhile.
///
/// Waits until nobody puts anything there, and keeps others waiting: between the look and the deletion no object comes.
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
