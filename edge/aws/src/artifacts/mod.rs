//! Artifacts, fragments and signatures in S3.

mod address;
mod body;
mod bucket;
mod cold;
mod copy;
mod garbage;
mod lease;
mod listing;
mod names;
mod sizes;
mod text;
mod upload;

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::Client;
use futures_util::stream;
use resolver::catalog::{Availability, ObjectKey, Tier};
use resolver::words::{Md5, Sha256, Timestamp};
use store::{Address, Artifacts, Lease, Opened, Stat, StoreError, Stored};

use address::Lifetime;
pub use address::{ADDRESS_STEPS, AddressLifetime, InvalidLifetime, MAX_ADDRESS_LIFETIME, MIN_ADDRESS_LIFETIME};
pub(crate) use bucket::{Bucket, Found};
pub(crate) use names::{OWN_FOLDERS, Placement};
pub use sizes::Sizes;
use text::WriteIf;

/// An artifact store in an S3 bucket, or in a prefix of one.
///
/// | method | calls |
/// |---|---|
/// | [`stat`](Artifacts::stat) | 1 HEAD |
/// | [`availability`](Artifacts::availability) | 1 HEAD; during a restore 1 GET more |
/// | [`restore`](Artifacts::restore) | 1 HEAD, 1 PUT, 1 POST, if S3 refuses 1 GET, 1 PUT more; if another process claimed it 1 HEAD, 1 PUT, 1 HEAD, 2 GET; during a restore 1 HEAD, 1 GET |
/// | [`address`](Artifacts::address) | none |
/// | [`read`](Artifacts::read), [`signature`](Artifacts::signature) | 1 GET |
/// | [`put`](Artifacts::put) | 1 HEAD, 1 PUT; for an existing object 1 HEAD, 1 copy; from [`Sizes::multipart_from`] on 1 HEAD, 1 list, 1 POST, 1 PUT for each part, 1 POST |
/// | [`put_signature`](Artifacts::put_signature) | 1 PUT |
/// | [`lock_collection`](Artifacts::lock_collection) | 1 PUT, 1 more a minute, 1 DELETE |
/// | [`list`](Artifacts::list) | 4 lists; one more for each further 1,000 objects |
/// | [`set_aside`](Artifacts::set_aside) | 1 HEAD, 1 copy, 1 DELETE |
/// | [`put_back`](Artifacts::put_back) | 2 HEAD, 1 copy, 1 DELETE |
/// | [`discard`](Artifacts::discard) | 1 DELETE; for an artifact 1 HEAD, 1 GET more, and for a signed one 1 DELETE, 1 HEAD |
///
/// S3 cannot rename, so an object is hidden, and shown again, by a copy and then a deletion. A process killed in between
/// leaves the object in its old place and a second copy, which the next garbage collection finds in its list. Both copies
/// have the same bytes, so either may be kept. S3 cannot set an object's time either: putting an existing object copies
/// it onto itself, which renews its age.
///
/// An object in an archive (S3 Glacier Flexible Retrieval, Glacier Deep Archive, and the archive tiers of
/// Intelligent-Tiering) has a [`stat`](Artifacts::stat) and is listed, but cannot be read or copied. Putting it again
/// does not renew its age, and it cannot be hidden: [`set_aside`](Artifacts::set_aside) returns [`StoreError::Cold`]. Of
/// many processes that request its restore, the one that puts a claim under `restores/` calls S3. A request that S3
/// refuses can be repeated after 20 seconds, and after 5 minutes if the process with the claim was killed.
///
/// An interrupted multipart upload is left for the next attempt. A lifecycle rule of the bucket
/// (`AbortIncompleteMultipartUpload`) removes uploads that are never finished.
#[derive(Debug, Clone)]
pub struct S3Artifacts {
    bucket: Bucket,
    addresses: Option<Lifetime>,
}

impl S3Artifacts {
    /// Creates a store in this bucket, without any call to S3. Every object's name starts with `prefix`, such as `ota/`;
    /// it is empty if the CDN serves `/blobs/` from the bucket's root.
    pub fn new(client: Client, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        S3Artifacts { bucket: Bucket::new(client, bucket.into(), prefix.into()), addresses: None }
    }

    /// Lets the store create presigned URLs. A URL expires one lifetime after the last of its four steps
    /// ([`ADDRESS_STEPS`]) began, so it remains valid for at least three quarters of the lifetime, and requests within a
    /// step get equal URLs. A lifetime outside S3's limits, 4 seconds to [`MAX_ADDRESS_LIFETIME`], becomes the nearest
    /// within them.
    ///
    /// A URL expires earlier if the credentials that signed it do. Other processes may have other credentials: answers
    /// that contain such URLs are equal only if the credentials are.
    pub fn with_addresses(mut self, lifetime: Duration) -> Self {
        self.addresses = Some(Lifetime::nearest(lifetime));
        self
    }

    /// Sets the sizes from which objects are moved in parts; sizes outside S3's limits become the nearest within them.
    pub fn with_sizes(mut self, sizes: Sizes) -> Self {
        self.bucket.sizes = sizes.allowed();
        self
    }

    fn name(&self, at: Placement, key: &ObjectKey) -> String {
        at.name(&self.bucket.prefix, key)
    }
}

impl Artifacts for S3Artifacts {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        let Some(found) = self.bucket.head(&self.name(Placement::Visible, key)).await? else { return Ok(None) };
        let md5 = found.md5.ok_or_else(|| no_md5(key))?;
        Ok(Some(Stat { size: found.size, md5 }))
    }

    async fn availability(&self, key: &ObjectKey) -> Result<Availability, StoreError> {
        self.bucket.availability(key).await
    }

    async fn restore(&self, key: &ObjectKey, tier: Tier, days: u32) -> Result<Availability, StoreError> {
        self.bucket.restore(key, tier, days).await
    }

    async fn address(&self, key: &ObjectKey, now: Timestamp) -> Result<Option<Address>, StoreError> {
        let Some(lifetime) = self.addresses else { return Ok(None) };
        self.bucket.presign(&self.name(Placement::Visible, key), lifetime, now).await.map(Some)
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        if range.is_empty() {
            // HTTP has no empty range, so HEAD tells whether the object exists.
            let there = self.bucket.head(&self.name(Placement::Visible, key)).await?;
            there.ok_or_else(|| StoreError::Missing(key.to_string()))?;
            return Ok(Opened { bytes: Box::pin(stream::empty()), unread: None, identity: None });
        }
        self.bucket.open(&self.name(Placement::Visible, key), key, range).await
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        let size = tokio::fs::metadata(file).await.map_err(StoreError::artifacts)?.len();
        let name = self.name(Placement::Visible, key);
        if let Some(found) = self.bucket.head(&name).await?
            && found.md5.is_some()
            && found.size == size
        {
            match self.bucket.copy(&name, &name, &found).await {
                // Garbage collection cannot hide an object in an archive.
                Ok(true) | Err(StoreError::Cold(_)) => return Ok(()),
                Ok(false) => {}
                Err(error) => return Err(error),
            }
        }
        self.bucket.upload(&name, file, size, md5).await
    }

    async fn signature(&self, artifact: &Sha256) -> Result<Option<String>, StoreError> {
        let text = self.bucket.read_text(&names::signature(&self.bucket.prefix, artifact)).await?;
        Ok(text.map(|(text, _)| text))
    }

    async fn put_signature(&self, artifact: &Sha256, minisig: &str) -> Result<(), StoreError> {
        self.bucket
            .write_text(&names::signature(&self.bucket.prefix, artifact), minisig, WriteIf::Always)
            .await
            .map(drop)
    }

    async fn lock_collection(&self) -> Result<Lease, StoreError> {
        self.bucket.lease("collection").await
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        let mut stored = self.bucket.listing(Placement::Visible).await?;
        stored.extend(self.bucket.listing(Placement::Hidden).await?);
        stored.sort_by_key(|object| (object.key, object.aside));
        Ok(stored)
    }

    async fn set_aside(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.bucket.take(key, Placement::Visible, Placement::Hidden).await
    }

    async fn put_back(&self, key: &ObjectKey) -> Result<(), StoreError> {
        if self.bucket.head(&self.name(Placement::Visible, key)).await?.is_some() {
            return self.bucket.delete(&self.name(Placement::Hidden, key)).await;
        }
        self.bucket.take(key, Placement::Hidden, Placement::Visible).await
    }

    async fn discard(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.bucket.delete(&self.name(Placement::Hidden, key)).await?;
        match key {
            ObjectKey::Blob(artifact) => self.bucket.discard_signature(artifact).await,
            ObjectKey::Fragment(_) => Ok(()),
        }
    }
}

fn no_md5(key: &ObjectKey) -> StoreError {
    StoreError::damaged(key, "it has no x-amz-meta-md5: publish it with edgehop")
}
