//! Artifacts, fragments and signatures in S3.

mod address;
mod archived;
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
use store::{Address, Artifacts, Held, Opened, Stat, StoreError, Stored};

use address::Lifetime;
pub use address::{ADDRESS_STEPS, AddressLifetime, InvalidLifetime, MAX_ADDRESS_LIFETIME, MIN_ADDRESS_LIFETIME};
pub(crate) use bucket::{Bucket, Found};
pub(crate) use names::{OWN_FOLDERS, Where};
pub use sizes::Sizes;
use text::Over;

/// An artifact store in one S3 bucket, or in a part of one.
///
/// | method | calls |
/// |---|---|
/// | [`stat`](Artifacts::stat) | 1 HEAD |
/// | [`availability`](Artifacts::availability) | 1 HEAD; while it is being restored 1 GET more |
/// | [`restore`](Artifacts::restore) | 1 HEAD, 1 PUT, 1 POST, refused 1 GET, 1 PUT more; for who comes second 1 HEAD, 1 PUT, 1 HEAD, 2 GET; while it goes on 1 HEAD, 1 GET |
/// | [`address`](Artifacts::address) | none |
/// | [`read`](Artifacts::read), [`signature`](Artifacts::signature) | 1 GET |
/// | [`put`](Artifacts::put) | 1 HEAD, 1 PUT; for an object that is there 1 HEAD, 1 copy; from [`Sizes::multipart_from`] on 1 HEAD, 1 list, 1 POST, 1 PUT a part, 1 POST |
/// | [`put_signature`](Artifacts::put_signature) | 1 PUT |
/// | [`keep_from_collection`](Artifacts::keep_from_collection) | 1 PUT, 1 more a minute, 1 DELETE |
/// | [`list`](Artifacts::list) | 4 lists; one more for each further 1,000 objects |
/// | [`set_aside`](Artifacts::set_aside) | 1 HEAD, 1 copy, 1 DELETE |
/// | [`put_back`](Artifacts::put_back) | 2 HEAD, 1 copy, 1 DELETE |
/// | [`discard`](Artifacts::discard) | 1 DELETE; of an artifact 1 HEAD, 1 GET more, and of a signed one 1 DELETE, 1 HEAD |
///
/// S3 cannot rename, so what hides an object copies it first and deletes it then, and so does what shows it again:
/// whoever is killed in between leaves the object where it was, and a second copy that the next collector finds in its
/// list. The copies of an object are the same bytes, so it never matters which of two copies stays. S3 cannot set an
/// object's time either: one that is put again is copied onto itself, which makes it young.
///
/// What is in an archive (S3 Glacier Flexible Retrieval, Glacier Deep Archive, and the archive tiers of
/// Intelligent-Tiering) is there, has its [`stat`](Artifacts::stat) and is listed, but cannot be read or copied. So it is
/// not made young by who puts it again, and nobody can hide it: [`set_aside`](Artifacts::set_aside) says
/// [`StoreError::Cold`]. Of many processes that ask for its restore, the one that puts a claim under `restores/` asks
/// S3. A request that S3 refuses is made again after 20 seconds, by whoever asks then, and after 5 minutes where who
/// claimed it was killed.
///
/// An upload in parts that was interrupted is left for the next attempt. A lifecycle rule of the bucket
/// (`AbortIncompleteMultipartUpload`) ends what nobody goes on with.
#[derive(Debug, Clone)]
pub struct S3Artifacts {
    bucket: Bucket,
    addresses: Option<Lifetime>,
}

impl S3Artifacts {
    /// The store in this bucket. `prefix` is what every object's name starts with, such as `ota/`; empty where the CDN
    /// serves `/blobs/` from the bucket's root. The bucket is not looked at yet.
    pub fn new(client: Client, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        S3Artifacts { bucket: Bucket::new(client, bucket.into(), prefix.into()), addresses: None }
    }

    /// The same store, giving away presigned URLs of its objects. Each ends this long after the moment that it is signed
    /// for, which is the last of four in a lifetime ([`ADDRESS_STEPS`]): so it is good for three quarters of that time
    /// at least, and whoever asks within a quarter is given the same URL. The nearest that S3 takes: a second a quarter
    /// to [`MAX_ADDRESS_LIFETIME`].
    ///
    /// A URL ends sooner with the credentials that sign it, if they end, and another process may have others: answers
    /// with such URLs are the same bytes only where the credentials are.
    pub fn with_addresses(mut self, lifetime: Duration) -> Self {
        self.addresses = Some(Lifetime::nearest(lifetime));
        self
    }

    /// The same store, moving objects in parts of other sizes: the nearest that S3 takes.
    pub fn with_sizes(mut self, sizes: Sizes) -> Self {
        self.bucket.sizes = sizes.allowed();
        self
    }

    fn name(&self, at: Where, key: &ObjectKey) -> String {
        at.name(&self.bucket.prefix, key)
    }
}

impl Artifacts for S3Artifacts {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        let Some(found) = self.bucket.head(&self.name(Where::Shown, key)).await? else { return Ok(None) };
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
        self.bucket.presign(&self.name(Where::Shown, key), lifetime, now).await.map(Some)
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        if range.is_empty() {
            // HTTP has no range of no bytes. What is missing is missing all the same.
            let there = self.bucket.head(&self.name(Where::Shown, key)).await?;
            there.ok_or_else(|| StoreError::Missing(key.to_string()))?;
            return Ok(Opened { bytes: Box::pin(stream::empty()), unread: None, identity: None });
        }
        self.bucket.open(&self.name(Where::Shown, key), key, range).await
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        let size = tokio::fs::metadata(file).await.map_err(StoreError::artifacts)?.len();
        let name = self.name(Where::Shown, key);
        if let Some(found) = self.bucket.head(&name).await?
            && found.md5.is_some()
            && found.size == size
        {
            match self.bucket.copy(&name, &name, &found).await {
                // No collector can hide it as long as it is.
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
            .write_text(&names::signature(&self.bucket.prefix, artifact), minisig, Over::Anything)
            .await
            .map(drop)
    }

    async fn keep_from_collection(&self) -> Result<Held, StoreError> {
        self.bucket.lease("collection").await
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        let mut stored = self.bucket.listing(Where::Shown).await?;
        stored.extend(self.bucket.listing(Where::Aside).await?);
        stored.sort_by_key(|object| (object.key, object.aside));
        Ok(stored)
    }

    async fn set_aside(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.bucket.take(key, Where::Shown, Where::Aside).await
    }

    async fn put_back(&self, key: &ObjectKey) -> Result<(), StoreError> {
        if self.bucket.head(&self.name(Where::Shown, key)).await?.is_some() {
            return self.bucket.delete(&self.name(Where::Aside, key)).await;
        }
        self.bucket.take(key, Where::Aside, Where::Shown).await
    }

    async fn discard(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.bucket.delete(&self.name(Where::Aside, key)).await?;
        match key {
            ObjectKey::Blob(artifact) => self.bucket.discard_signature(artifact).await,
            ObjectKey::Fragment(_) => Ok(()),
        }
    }
}

fn no_md5(key: &ObjectKey) -> StoreError {
    StoreError::damaged(key, "it has no x-amz-meta-md5: put it there with edgehop")
}
