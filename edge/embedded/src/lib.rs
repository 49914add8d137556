//! Default stores for a single machine without other services: a SQLite catalog and a content-addressed folder.
//!
//! ```text
//! <data>/catalog.sqlite                   components, releases, channels; the server and the command line share it
//! <data>/artifacts/blobs/ab/ab12…         an artifact, named by its SHA-256
//! <data>/artifacts/blobs/ab/ab12….md5     its size and MD5, in the format of md5sum
//! <data>/artifacts/blobs/ab/ab12….minisig its signature
//! <data>/artifacts/fragments/cd/cd34…     an artifact compressed for packages
//! <data>/artifacts/aside/                 objects hidden by garbage collection before it deletes them
//! <data>/artifacts/tmp/                   files that are being written
//! ```

mod buffers;
mod catalog;
mod chunks;
mod files;
mod folder;
mod garbage;
mod listing;
mod note;
mod opened;
mod readers;
mod schema;
mod writing;

use std::path::Path;

pub use catalog::SqliteCatalog;
pub use folder::FolderArtifacts;
use store::StoreError;

/// Returns true if the folder holds objects of an artifact store, or may hold some because it cannot be read.
pub fn has_objects(artifacts: &Path) -> bool {
    !listing::some_objects(artifacts, 1).is_ok_and(|found| found.is_empty())
}

/// Opens both stores in a data folder, creating missing ones.
pub fn open(data: &Path) -> Result<(SqliteCatalog, FolderArtifacts), StoreError> {
    let artifacts = FolderArtifacts::open(&data.join("artifacts"))?;
    Ok((SqliteCatalog::open(&data.join("catalog.sqlite"))?, artifacts))
}
