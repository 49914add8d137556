use std::ops::Range;
use std::sync::Arc;

use async_stream::try_stream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, pin_mut, stream};
use resolver::catalog::ObjectKey;
use sha2::Digest as _;
use store::{Artifacts, Opened, Piece, PieceStream, StoreError};

use crate::object_facts::ObjectFacts;

/// Artifact store with a cache of properties of its objects.
pub(crate) struct Objects<A> {
    pub(crate) artifacts: A,
    pub(crate) facts: ObjectFacts,
}

/// A range of an object that the store has opened.
pub(crate) struct OpenedRange {
    object: ObjectKey,
    opened: Opened,
    left: u64,
    whole: bool,
}

impl<A: Artifacts> Objects<A> {
    /// Opens a range of an object; `whole` is true if it is the whole object.
    pub(crate) async fn open(
        &self,
        object: ObjectKey,
        range: Range<u64>,
        whole: bool,
    ) -> Result<OpenedRange, StoreError> {
        let left = range.end - range.start;
        let opened = self.artifacts.read(&object, range).await?;
        Ok(OpenedRange { object, opened, left, whole })
    }

    /// Reads a range of an object, which is opened when its first piece is polled.
    pub(crate) fn read(
        self: Arc<Self>,
        object: ObjectKey,
        range: Range<u64>,
        whole: bool,
    ) -> impl Stream<Item = Result<Piece, StoreError>> + Send {
        try_stream! {
            let begun = self.open(object, range, whole).await?;
            let mut pieces = self.pieces(begun);
            while let Some(piece) = pieces.next().await {
                yield piece?;
            }
        }
    }

    /// Returns the pieces of a range and counts their bytes; pieces that need no verification may be unread.
    pub(crate) fn pieces(self: Arc<Self>, mut begun: OpenedRange) -> PieceStream {
        let is_checked = begun.whole && !self.facts.is_verified(&begun.object, &begun.opened.identity);
        match begun.opened.unread.take() {
            Some(unread) if !is_checked => {
                let counted = begun.count(Some(unread.remaining()));
                Box::pin(stream::iter([counted.map(|()| Piece::Unread(unread))]))
            }
            _ => Box::pin(self.bytes(begun).map_ok(Piece::Bytes)),
        }
    }

    /// Returns the bytes of a range, counts them, and verifies the digest of a whole object.
    ///
    /// The last piece is held back until the digest is verified, so that no device ever gets all bytes of a damaged object.
    /// A part of an object can only be counted; a device that resumes detects damage by the package's CRC-32. A recently
    /// verified and unchanged object is not hashed again, because that is most of the work of a small server.
    pub(crate) fn bytes(
        self: Arc<Self>,
        mut begun: OpenedRange,
    ) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
        try_stream! {
            let check = begun.whole && !self.facts.is_verified(&begun.object, &begun.opened.identity);
            let mut digest = check.then(sha2::Sha256::new);
            while begun.left > 0 {
                let piece = begun.opened.bytes.next().await.transpose()?;
                begun.count(piece.as_ref().map(Bytes::len))?;
                let piece = piece.unwrap_or_default();
                if let Some(digest) = &mut digest {
                    digest.update(&piece);
                }
                if begun.left == 0 && let Some(digest) = digest.take() {
                    if digest.finalize()[..] != begun.object.sha256().0 {
                        Err(StoreError::damaged(begun.object, "its bytes are not those of its digest"))?;
                    }
                    self.facts.keep_verified(begun.object, begun.opened.identity.take());
                }
                yield piece;
            }
        }
    }

    /// Computes the CRC-32 of an artifact whose record has none, by reading all of it.
    pub(crate) async fn compute_crc32(self: Arc<Self>, object: ObjectKey, size: u64) -> Result<(), StoreError> {
        let mut crc32 = crc32fast::Hasher::new();
        let begun = self.open(object, 0..size, true).await?;
        let bytes = Arc::clone(&self).bytes(begun);
        pin_mut!(bytes);
        while let Some(piece) = bytes.next().await {
            crc32.update(&piece?);
        }
        self.facts.keep_crc32(object, crc32.finalize());
        Ok(())
    }
}

impl OpenedRange {
    /// Counts a piece; `None` is the end of the object.
    fn count(&mut self, bytes: Option<usize>) -> Result<(), StoreError> {
        let left = self.left;
        let bytes = bytes.ok_or_else(|| StoreError::damaged(self.object, format!("it ends {left} bytes early")))?;
        self.left = left
            .checked_sub(bytes as u64)
            .ok_or_else(|| StoreError::damaged(self.object, "it has more bytes than its record says"))?;
        Ok(())
    }
}
