//! Paths of objects below a folder, and lists of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use resolver::catalog::ObjectKey;
use resolver::words::Sha256;
use store::{StoreError, Stored};

use crate::files::{failed, present};

/// A kind of object: its folder, and the key of an object by its digest.
type Kind = (&'static str, fn(Sha256) -> ObjectKey);

const KINDS: [Kind; 2] = [("blobs", ObjectKey::Blob), ("fragments", ObjectKey::Fragment)];

/// Returns the path of an object below `root`, which has two levels, so that no folder holds more than a 256th of the
/// objects.
pub(crate) fn object_path(root: &Path, key: &ObjectKey) -> PathBuf {
    let kind = match key {
        ObjectKey::Blob(_) => "blobs",
        ObjectKey::Fragment(_) => "fragments",
    };
    let digest = key.sha256().to_string();
    root.join(kind).join(&digest[..2]).join(digest)
}

/// Returns the path of the signature beside an artifact's file.
pub(crate) fn signature_path(path: &Path) -> PathBuf {
    path.with_added_extension("minisig")
}

/// Lists the objects below `root`.
pub(crate) fn listing(root: &Path, aside: bool) -> io::Result<Vec<Stored>> {
    let mut found = Vec::new();
    for (kind, key) in KINDS {
        for folder in entries(&root.join(kind))?.iter().filter(|entry| entry.path().is_dir()) {
            for file in entries(&folder.path())? {
                // Notes and signatures have the name of their object with an extension.
                let Some(sha256) = file.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
                let Some(meta) = present(file.metadata())? else { continue };
                let age = meta.modified()?.elapsed().unwrap_or_default();
                found.push(Stored { key: key(sha256), size: meta.len(), age, aside });
            }
        }
    }
    Ok(found)
}

/// Lists up to `most` files of objects below `root`, including notes and signatures.
pub(crate) fn some_objects(root: &Path, most: usize) -> Result<Vec<PathBuf>, StoreError> {
    let read = |folder: &Path| entries(folder).map_err(|error| failed(folder, error));
    let mut found = Vec::new();
    for (kind, _) in KINDS {
        for folder in read(&root.join(kind))? {
            if found.len() >= most {
                return Ok(found);
            }
            found.extend(read(&folder.path())?.iter().map(fs::DirEntry::path).take(most - found.len()));
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match present(fs::read_dir(folder))? {
        Some(entries) => entries.collect(),
        None => Ok(Vec::new()),
    }
}
