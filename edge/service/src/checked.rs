use std::ops::Range;
use std::sync::Arc;

use async_stream::try_stream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, pin_mut};
use resolver::catalog::ObjectKey;
use sha2::Digest as _;
use store::{Artifacts, StoreError};

use crate::learned::Learned;

/// A range of an object, counted and, where it is the whole object, checked against the digest it is addressed by.
///
/// The last piece is held back until the digest is known to be right: of a damaged object, no device ever gets all the
/// bytes. A part of an object can only be counted; the package's own CRC-32 tells the device that resumes.
pub(crate) fn checked<A: Artifacts>(
    artifacts: Arc<A>,
    object: ObjectKey,
    range: Range<u64>,
    whole: bool,
) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
    try_stream! {
        let mut digest = whole.then(sha2::Sha256::new);
        let mut left = range.end - range.start;
        let pieces = artifacts.read(&object, range).await?;
        pin_mut!(pieces);
        while left > 0 {
            let piece = match pieces.next().await {
                Some(piece) => piece?,
                None => Err(damaged(object, format!("it ends {left} bytes early")))?,
            };
            left = left
                .checked_sub(piece.len() as u64)
                .ok_or_else(|| damaged(object, "it has more bytes than its record says"))?;
            if let Some(digest) = &mut digest {
                digest.update(&piece);
            }
            if left == 0 && digest.take().is_some_and(|digest| digest.finalize()[..] != object.sha256().0) {
                Err(damaged(object, "its bytes are not those of its digest"))?;
            }
            yield piece;
        }
    }
}

/// The CRC-32 of an artifact whose record has none: known from before, or computed by reading all of it.
pub(crate) async fn learn<A: Artifacts>(
    artifacts: Arc<A>,
    learned: &Learned,
    object: ObjectKey,
    size: u64,
) -> Result<u32, StoreError> {
    if let Some(crc32) = learned.crc32(&object) {
        return Ok(crc32);
    }
    let mut crc32 = crc32fast::Hasher::new();
    let pieces = checked(artifacts, object, 0..size, true);
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        crc32.update(&piece?);
    }
    let crc32 = crc32.finalize();
    learned.keep(object, crc32);
    Ok(crc32)
}

fn damaged(object: ObjectKey, problem: impl ToString) -> StoreError {
    StoreError::damaged(object, problem)
}
