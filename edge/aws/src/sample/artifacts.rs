use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::stream;
use resolver::catalog::{Availability, ObjectKey, Tier};
use resolver::words::{Md5, Sha256, Timestamp};
use store::{Address, Artifacts, Held, Opened, Stat, StoreError, Stored};

use super::directory::{Directory, Object};
use super::latest::{Latest, Seen, read_only};
use crate::S3Artifacts;
use crate::artifacts::Bucket;

/// The artifacts in a bucket that the sample's init script filled, under the names that it gave them. There are no
/// fragments and no signatures; every write is [`StoreError::ReadOnly`]. Once the table is adopted, reads are those of
/// edgehop's own store in the bucket.
///
/// [`stat`](Artifacts::stat) is from memory, [`read`](Artifacts::read) is 1 GET.
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

    /// The same store; once the table is adopted it gives presigned URLs away.
    pub(crate) fn with_addresses(mut self, lifetime: Duration) -> SampleArtifacts {
        self.own = self.own.with_addresses(lifetime);
        self
    }

    async fn is_adopted(&self) -> bool {
        matches!(self.latest.seen().await, Seen::Adopted)
    }

    fn refused<T>(&self) -> Result<T, StoreError> {
        read_only(format!("the bucket {}", self.bucket.name), self.is_adopting)
    }
}

impl Artifacts for SampleArtifacts {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        let Seen::Sample(directory) = self.latest.seen().await else { return self.own.stat(key).await };
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
        let Seen::Sample(directory) = self.latest.seen().await else { return self.own.read(key, range).await };
        let object = object(&directory, key).ok_or_else(|| StoreError::Missing(key.to_string()))?;
        if range.is_empty() {
            return Ok(Opened { bytes: Box::pin(stream::empty()), unread: None, identity: None });
        }
        let opened = self.bucket.open(&object.name, key, range).await?;
        // Somebody may have put other bytes there since they were learned. A part of them would not be noticed.
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

    async fn keep_from_collection(&self) -> Result<Held, StoreError> {
        self.refused()
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        let Seen::Sample(directory) = self.latest.seen().await else { return self.own.list().await };
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
