use md5::Digest as _;
use resolver::catalog::Artifact;
use resolver::words::{Digest, Timestamp};
use store::StoreError;

use super::reading::Reading;
use crate::artifacts::Bucket;

/// What an object's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// What a record says of them.
    pub artifact: Artifact,
    /// S3's entity tag: another one, and they may be other bytes.
    pub etag: Option<String>,
    /// When they were put there.
    pub modified: Timestamp,
}

/// Reads an object once, whole, and keeps nothing of it.
pub(crate) async fn learn(bucket: &Bucket, name: &str) -> Result<Learned, StoreError> {
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
    Ok(Learned { artifact, etag: reading.etag, modified: reading.modified })
}
