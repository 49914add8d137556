use std::fs::{self, File, TryLockError};
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use resolver::catalog::ObjectKey;
use resolver::words::{Md5, Sha256};
use store::{Artifacts, Identity, Lease, Opened, Stat, StoreError, Stored, Unread};

use crate::buffers::Buffers;
use crate::chunks::{Chunks, FileRange};
use crate::files::{explained, failed, open_at_once, open_file, present, read_text};
use crate::garbage::{delete, hide, show};
use crate::listing::{listing, object_path, signature_path, some_objects};
use crate::note::Note;
use crate::readers::Readers;
use crate::writing::{write, write_text};

/// Time without writes after which a temporary file is taken for that of a killed publisher.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// Number of objects that a readiness check opens.
const LOOKED_AT: usize = 256;

/// Number of an object's first bytes that must be in the page cache for it to be sent unread.
const UNREAD: usize = 64 * 1024;

/// Age from which a file's times distinguish it from later states, in seconds.
const SETTLED_SECONDS: i64 = 2;

/// An artifact store in a folder of files named by the digests of their bytes.
#[derive(Debug, Clone)]
pub struct FolderArtifacts {
    root: Arc<Path>,
    buffers: Buffers,
    /// Last file that could not be read, which a readiness check tries first.
    failing: Arc<Mutex<Option<PathBuf>>>,
    readers: Readers,
}

impl FolderArtifacts {
    /// Opens the folder, creating it if it does not exist.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let work = root.join("tmp");
        fs::create_dir_all(&work).and_then(|()| sweep(&work)).map_err(|error| failed(&work, error))?;
        Ok(FolderArtifacts {
            root: root.into(),
            buffers: Buffers::default(),
            failing: Arc::default(),
            readers: Readers::default(),
        })
    }

    /// Returns the folder for temporary files of publishers, on the file system of the objects.
    pub fn work(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Returns the path of an object's file, which has two levels, so that no folder holds more than a 256th of the objects.
    pub fn path(&self, key: &ObjectKey) -> PathBuf {
        object_path(&self.root, key)
    }

    /// Distinguishes a missing file from a missing store, such as an unmounted volume.
    fn found<T>(&self, path: &Path, result: io::Result<T>) -> Result<Option<T>, StoreError> {
        match present(result) {
            Ok(None) => is_there(&self.root).map(|()| None),
            Ok(found) => Ok(found),
            Err(error) => {
                self.note_failing(path);
                Err(failed(path, error))
            }
        }
    }

    fn note_failing(&self, path: &Path) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = Some(path.to_owned());
    }

    /// Returns the folder of hidden objects, with the structure of the store.
    fn aside(&self) -> PathBuf {
        self.root.join("aside")
    }
}

impl Artifacts for FolderArtifacts {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        let (key, path, store) = (*key, self.path(key), self.clone());
        self.readers
            .run(move || {
                let Some(meta) = store.found(&path, fs::metadata(&path))? else {
                    return Ok(None);
                };
                let stat = Note::read(&path, &key).inspect_err(|_| store.note_failing(&Note::path(&path)))?.0;
                if meta.len() != stat.size {
                    let problem = format!("it has {} bytes in place of {}", meta.len(), stat.size);
                    return Err(StoreError::damaged(key, problem));
                }
                Ok(Some(stat))
            })
            .await
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        let (key, path, store, end) = (*key, self.path(key), self.clone(), range.end);
        let (buffers, readers) = (self.buffers.clone(), self.readers.clone());
        let (range, unread, identity) = self
            .readers
            .run(move || {
                let (file, meta) =
                    store.found(&path, open_file(&path))?.ok_or_else(|| StoreError::Missing(key.to_string()))?;
                // An error here has an HTTP status; an error at the end of the file could only cut the connection.
                if meta.len() < end {
                    return Err(StoreError::damaged(key, format!("it has {} bytes, and {end} are wanted", meta.len())));
                }
                let range = FileRange { file: Arc::new(file), range, buffers, readers };
                // A disk that does not give the first bytes is an error with a status, too.
                let unread = range.is_cached(UNREAD).then(|| Box::new(range.clone()) as Box<dyn Unread>);
                Ok((range, unread, identity(&meta)))
            })
            .await?;
        Ok(Opened { bytes: Box::pin(Chunks::new(range)), unread, identity })
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        let (key, path, work, file, md5) = (*key, self.path(key), self.work(), file.to_owned(), *md5);
        run(move || write(&key, &path, &work, &file, &md5).map_err(|error| failed(&path, error))).await
    }

    async fn signature(&self, artifact: &Sha256) -> Result<Option<String>, StoreError> {
        let path = signature_path(&self.path(&ObjectKey::Blob(*artifact)));
        let store = self.clone();
        self.readers.run(move || store.found(&path, read_text(&path))).await
    }

    async fn put_signature(&self, artifact: &Sha256, minisig: &str) -> Result<(), StoreError> {
        let path = signature_path(&self.path(&ObjectKey::Blob(*artifact)));
        let (work, text) = (self.work(), minisig.to_owned());
        run(move || write_text(&path, &work, &text).map_err(|error| failed(&path, error))).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let store = self.clone();
        self.readers
            .run(move || {
                is_there(&store.root)?;
                let failing = store.failing.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let objects = some_objects(&store.root, LOOKED_AT)?;
                failing
                    .iter()
                    .chain(&objects)
                    .try_for_each(|path| can_be_read(path).map_err(|error| failed(path, error)))
            })
            .await
    }

    async fn lock_collection(&self) -> Result<Lease, StoreError> {
        let path = Arc::clone(&self.root);
        run(move || {
            let lock = File::open(&path).map_err(|error| failed(&path, error))?;
            match lock.try_lock() {
                Ok(()) => Ok(Lease::new(lock, async {})),
                Err(TryLockError::WouldBlock) => Err(StoreError::artifacts(format!(
                    "{} is locked: another process deletes garbage or imports, wait for it",
                    path.display()
                ))),
                Err(TryLockError::Error(error)) => Err(failed(&path, error)),
            }
        })
        .await
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        let (root, aside) = (Arc::clone(&self.root), self.aside());
        run(move || {
            let mut stored = listing(&root, false).map_err(|error| failed(&root, error))?;
            stored.extend(listing(&aside, true).map_err(|error| failed(&aside, error))?);
            stored.sort_by_key(|object| (object.key, object.aside));
            Ok(stored)
        })
        .await
    }

    async fn set_aside(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let (path, aside) = (self.path(key), object_path(&self.aside(), key));
        run(move || hide(&path, &aside).map_err(|error| failed(&path, error))).await
    }

    async fn put_back(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let (path, aside) = (self.path(key), object_path(&self.aside(), key));
        run(move || show(&path, &aside).map_err(|error| failed(&path, error))).await
    }

    async fn discard(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let (path, aside, work) = (self.path(key), object_path(&self.aside(), key), self.work());
        run(move || delete(&path, &aside, &work).map_err(|error| failed(&path, error))).await
    }
}

/// Returns a file's inode, size and times. The change time of the inode cannot be set, but it advances only with the
/// kernel's tick, so a second change of a file that was just changed might not show.
fn identity(meta: &fs::Metadata) -> Option<Identity> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    (meta.ctime() + SETTLED_SECONDS < now as i64).then(|| {
        let (dev, ino, size) = (meta.dev(), meta.ino(), meta.size());
        let (modified, changed) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
        Identity(format!("{dev} {ino} {size} {modified:?} {changed:?}"))
    })
}

/// Fails unless the folder is an artifact store. An unmounted volume leaves no folder, or an empty one.
fn is_there(root: &Path) -> Result<(), StoreError> {
    // Some backups leave out the folder for temporary files.
    let Err(error) = fs::metadata(root.join("blobs")).or_else(|_| fs::metadata(root.join("tmp"))) else {
        return Ok(());
    };
    let error = explained(root, error);
    Err(StoreError::artifacts(io::Error::new(error.kind(), format!("there is no artifact store: {error}"))))
}

/// Checks that a file can be opened for reading; a file that was deleted meanwhile is no error.
fn can_be_read(path: &Path) -> io::Result<()> {
    present(open_at_once(path)).map(|_| ())
}

/// Removes temporary files of killed publishers.
fn sweep(work: &Path) -> io::Result<()> {
    for entry in fs::read_dir(work)? {
        let entry = entry?;
        let old = |meta: fs::Metadata| meta.modified().ok()?.elapsed().ok().filter(|age| *age > ABANDONED);
        if present(entry.metadata())?.and_then(old).is_some() {
            present(fs::remove_file(entry.path()))?;
        }
    }
    Ok(())
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(StoreError::artifacts)?
}
