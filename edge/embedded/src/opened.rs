//! The open catalog file, and the detection of a file that replaced it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use staging::MODE;
use store::StoreError;

use crate::files::explained;
use crate::schema;

/// A connection with the identity of its file. After a restored backup, a change of volumes or a moved folder, the path
/// leads to another file, while the connection would continue to use the old one.
#[derive(Debug)]
pub(crate) struct OpenFile {
    connection: Connection,
    file: FileId,
    log: Option<FileId>,
}

/// Device and inode of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId(u64, u64);

impl OpenFile {
    /// Opens the file, creating it if it does not exist.
    pub(crate) fn make(path: &Path) -> Result<OpenFile, StoreError> {
        create(path);
        OpenFile::connect(path, schema::connect)
    }

    /// Returns a connection to the file that the path leads to now. A missing file is not created, because an empty catalog
    /// would tell every device that there is nothing for it.
    pub(crate) fn current<'a>(open: &'a mut Option<OpenFile>, path: &Path) -> Result<&'a mut Connection, StoreError> {
        let there = FileId::at(path).map_err(|error| unreachable(path, error))?;
        if let Some(old) = open.as_ref().filter(|open| open.file != there) {
            old.leave(path)?;
            // The old connection is closed first, because closing a file that both have open would end the new one's locks.
            *open = None;
        }
        let open = match open.take() {
            Some(current) => open.insert(current),
            None => open.insert(OpenFile::connect(path, schema::reconnect)?),
        };
        Ok(&mut open.connection)
    }

    fn connect(path: &Path, connect: fn(&Path) -> Result<Connection, StoreError>) -> Result<OpenFile, StoreError> {
        let before = FileId::at(path).ok();
        let connection = connect(path)?;
        let file = FileId::at(path).map_err(|error| unreachable(path, error))?;
        if before.is_some_and(|before| before != file) {
            return Err(StoreError::catalog(format!("{} is being replaced", path.display())));
        }
        Ok(OpenFile { connection, file, log: FileId::at(&log(path)).ok() })
    }

    /// Prepares to close the old file. Its write-ahead log may still be beside the new file, where SQLite would take it for
    /// the new file's, so it is checkpointed into the old file first. The connection must also not remove the new file's
    /// log when it closes, which it would do by name.
    fn leave(&self, path: &Path) -> Result<(), StoreError> {
        let busy = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        let log = log(path);
        if !matches!(busy, Ok(false)) && self.log.is_some() && FileId::at(&log).ok() == self.log {
            let problem = "is the log of the file that was there before: stop all programs that use it, then remove it";
            return Err(StoreError::catalog(format!("{} {problem}", log.display())));
        }
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(StoreError::catalog)?;
        Ok(())
    }
}

impl FileId {
    fn at(path: &Path) -> io::Result<FileId> {
        fs::metadata(path).map(|meta| FileId(meta.dev(), meta.ino()))
    }
}

/// Creates an empty file with the permissions that the umask allows; SQLite would create one that only its owner can write.
/// If this fails, SQLite reports the error.
///
/// The file gets its name after it is closed, because closing any file of a database in use ends the process's locks on it.
fn create(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.exists() {
        return;
    }
    let file = tempfile::Builder::new().permissions(Permissions::from_mode(MODE)).tempfile_in(folder);
    let _ = file.map(|file| file.into_temp_path().persist_noclobber(path));
}

fn log(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn unreachable(path: &Path, error: io::Error) -> StoreError {
    StoreError::catalog(explained(path, error))
}
