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

/// An object's bytes, in pieces of the store's choosing, in order. It may end early or fail at any piece: whoever
/// reads counts and checks.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>> + Send>>;

/// An object's pieces, in order, some of which are not read yet.
pub type PieceStream = Pin<Box<dyn Stream<Item = Result<Piece, StoreError>> + Send>>;

/// Bytes that are being read.
pub type Reading = Pin<Box<dyn Future<Output = Result<Bytes, StoreError>> + Send>>;

/// Some of an object's bytes.
pub enum Piece {
    /// Bytes in memory.
    Bytes(Bytes),
    /// Bytes of a file that the system has in memory.
    Unread(Box<dyn Unread>),
}

/// A range of an open file, which a socket can be sent without reading it.
pub trait Unread: Send {
    /// The open file.
    fn file(&self) -> &File;

    /// Where in the file the range begins.
    fn offset(&self) -> u64;

    /// How many bytes are left of the range; never none in a new one.
    fn remaining(&self) -> usize;

    /// Whether the next bytes, at most so many, are in the system's memory: no disk would have to be waited for.
    fn is_cached(&self, bytes: usize) -> bool;

    /// Reads some of what is left, which stays left: one byte at least, or an error.
    fn read(&self) -> Reading;

    /// Leaves out the next bytes, which were sent.
    fn advance(&mut self, bytes: usize);
}

impl Piece {
    /// How many bytes it has.
    pub fn remaining(&self) -> usize {
        match self {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::Unread(unread) => unread.remaining(),
        }
    }
}

/// An object, opened for reading.
pub struct Opened {
    /// The bytes of the range asked for.
    pub bytes: ByteStream,
    /// That range for a reader that needs not see the bytes, if the store has it in a file, and its begin in memory.
    pub unread: Option<Box<dyn Unread>>,
    /// Tells this object's present state from any later one; `None` if the store cannot tell, or not yet.
    pub identity: Option<Identity>,
}

/// A word that a store changes whenever it may have changed an object's bytes: a file's number, times and size, or an
/// object version. Equal words mean equal bytes, as far as the store can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(pub String);

/// A right that is held until it is given back. One that is only dropped ends as well, but a store that others share may
/// notice that some minutes later.
pub struct Held {
    right: Box<dyn Send>,
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Held {
    /// Held for as long as `right` is; `end` tells the store.
    pub fn new(right: impl Send + 'static, end: impl Future<Output = ()> + Send + 'static) -> Held {
        Held { right: Box::new(right), end: Box::pin(end) }
    }

    /// Gives the right back.
    pub async fn release(self) {
        drop(self.right);
        self.end.await;
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

/// A URL that whoever has it may read an object from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The URL.
    pub url: String,
    /// From when on it is refused.
    pub until: Timestamp,
}

/// What a store knows of an object without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Length in bytes.
    pub size: u64,
    /// The MD5 it was put with: its entity tag.
    pub md5: Md5,
}

/// An object as a listing shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Which object.
    pub key: ObjectKey,
    /// Length in bytes.
    pub size: u64,
    /// How long ago it was last put.
    pub age: Duration,
    /// It was hidden, by a collector that did not get to its end.
    pub aside: bool,
}

/// Where artifacts and fragments are kept, under the digest of their bytes.
pub trait Artifacts: Send + Sync + 'static {
    /// What is known of an object; `None` if it is not there.
    fn stat(&self, key: &ObjectKey) -> impl Future<Output = Result<Option<Stat>, StoreError>> + Send;

    /// Whether an object can be read now; [`StoreError::Missing`] if it is not there. A store without cold storage never
    /// asks anybody.
    fn availability(&self, key: &ObjectKey) -> impl Future<Output = Result<Availability, StoreError>> + Send {
        let _ = key;
        async { Ok(Availability::Ready) }
    }

    /// Asks for a copy of a cold object that can be read for `days` days, and returns how things stand then. However many
    /// processes ask, at once or while a restore goes on, the store is asked for one restore.
    fn restore(
        &self,
        key: &ObjectKey,
        tier: Tier,
        days: u32,
    ) -> impl Future<Output = Result<Availability, StoreError>> + Send {
        let _ = (tier, days);
        self.availability(key)
    }

    /// A URL of the store's own from which anybody may read the object for a while, where the store is set up to give
    /// such URLs away. The same moment gives the same URL, and so do moments near it. No call to the store.
    fn address(
        &self,
        key: &ObjectKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Address>, StoreError>> + Send {
        let _ = (key, now);
        async { Ok(None) }
    }

    /// Reads a range of an object. [`StoreError::Missing`] if it is not there, [`StoreError::Cold`] if it must be
    /// restored first.
    fn read(&self, key: &ObjectKey, range: Range<u64>) -> impl Future<Output = Result<Opened, StoreError>> + Send;

    /// Puts a local file there, whole or not at all. An object that is there with this length stays as it is.
    ///
    /// The caller has computed the digests; readers find out if they are wrong. A file in the store's own folder for
    /// temporary files may be moved rather than copied. An object that is there counts as young again ([`Stored`]).
    fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The text that vouches for an artifact, beside it: what `/blobs/<sha256>.minisig` serves.
    fn signature(&self, artifact: &Sha256) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Puts that text there, in place of any other.
    fn put_signature(&self, artifact: &Sha256, minisig: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whether objects can be read now, as far as a look at a few tells: what a readiness check asks, some of them a
    /// second. It may go to the store.
    fn ready(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
        async {
            // Of one that is not there, a store that can be asked says so.
            let nothing = ObjectKey::Blob(resolver::words::Digest([0; 32]));
            self.stat(&nothing).await.map(|_| ())
        }
    }

    /// Keeps collectors of garbage away for as long as what it returns is held: two of them would take each other's hidden
    /// objects for their own, and whoever records bytes that are there already must find them there afterwards.
    /// [`StoreError::Unavailable`] if somebody else holds it.
    fn keep_from_collection(&self) -> impl Future<Output = Result<Held, StoreError>> + Send;

    /// Every object, in the order of their keys. For operators; no request needs it.
    fn list(&self) -> impl Future<Output = Result<Vec<Stored>, StoreError>> + Send;

    /// Hides an object: from now on it is missing. It is not gone: [`Self::put_back`] undoes this, and
    /// [`Self::discard`] ends it. Between the two, whoever collects garbage looks once more whether a release names it.
    fn set_aside(&self, key: &ObjectKey) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Shows a hidden object again, unless it was put anew meanwhile.
    fn put_back(&self, key: &ObjectKey) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a hidden object for good.
    fn discard(&self, key: &ObjectKey) -> impl Future<Output = Result<(), StoreError>> + Send;
}
