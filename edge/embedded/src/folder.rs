use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use resolver::catalog::ObjectKey;
use resolver::words::{Md5, Sha256};
use store::{Artifacts, Identity, Opened, Stat, StoreError, Stored};

use crate::buffers::Buffers;
use crate::chunks::Chunks;
use crate::files::{failed, present};
use crate::garbage::{delete, hide, show};
use crate::listing::{listing, object_path, signature_path};
use crate::note::Note;

/// How long nobody must have written to a temporary file before it is taken for a dead publisher's.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// How long ago a file must have changed for its times to tell it from a later one, in seconds.
const SETTLED_SECONDS: i64 = 2;

/// A folder of objects under the digests of their bytes.
#[derive(Debug, Clone)]
pub struct FolderArtifacts {
    root: Arc<Path>,
    buffers: Buffers,
}

impl FolderArtifacts {
    /// Opens the folder, making it if it is not there.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let work = root.join("tmp");
        fs::create_dir_all(&work).and_then(|()| sweep(&work)).map_err(|error| failed(&work, error))?;
        Ok(FolderArtifacts { root: root.into(), buffers: Buffers::default() })
    }

    /// Where whoever publishes may put temporary files: the same file system as the objects.
    pub fn work(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// The file of an object. Two levels, so that no folder holds more than a 256th of them.
    pub fn path(&self, key: &ObjectKey) -> PathBuf {
        object_path(&self.root, key)
    }

    /// Where hidden objects are, in folders like those they came from.
    fn aside(&self) -> PathBuf {
        self.root.join("aside")
    }
}

impl Artifacts for FolderArtifacts {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        let (key, path) = (*key, self.path(key));
        run(move || {
            let Some(meta) = present(fs::metadata(&path)).map_err(|error| failed(&path, error))? else {
                return Ok(None);
            };
            let stat = Note::read(&path, &key)?.0;
            if meta.len() != stat.size {
                let problem = format!("it has {} bytes in place of {}", meta.len(), stat.size);
                return Err(StoreError::damaged(key, problem));
            }
            Ok(Some(stat))
        })
        .await
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        let (key, path) = (*key, self.path(key));
        let (file, identity) = run(move || {
            let file = present(File::open(&path))
                .map_err(|error| failed(&path, error))?
                .ok_or_else(|| StoreError::Missing(key.to_string()))?;
            let identity = identity(&file.metadata().map_err(|error| failed(&path, error))?);
            Ok((file, identity))
        })
        .await?;
        Ok(Opened { bytes: Box::pin(Chunks::new(file, range, self.buffers.clone())), identity })
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        let (key, path, work, file, md5) = (*key, self.path(key), self.work(), file.to_owned(), *md5);
        run(move || write(&key, &path, &work, &file, &md5).map_err(|error| failed(&path, error))).await
    }

    async fn signature(&self, artifact: &Sha256) -> Result<Option<String>, StoreError> {
        let path = signature_path(&self.path(&ObjectKey::Blob(*artifact)));
        run(move || present(fs::read_to_string(&path)).map_err(|error| failed(&path, error))).await
    }

    async fn put_signature(&self, artifact: &Sha256, minisig: &str) -> Result<(), StoreError> {
        let path = signature_path(&self.path(&ObjectKey::Blob(*artifact)));
        let (work, text) = (self.work(), minisig.to_owned());
        run(move || write_text(&path, &work, &text).map_err(|error| failed(&path, error))).await
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
        let (path, aside) = (self.path(key), object_path(&self.aside(), key));
        run(move || delete(&path, &aside).map_err(|error| failed(&path, error))).await
    }
}

/// Copies `file` to `path` through a temporary file, so that an object is there whole or not at all, even after a
/// power cut. The note is written first: where the object is, its note is.
fn write(key: &ObjectKey, path: &Path, work: &Path, file: &Path, md5: &Md5) -> io::Result<()> {
    let stat = Stat { size: fs::metadata(file)?.len(), md5: *md5 };
    let noted = Note::read(path, key).is_ok_and(|note| note.0.size == stat.size);
    if noted && present(fs::metadata(path))?.is_some_and(|there| there.len() == stat.size) {
        return present(File::options().append(true).open(path))?
            .map_or(Ok(()), |there| there.set_modified(SystemTime::now()));
    }
    let folder = path.parent().unwrap_or(work);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    fs::create_dir_all(folder)?;
    write_text(&Note::path(path), work, &Note(stat).text(&name))?;
    if file.parent() == Some(work) {
        // A temporary file is the publisher's own and is not written to any more: it needs no copy.
        let link = tempfile::Builder::new().make_in(work, |path| fs::hard_link(file, path))?.into_temp_path();
        File::options().append(true).open(&link)?.set_modified(SystemTime::now())?;
        File::open(&link)?.sync_all()?;
        fs::rename(&link, path)?;
    } else {
        let mut copy = tempfile::NamedTempFile::new_in(work)?;
        io::copy(&mut File::open(file)?, copy.as_file_mut())?;
        persist(copy, path)?;
    }
    File::open(folder)?.sync_all()
}

fn write_text(path: &Path, work: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(work))?;
    let mut file = tempfile::NamedTempFile::new_in(work)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    persist(file, path)
}

/// A file's number, size and times. The time of the last change of the inode cannot be set by anybody, but it only
/// moves on with the kernel's tick: of a file changed just now, another change might not show.
fn identity(meta: &fs::Metadata) -> Option<Identity> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    (meta.ctime() + SETTLED_SECONDS < now as i64).then(|| {
        let (dev, ino, size) = (meta.dev(), meta.ino(), meta.size());
        let (modified, changed) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
        Identity(format!("{dev} {ino} {size} {modified:?} {changed:?}"))
    })
}

/// Removes what a publisher that was killed left behind.
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

fn persist(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|refused| refused.error)
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(StoreError::artifacts)?
}
