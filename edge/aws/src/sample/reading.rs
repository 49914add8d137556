use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::Bytes;
use md5::Digest as _;
use resolver::catalog::{Artifact, MAX_ARTIFACT_BYTES};
use resolver::words::{Digest, Timestamp};
use store::StoreError;

use crate::artifacts::Bucket;
use crate::failure;

/// Most resumptions of a broken transfer.
const RESUMPTIONS: u32 = 5;

/// HTTP status of a condition that does not hold.
const PRECONDITION_FAILED: u16 = 412;

/// A complete read of an object: one GET, and one more for each time that the transfer breaks.
#[derive(Debug)]
pub struct Reading {
    bucket: Bucket,
    name: String,
    got: GetObjectOutput,
    /// Length in bytes.
    pub size: u64,
    /// S3's entity tag, which changes with the bytes.
    pub etag: Option<String>,
    /// Time of the last modification.
    pub modified: Timestamp,
    read: u64,
    resumptions: u32,
}

/// Content of an object that was read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Record of the bytes.
    pub artifact: Artifact,
    /// S3's entity tag, which changes with the bytes.
    pub etag: Option<String>,
    /// Time of the last modification.
    pub modified: Timestamp,
}

impl Reading {
    /// Opens an object. [`StoreError::Missing`] if it is missing, [`StoreError::Cold`] if it must be restored first,
    /// [`StoreError::Damaged`] if its size is not valid for an artifact.
    pub(crate) async fn open(bucket: &Bucket, name: &str) -> Result<Reading, StoreError> {
        let got = get(bucket, name, 0, None).await?;
        let size = got.content_length().unwrap_or_default().try_into().unwrap_or_default();
        check_size(name, size)?;
        let modified = got.last_modified().and_then(|moment| u64::try_from(moment.secs()).ok()).unwrap_or_default();
        Ok(Reading {
            bucket: bucket.clone(),
            name: name.to_owned(),
            size,
            etag: got.e_tag().map(str::to_owned),
            modified: Timestamp(modified),
            got,
            read: 0,
            resumptions: 0,
        })
    }

    /// Returns the next bytes; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        loop {
            let error = match self.got.body.try_next().await {
                Ok(Some(piece)) => {
                    self.read += piece.len() as u64;
                    return Ok(Some(piece));
                }
                Ok(None) if self.read == self.size => return Ok(None),
                Ok(None) => format!("it ended after {} of {} bytes", self.read, self.size),
                Err(error) => failure::causes(&error),
            };
            if self.resumptions == RESUMPTIONS || self.read >= self.size {
                return Err(StoreError::artifacts(format!("GET of {} in {}: {error}", self.name, self.bucket.name)));
            }
            self.resumptions += 1;
            self.got = get(&self.bucket, &self.name, self.read, self.etag.clone()).await?;
        }
    }
}

/// Checks that a size is valid for an artifact.
pub(crate) fn check_size(name: &str, size: u64) -> Result<(), StoreError> {
    if (1..=MAX_ARTIFACT_BYTES).contains(&size) {
        return Ok(());
    }
    Err(StoreError::damaged(name, format!("it has {size} bytes: it takes 1 to {MAX_ARTIFACT_BYTES}")))
}

/// Requests an object from this byte on, if it still has this entity tag.
async fn get(bucket: &Bucket, name: &str, from: u64, etag: Option<String>) -> Result<GetObjectOutput, StoreError> {
    let get = bucket.client.get_object().bucket(&bucket.name).key(name).set_if_match(etag);
    let get = get.set_range((from > 0).then(|| format!("bytes={from}-")));
    match get.send().await {
        Ok(got) => Ok(got),
        Err(SdkError::ServiceError(refused)) if refused.err().is_no_such_key() => {
            Err(StoreError::Missing(name.to_owned()))
        }
        Err(SdkError::ServiceError(refused)) if refused.err().is_invalid_object_state() => {
            Err(StoreError::Cold(name.to_owned()))
        }
        Err(error) if error.raw_response().is_some_and(|raw| raw.status().as_u16() == PRECONDITION_FAILED) => {
            Err(StoreError::damaged(name, "it was replaced while it was read: try again"))
        }
        Err(error) => Err(failure::artifacts(format!("GET of {name} in {}", bucket.name), &error)),
    }
}

/// Computes an object's record by reading all of its bytes once.
pub(crate) async fn inspect(bucket: &Bucket, name: &str) -> Result<Inspected, StoreError> {
    let mut reading = Reading::open(bucket, name).await?;
    let (mut sha256, mut md5, mut crc32) = (sha2::Sha256::new(), md5::Md5::new(), crc32fast::Hasher::new());
    while let Some(piece) = reading.next().await? {
        sha256.update(&piece);
        md5.update(&piece);
        crc32.update(&piece);
    }
    let artifact = Artifact {
        sha256: Digest(sha256.finalize().into()),
        md5: Digest(md5.finalize().into()),
        size: reading.size,
        crc32: Some(crc32.finalize()),
        fragment: None,
    };
    Ok(Inspected { artifact, etag: reading.etag, modified: reading.modified })
}
