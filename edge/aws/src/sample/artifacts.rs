use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::stream;
use resolver::catalog::ObjectKey;
use resolver::words::{Md5, Sha256};
use store::{Artifacts, Held, Opened, Stat, StoreError, Stored};
use tokio::sync::watch;

use super::directory::{Directory, Object};
use super::read_only;
use crate::artifacts::Bucket;

/// The artifacts in a bucket that the sample's init script filled, under the names that it gave them. There are no
/// fragments and no signatures; every write is [`StoreError::ReadOnly`].
///
/// [`stat`](Artifacts::stat) is from memory, [`read`](Artifacts::read) is 1 GET.
#[derive(Debug, Clone)]
pub struct SampleArtifacts {
    bucket: Bucket,
    latest: watch::Receiver<Arc<Directory>>,
}

impl SampleArtifacts {
    pub(crate) fn new(bucket: Bucket, latest: watch::Receiver<Arc<Directory>>) -> SampleArtifacts {
        SampleArtifacts { bucket, latest }
    }

    fn object(&self, key: &ObjectKey) -> Option<Object> {
        match key {
            ObjectKey::Blob(sha256) => self.latest.borrow().objects.get(sha256).cloned(),
            ObjectKey::Fragment(_) => None,
        }
    }

    fn refused<T>(&self) -> Result<T, StoreError> {
        Err(read_only(format!("the bucket {}", self.bucket.name)))
    }
}

impl Artifacts for SampleArtifacts {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        let found = self.object(key);
        Ok(found.map(|Object { artifact, .. }| Stat { size: artifact.size, md5: artifact.md5 }))
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        let object = self.object(key).ok_or_else(|| StoreError::Missing(key.to_string()))?;
        if range.is_empty() {
            return Ok(Opened { bytes: Box::pin(stream::empty()), identity: None });
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

    async fn signature(&self, _: &Sha256) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    async fn put_signature(&self, _: &Sha256, _: &str) -> Result<(), StoreError> {
        self.refused()
    }

    async fn keep_from_collection(&self) -> Result<Held, StoreError> {
        self.refused()
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        let directory = Arc::clone(&self.latest.borrow());
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
