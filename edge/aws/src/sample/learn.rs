use aws_sdk_s3::error::SdkError;
use md5::Digest as _;
use resolver::catalog::{Artifact, MAX_ARTIFACT_BYTES};
use resolver::words::{Digest, Timestamp};
use store::StoreError;

use crate::artifacts::Bucket;
use crate::failure;

/// What an object's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) artifact: Artifact,
    /// S3's entity tag: another one, and they may be other bytes.
    pub(crate) etag: Option<String>,
    /// When they were put there.
    pub(crate) modified: Timestamp,
}

/// Reads an object once, whole, and keeps nothing of it: one GET.
pub(crate) async fn learn(bucket: &Bucket, name: &str) -> Result<Learned, StoreError> {
    let got = bucket.client.get_object().bucket(&bucket.name).key(name).send().await;
    let mut got = match got {
        Ok(got) => got,
        Err(SdkError::ServiceError(refused)) if refused.err().is_no_such_key() => {
            return Err(StoreError::Missing(name.to_owned()));
        }
        Err(SdkError::ServiceError(refused)) if refused.err().is_invalid_object_state() => {
            return Err(StoreError::Cold(name.to_owned()));
        }
        Err(error) => return Err(failure::artifacts(format!("GET of {name} in {}", bucket.name), &error)),
    };
    let size: u64 = got.content_length().unwrap_or_default().try_into().unwrap_or_default();
    if !(1..=MAX_ARTIFACT_BYTES).contains(&size) {
        return Err(StoreError::damaged(name, format!("it has {size} bytes: it takes 1 to {MAX_ARTIFACT_BYTES}")));
    }
    let (mut sha256, mut md5, mut crc32) = (sha2::Sha256::new(), md5::Md5::new(), crc32fast::Hasher::new());
    let mut read = 0;
    while let Some(piece) = got.body.try_next().await.map_err(|error| StoreError::artifacts(failure::causes(&error)))? {
        read += piece.len() as u64;
        sha256.update(&piece);
        md5.update(&piece);
        crc32.update(&piece);
    }
    if read != size {
        return Err(StoreError::artifacts(format!(
            "GET of {name} in {} ended after {read} of {size} bytes",
            bucket.name
        )));
    }
    let artifact = Artifact {
        sha256: Digest(sha256.finalize().into()),
        md5: Digest(md5.finalize().into()),
        size,
        crc32: Some(crc32.finalize()),
        fragment: None,
    };
    let modified = got.last_modified.and_then(|moment| u64::try_from(moment.secs()).ok()).unwrap_or_default();
    Ok(Learned { artifact, etag: got.e_tag, modified: Timestamp(modified) })
}
