use futures_util::StreamExt as _;
use resolver::catalog::{Artifact, ObjectKey};
use sha2::Digest as _;

use store::{Artifacts, ByteStream, StoreError};

/// Size of the pieces in which bytes are inflated, in bytes.
const OUTPUT: usize = 64 * 1024;

/// Reads the objects that a record names, and compares them with all values of the record. Imported records are checked
/// so. `seen` is called with the artifact's bytes.
pub async fn inspect(
    artifacts: &impl Artifacts,
    artifact: &Artifact,
    mut seen: impl FnMut(&[u8]),
) -> Result<(), StoreError> {
    let blob = ObjectKey::Blob(artifact.sha256);
    let stat = artifacts.stat(&blob).await?.ok_or_else(|| StoreError::Missing(blob.to_string()))?;
    let wrong = |what: &str| StoreError::damaged(blob, format!("its {what} is not what the record says"));
    if stat.size != artifact.size {
        return Err(wrong("length"));
    }
    let (mut sha256, mut md5, mut crc32) = (sha2::Sha256::new(), md5::Md5::new(), crc32fast::Hasher::new());
    let mut bytes = artifacts.read(&blob, 0..artifact.size).await?.bytes;
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        sha256.update(&piece);
        md5.update(&piece);
        crc32.update(&piece);
        seen(&piece);
    }
    if sha256.finalize()[..] != artifact.sha256.0 {
        return Err(wrong("SHA-256"));
    }
    if md5.finalize()[..] != artifact.md5.0 || stat.md5 != artifact.md5 {
        return Err(wrong("MD5"));
    }
    if artifact.crc32.is_some_and(|recorded| recorded != crc32.finalize()) {
        return Err(wrong("CRC-32"));
    }
    let Some(fragment) = artifact.fragment else { return Ok(()) };
    let key = ObjectKey::Fragment(fragment.sha256);
    let stat = artifacts.stat(&key).await?.ok_or_else(|| StoreError::Missing(key.to_string()))?;
    let bytes = artifacts.read(&key, 0..fragment.size).await?.bytes;
    let inflated = inflated(bytes).await?;
    if stat.size != fragment.size || inflated != Some(artifact.sha256.0) {
        return Err(StoreError::damaged(key, format!("it is no fragment of {blob}")));
    }
    Ok(())
}

/// Returns the SHA-256 of the bytes that a fragment inflates to; `None` if it is not raw deflate without a final block.
async fn inflated(mut bytes: ByteStream) -> Result<Option<[u8; 32]>, StoreError> {
    let mut inflate = flate2::Decompress::new(false);
    let (mut sha256, mut output) = (sha2::Sha256::new(), Vec::with_capacity(OUTPUT));
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        let mut input = &piece[..];
        loop {
            let before = inflate.total_in();
            let done = inflate.decompress_vec(input, &mut output, flate2::FlushDecompress::None);
            input = &input[(inflate.total_in() - before) as usize..];
            let full = output.len() == output.capacity();
            sha256.update(&output);
            output.clear();
            match done {
                Ok(flate2::Status::StreamEnd) | Err(_) => return Ok(None),
                Ok(_) if input.is_empty() && !full => break,
                Ok(_) => {}
            }
        }
    }
    Ok(Some(sha256.finalize().into()))
}
