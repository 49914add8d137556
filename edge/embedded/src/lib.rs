//! The default stores, for one machine and no other service: a SQLite catalog and a content-addressed folder.
//!
//! ```text
//! <data>/catalog.sqlite                   components, releases, channels; the server and the command line share it
//! <data>/artifacts/blobs/ab/ab12…         an artifact, named by its SHA-256
//! <data>/artifacts/blobs/ab/ab12….md5     its size and MD5, in the format of md5sum
//! <data>/artifacts/blobs/ab/ab12….minisig what vouches for it
//! <data>/artifacts/fragments/cd/cd34…     an artifact compressed for packages
//! <data>/artifacts/aside/                 what a collector of garbage hid before it deletes it
//! <data>/artifacts/tmp/                   what is being written
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

/// Returns true if the folder holds objects of an artifact store, or cannot be read, so that it may.
pub fn has_objects(artifacts: &Path) -> bool {
    !listing::some_objects(artifacts, 1).is_ok_and(|found| found.is_empty())
}

/// Opens both stores in a data folder, making what is not there.
pub fn open(data: &Path) -> Result<(SqliteCatalog, FolderArtifacts), StoreError> {
    let artifacts = FolderArtifacts::open(&data.join("artifacts"))?;
    Ok((SqliteCatalog::open(&data.join("catalog.sqlite"))?, artifacts))
}
