use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::stream;
use resolver::catalog::{Availability, ObjectKey, Tier};
use resolver::words::{Md5, Sha256, Timestamp};
use store::{Address, Artifacts, Lease, Opened, Stat, StoreError, Stored};

use super::directory::{Directory, Object};
use super::latest::{Latest, TableState, read_only};
use crate::S3Artifacts;
use crate::artifacts::Bucket;

/// Artifacts in a bucket that the AWS sample's init script filled, under the names that it gave them. There are no
/// fragments or signatures; every write returns [`StoreError::ReadOnly`]. After the table is adopted, reads go to edgehop's
/// store in the bucket.
///
/// [`stat`](Artifacts::stat) is answered from memory, [`read`](Artifacts::read) is 1 GET.
#[derive(Debug, Clone)]
pub struct SampleArtifacts {
    bucket: Bucket,
    latest: Latest,
    own: S3Artifacts,
    is_adopting: bool,
}

impl SampleArtifacts {
    pub(crate) fn new(bucket: Bucket, latest: Latest, own: S3Artifacts, is_adopting: bool) -> SampleArtifacts {
        SampleArtifacts { bucket, latest, own, is_adopting }
    }

    /// Lets the store create presigned URLs after the table is adopted.
    pub(crate) fn with_addresses(mut self, lifetime: Duration) -> SampleArtifacts {
        self.own = self.own.with_addresses(lifetime);
        self
    }

    async fn is_adopted(&self) -> bool {
        matches!(self.latest.seen().await, TableState::Adopted)
    }

    fn refused<T>(&self) -> Result<T, StoreError> {
        read_only(format!("the bucket {}", self.bucket.name), self.is_adopting)
    }
}

impl Artifacts for SampleArtifacts {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        let TableState::Sample(directory) = self.latest.seen().await else { return self.own.stat(key).await };
        let found = object(&directory, key);
        Ok(found.map(|Object { artifact, .. }| Stat { size: artifact.size, md5: artifact.md5 }))
    }

    async fn availability(&self, key: &ObjectKey) -> Result<Availability, StoreError> {
        match self.is_adopted().await {
            true => self.own.availability(key).await,
            false => Ok(Availability::Ready),
        }
    }

    async fn restore(&self, key: &ObjectKey, tier: Tier, days: u32) -> Result<Availability, StoreError> {
        match self.is_adopted().await {
            true => self.own.restore(key, tier, days).await,
            false => Ok(Availability::Ready),
        }
    }

    async fn address(&self, key: &ObjectKey, now: Timestamp) -> Result<Option<Address>, StoreError> {
        match self.is_adopted().await {
            true => self.own.address(key, now).await,
            false => Ok(None),
        }
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        let TableState::Sample(directory) = self.latest.seen().await else { return self.own.read(key, range).await };
        let object = object(&directory, key).ok_or_else(|| StoreError::Missing(key.to_string()))?;
        if range.is_empty() {
            return Ok(Opened { bytes: Box::pin(stream::empty()), unread: None, identity: None });
        }
        let opened = self.bucket.open(&object.name, key, range).await?;
        // The object may have been replaced since it was inspected, which a range of it would not show.
        let is_other = |etag: &str| opened.identity.as_ref().is_some_and(|now| !now.0.starts_with(etag));
        if object.etag.as_deref().is_some_and(is_other) {
            return Err(StoreError::damaged(object.name, format!("it was replaced: it is no longer {key}")));
        }
        Ok(opened)
    }

    async fn put(&self, _: &ObjectKey, _: &Path, _: &Md5) -> Result<(), StoreError> {
        self.refused()
    }

    async fn signature(&self, artifact: &Sha256) -> Result<Option<String>, StoreError> {
        match self.is_adopted().await {
            true => self.own.signature(artifact).await,
            false => Ok(None),
        }
    }

    async fn put_signature(&self, _: &Sha256, _: &str) -> Result<(), StoreError> {
        self.refused()
    }

    async fn lock_collection(&self) -> Result<Lease, StoreError> {
        self.refused()
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        let TableState::Sample(directory) = self.latest.seen().await else { return self.own.list().await };
        let stored = directory.objects.iter().map(|(sha256, object)| {
            let put = UNIX_EPOCH + Duration::from_secs(object.modified.0);
            let age = SystemTime::now().duration_since(put).unwrap_or_default();
            Stored { key: ObjectKey::Blob(*sha256), size: object.artifact.size, age, aside: false }
        });
        Ok(stored.collect())
    }

    async fn set_aside(&self, _: &ObjectKey) -> Result<(), StoreError> {
        self.refused()
    }

    async fn put_back(&self, _: &ObjectKey) -> Result<(), StoreError> {
        self.refused()
    }

    async fn discard(&self, _: &ObjectKey) -> Result<(), StoreError> {
        self.refused()
    }
}

fn object(directory: &Directory, key: &ObjectKey) -> Option<Object> {
    match key {
        ObjectKey::Blob(sha256) => directory.objects.get(sha256).cloned(),
        _ => None,
    }
}
