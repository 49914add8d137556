use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body::{Frame, SizeHint};

use store::{Piece, PieceStream, StoreError, Unread};

/// Body of a response. Its length is always known; a stream that ends earlier fails with an error, so that the connection
/// is cut and no device takes a part for the whole.
pub struct Body {
    source: Source,
    left: u64,
    /// Pending read of a piece for a connection that cannot send it unread.
    reading: Option<PendingRead>,
}

struct PendingRead {
    piece: Box<dyn Unread>,
    read: store::Reading,
}

enum Source {
    Bytes(Bytes),
    /// A piece that was received in advance, and the stream of further ones.
    Stream(Option<Piece>, PieceStream),
}

impl Body {
    /// Creates an empty body.
    pub fn empty() -> Self {
        Body::from(Bytes::new())
    }

    /// Creates a body of `length` bytes from a stream.
    pub(crate) fn stream(length: u64, stream: impl Stream<Item = Result<Piece, StoreError>> + Send + 'static) -> Self {
        Body { source: Source::Stream(None, Box::pin(stream)), left: length, reading: None }
    }

    /// Waits for the body's first piece, so that a store's error is known before a status is sent.
    pub(crate) async fn first_piece(mut self) -> Result<Self, StoreError> {
        if let Source::Stream(first, pieces) = &mut self.source {
            *first = pieces.next().await.transpose()?;
        }
        Ok(self)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Body { left: bytes.len() as u64, source: Source::Bytes(bytes), reading: None }
    }
}

impl Body {
    /// Returns the next piece, for a connection that can send files without reading them. Other connections poll frames.
    pub fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Piece, StoreError>>> {
        let next = self.poll_next(context);
        self.note(&next, Piece::remaining);
        next
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Piece, StoreError>>> {
        match &mut self.source {
            Source::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Source::Bytes(bytes) => Poll::Ready(Some(Ok(Piece::Bytes(std::mem::take(bytes))))),
            Source::Stream(first, pieces) => match first.take() {
                Some(piece) => Poll::Ready(Some(Ok(piece))),
                None => pieces.as_mut().poll_next(context),
            },
        }
    }

    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, StoreError>>> {
        if self.reading.is_none() {
            match ready!(self.poll_next(context)).transpose()? {
                Some(Piece::Unread(piece)) => self.reading = Some(PendingRead { read: piece.read(), piece }),
                Some(Piece::Bytes(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                None => return Poll::Ready(None),
            }
        }
        let Some(PendingRead { mut piece, mut read }) = self.reading.take() else { return Poll::Ready(None) };
        let Poll::Ready(bytes) = read.as_mut().poll(context)? else {
            self.reading = Some(PendingRead { piece, read });
            return Poll::Pending;
        };
        piece.advance(bytes.len());
        if piece.remaining() > 0 {
            self.reading = Some(PendingRead { read: piece.read(), piece });
        }
        Poll::Ready(Some(Ok(bytes)))
    }

    /// Counts bytes that are sent, and logs an error that ends the body.
    fn note<T>(&mut self, next: &Poll<Option<Result<T, StoreError>>>, length: impl Fn(&T) -> usize) {
        match next {
            Poll::Ready(Some(Ok(piece))) => self.left = self.left.saturating_sub(length(piece) as u64),
            Poll::Ready(Some(Err(error))) => tracing::error!(%error, left = self.left, "a transfer was cut off"),
            _ => {}
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StoreError>>> {
        let next = self.poll_bytes(context);
        self.note(&next, Bytes::len);
        next.map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
