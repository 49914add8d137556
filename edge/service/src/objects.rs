use std::ops::Range;
use std::sync::Arc;

use async_stream::try_stream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, pin_mut, stream};
use resolver::catalog::ObjectKey;
use sha2::Digest as _;
use store::{Artifacts, Opened, Piece, PieceStream, StoreError};

use crate::known::Known;

/// Where objects come from, and what is known about them.
pub(crate) struct Objects<A> {
    pub(crate) artifacts: A,
    pub(crate) known: Known,
}

/// A range of an object whose store has begun to answer.
pub(crate) struct Begun {
    object: ObjectKey,
    opened: Opened,
    left: u64,
    whole: bool,
}

impl<A: Artifacts> Objects<A> {
    /// Opens a range of an object; `whole` says that it is all of it.
    pub(crate) async fn begin(&self, object: ObjectKey, range: Range<u64>, whole: bool) -> Result<Begun, StoreError> {
        let left = range.end - range.start;
        let opened = self.artifacts.read(&object, range).await?;
        Ok(Begun { object, opened, left, whole })
    }

    /// A range of an object, opened when its first piece is asked for.
    pub(crate) fn read(
        self: Arc<Self>,
        object: ObjectKey,
        range: Range<u64>,
        whole: bool,
    ) -> impl Stream<Item = Result<Piece, StoreError>> + Send {
        try_stream! {
            let begun = self.begin(object, range, whole).await?;
            let mut pieces = self.pieces(begun);
            while let Some(piece) = pieces.next().await {
                yield piece?;
            }
        }
    }

    /// The pieces of a range, counted; those that need not be checked may be unread.
    pub(crate) fn pieces(self: Arc<Self>, mut begun: Begun) -> PieceStream {
        let is_checked = begun.whole && !self.known.is_right(&begun.object, &begun.opened.identity);
        match begun.opened.unread.take() {
            Some(unread) if !is_checked => {
                let counted = begun.count(Some(unread.remaining()));
                Box::pin(stream::iter([counted.map(|()| Piece::Unread(unread))]))
            }
            _ => Box::pin(self.bytes(begun).map_ok(Piece::Bytes)),
        }
    }

    /// The bytes of a range, counted and, where it is the whole object, checked against the digest it is addressed by.
    ///
    /// The last piece is held back until the digest is known to be right: of a damaged object, no device ever gets all
    /// the bytes. A part of an object can only be counted; the package's CRC-32 tells a device that resumes. An object
    /// that was checked not long ago, and that its store says is unchanged, is not hashed again: on a small server
    /// that is most of the work.
    pub(crate) fn bytes(self: Arc<Self>, mut begun: Begun) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
        try_stream! {
            let check = begun.whole && !self.known.is_right(&begun.object, &begun.opened.identity);
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
                    self.known.keep_right(begun.object, begun.opened.identity.take());
                }
                yield piece;
            }
        }
    }

    /// Learns the CRC-32 of an artifact whose record has none, by reading all of it.
    pub(crate) async fn learn_crc32(self: Arc<Self>, object: ObjectKey, size: u64) -> Result<(), StoreError> {
        let mut crc32 = crc32fast::Hasher::new();
        let begun = self.begin(object, 0..size, true).await?;
        let bytes = Arc::clone(&self).bytes(begun);
        pin_mut!(bytes);
        while let Some(piece) = bytes.next().await {
            crc32.update(&piece?);
        }
        self.known.keep_crc32(object, crc32.finalize());
        Ok(())
    }
}

impl Begun {
    /// Counts a piece; none is the end of the object.
    fn count(&mut self, bytes: Option<usize>) -> Result<(), StoreError> {
        let left = self.left;
        let bytes = bytes.ok_or_else(|| StoreError::damaged(self.object, format!("it ends {left} bytes early")))?;
        self.left = left
            .checked_sub(bytes as u64)
            .ok_or_else(|| StoreError::damaged(self.object, "it has more bytes than its record says"))?;
        Ok(())
    }
}
