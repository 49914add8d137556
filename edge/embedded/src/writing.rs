//! Writing objects: they are staged in the folder for temporary files, then renamed.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use resolver::catalog::ObjectKey;
use resolver::words::Md5;
use staging::temporary;
use store::Stat;
use tempfile::TempPath;

use crate::files::present;
use crate::note::Note;

/// Stores `file` at `path`, completely or not at all, even in case of a power cut. The note is written first, so that
/// every object has one.
pub(crate) fn write(key: &ObjectKey, path: &Path, work: &Path, file: &Path, md5: &Md5) -> io::Result<()> {
    let stat = Stat { size: fs::metadata(file)?.len(), md5: *md5 };
    let noted = Note::read(path, key).is_ok_and(|note| note.0.size == stat.size);
    if noted && present(fs::metadata(path))?.is_some_and(|there| there.len() == stat.size) {
        return present(File::options().append(true).open(path))?
            .map_or(Ok(()), |there| there.set_modified(SystemTime::now()));
    }
    let folder = path.parent().unwrap_or(work);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    fs::create_dir_all(folder)?;
    let staged = staged(work, file)?;
    let _held = hold(work)?;
    write_unheld(&Note::path(path), work, &Note(stat).text(&name))?;
    // Not `persist`: if both paths are links to one inode, a rename does nothing, and the temporary link must be removed.
    fs::rename(&staged, path)?;
    File::open(folder)?.sync_all()
}

/// Writes a text at `path`, completely or not at all.
pub(crate) fn write_text(path: &Path, work: &Path, text: &str) -> io::Result<()> {
    let _held = hold(work)?;
    write_unheld(path, work, text)
}

/// Locks out deletions while an object, its note and its signature are written one after the other. Writers do not lock
/// each other out.
fn hold(work: &Path) -> io::Result<File> {
    let folder = File::open(work)?;
    folder.lock_shared()?;
    Ok(folder)
}

fn write_unheld(path: &Path, work: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(work))?;
    let mut file = temporary(work)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|refused| refused.error)
}

/// Returns a temporary file with the bytes of `file`, synchronized to the disk. A file in the folder for temporary files
/// is used without a copy, because its publisher does not write to it any more.
fn staged(work: &Path, file: &Path) -> io::Result<TempPath> {
    if file.parent() == Some(work) {
        let link = tempfile::Builder::new().make_in(work, |path| fs::hard_link(file, path))?.into_temp_path();
        File::options().append(true).open(&link)?.set_modified(SystemTime::now())?;
        File::open(&link)?.sync_all()?;
        return Ok(link);
    }
    let mut copy = temporary(work)?;
    io::copy(&mut File::open(file)?, copy.as_file_mut())?;
    copy.as_file().sync_all()?;
    Ok(copy.into_temp_path())
}
