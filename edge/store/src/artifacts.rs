use std::future::Future;
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use resolver::catalog::ObjectKey;
use resolver::words::Md5;

use crate::StoreError;

/// An object's bytes, in pieces of the store's choosing, in order. It may end early or fail at any piece: whoever
/// reads counts and checks.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>> + Send>>;

/// An object, opened for reading.
pub struct Opened {
    /// The bytes of the range asked for.
    pub bytes: ByteStream,
    /// Tells this object's present state from any later one; `None` if the store cannot tell, or not yet.
    pub identity: Option<Identity>,
}

/// A word that a store changes whenever it may have changed an object's bytes: a file's number, times and size, or an
/// object version. Equal words mean equal bytes, as far as the store can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(pub String);

/// What a store knows of an object without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Length in bytes.
    pub size: u64,
    /// The MD5 it was put with: its entity tag.
    pub md5: Md5,
}

/// Where artifacts and fragments are kept, under the digest of their bytes.
pub trait Artifacts: Send + Sync + 'static {
    /// What is known of an object; `None` if it is not there.
    fn stat(&self, key: &ObjectKey) -> impl Future<Output = Result<Option<Stat>, StoreError>> + Send;

    /// Reads a range of an object. [`StoreError::Missing`] if it is not there.
    fn read(&self, key: &ObjectKey, range: Range<u64>) -> impl Future<Output = Result<Opened, StoreError>> + Send;

    /// Puts a local file there, whole or not at all. An object that is there with this length stays as it is.
    ///
    /// The caller has computed the digests; readers find out if they are wrong.
    fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> impl Future<Output = Result<(), StoreError>> + Send;
}
