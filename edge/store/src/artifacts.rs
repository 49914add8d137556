use std::fs::File;
use std::future::Future;
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use resolver::catalog::{Availability, ObjectKey, Tier};
use resolver::words::{Md5, Sha256, Timestamp};

use crate::StoreError;

/// An object's bytes in order, in pieces of any size. The stream may end early or fail at any piece, so readers must count
/// and check the bytes.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>> + Send>>;

/// An object's pieces in order, some of which are not read yet.
pub type PieceStream = Pin<Box<dyn Stream<Item = Result<Piece, StoreError>> + Send>>;

/// A pending read of bytes.
pub type Reading = Pin<Box<dyn Future<Output = Result<Bytes, StoreError>> + Send>>;

/// Consecutive bytes of an object.
pub enum Piece {
    /// Bytes in memory.
    Bytes(Bytes),
    /// Bytes of a file that are in the page cache.
    Unread(Box<dyn Unread>),
}

/// A range of an open file, which can be sent to a socket without reading it.
pub trait Unread: Send {
    /// Returns the open file.
    fn file(&self) -> &File;

    /// Returns the offset in the file at which the remaining range begins.
    fn offset(&self) -> u64;

    /// Returns the number of remaining bytes, which is not 0 in a new range.
    fn remaining(&self) -> usize;

    /// Returns true if the next bytes, at most so many, are in the page cache, so that sending them does not wait for a disk.
    fn is_cached(&self, bytes: usize) -> bool;

    /// Reads at least one of the remaining bytes, without advancing.
    fn read(&self) -> Reading;

    /// Advances past bytes that were sent.
    fn advance(&mut self, bytes: usize);
}

impl Piece {
    /// Returns the number of bytes in the piece.
    pub fn remaining(&self) -> usize {
        match self {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::Unread(unread) => unread.remaining(),
        }
    }
}

/// An object opened for reading.
pub struct Opened {
    /// Bytes of the requested range.
    pub bytes: ByteStream,
    /// The range for a reader that does not need to see the bytes, if the store keeps it in a file whose start is cached.
    pub unread: Option<Box<dyn Unread>>,
    /// Identity of the object's current bytes; `None` if the store cannot tell yet, or at all.
    pub identity: Option<Identity>,
}

/// Text that changes whenever an object's bytes may have changed, such as a file's inode, times and size, or an object
/// version. Equal identities mean equal bytes, as far as the store can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(pub String);

/// A lease of an exclusive right. Dropping it without [`release`](Self::release) ends it, too, but other processes may
/// have to wait some minutes for a shared store to notice.
pub struct Lease {
    right: Box<dyn Send>,
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Lease {
    /// Creates a lease that lasts as long as `right` is not dropped; `end` reports its end to the store.
    pub fn new(right: impl Send + 'static, end: impl Future<Output = ()> + Send + 'static) -> Lease {
        Lease { right: Box::new(right), end: Box::pin(end) }
    }

    /// Ends the lease.
    pub async fn release(self) {
        drop(self.right);
        self.end.await;
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lease")
    }
}

/// A presigned URL, from which its holder may read an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The URL.
    pub url: String,
    /// Time at which the URL expires.
    pub until: Timestamp,
}

/// An object's metadata, known without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Length in bytes.
    pub size: u64,
    /// MD5 that the object was put with, which is its entity tag.
    pub md5: Md5,
}

/// An object in a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Key of the object.
    pub key: ObjectKey,
    /// Length in bytes.
    pub size: u64,
    /// Time since the object was last put.
    pub age: Duration,
    /// Whether an interrupted garbage collection left the object hidden.
    pub aside: bool,
}

/// Store of artifacts and fragments, addressed by the digest of their bytes.
pub trait Artifacts: Send + Sync + 'static {
    /// Returns an object's metadata; `None` if it is missing.
    fn stat(&self, key: &ObjectKey) -> impl Future<Output = Result<Option<Stat>, StoreError>> + Send;

    /// Returns whether an object can be read now; [`StoreError::Missing`] if it is missing. A store without cold storage
    /// makes no call.
    fn availability(&self, key: &ObjectKey) -> impl Future<Output = Result<Availability, StoreError>> + Send {
        let _ = key;
        async { Ok(Availability::Ready) }
    }

    /// Requests the restore of a cold object for `days` days, and returns its availability afterwards. However many
    /// processes request it, at once or during a restore, only one restore is started.
    fn restore(
        &self,
        key: &ObjectKey,
        tier: Tier,
        days: u32,
    ) -> impl Future<Output = Result<Availability, StoreError>> + Send {
        let _ = (tier, days);
        self.availability(key)
    }

    /// Returns a presigned URL of an object, if the store is set up to create them. Calls at nearly the same time return
    /// equal URLs. Makes no call to the store.
    fn address(
        &self,
        key: &ObjectKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Address>, StoreError>> + Send {
        let _ = (key, now);
        async { Ok(None) }
    }

    /// Reads a range of an object. [`StoreError::Missing`] if it is missing, [`StoreError::Cold`] if it must be restored
    /// first.
    fn read(&self, key: &ObjectKey, range: Range<u64>) -> impl Future<Output = Result<Opened, StoreError>> + Send;

    /// Stores a local file, completely or not at all. An existing object of this length is kept, and its age
    /// ([`Stored::age`]) is renewed.
    ///
    /// The caller has computed the digests; readers detect wrong ones. A file in the store's folder for temporary files may
    /// be moved rather than copied.
    fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Returns an artifact's signature, which `/blobs/<sha256>.minisig` serves.
    fn signature(&self, artifact: &Sha256) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Stores an artifact's signature, replacing any other.
    fn put_signature(&self, artifact: &Sha256, minisig: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Checks that objects can be read now, for readiness probes, which may come several times a second. May call the
    /// store.
    fn ready(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
        async {
            // A store that works reports that this object is missing.
            let nothing = ObjectKey::Blob(resolver::words::Digest([0; 32]));
            self.stat(&nothing).await.map(|_| ())
        }
    }

    /// Locks out garbage collection for the duration of the lease: two collections would mistake each other's hidden
    /// objects for their own, and an import needs existing objects to stay. [`StoreError::Unavailable`] if another
    /// process holds the lease.
    fn lock_collection(&self) -> impl Future<Output = Result<Lease, StoreError>> + Send;

    /// Returns all objects in the order of their keys. Operators use it; no request does.
    fn list(&self) -> impl Future<Output = Result<Vec<Stored>, StoreError>> + Send;

    /// Hides an object, so that it appears missing. [`Self::put_back`] undoes this, and [`Self::discard`] deletes it.
    /// Garbage collection checks in between once more whether a release names the object.
    fn set_aside(&self, key: &ObjectKey) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Shows a hidden object again, unless it was put again meanwhile.
    fn put_back(&self, key: &ObjectKey) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a hidden object for good.
    fn discard(&self, key: &ObjectKey) -> impl Future<Output = Result<(), StoreError>> + Send;
}
