use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body::{Frame, SizeHint};

use store::StoreError;

/// The bytes of a response. Its length is always known; a stream that cannot keep it ends with an error, so that the
/// connection is cut and no device takes a part for the whole.
pub struct Body {
    source: Source,
    left: u64,
}

enum Source {
    Bytes(Bytes),
    /// A piece that came already, and those to come.
    Stream(Option<Bytes>, Pieces),
}

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>> + Send>>;

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Body::from(Bytes::new())
    }

    /// `length` bytes from a stream.
    pub(crate) fn stream(length: u64, stream: impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static) -> Self {
        Body { source: Source::Stream(None, Box::pin(stream)), left: length }
    }

    /// The same body once its first piece is there. What the store says instead is known before any status is sent.
    pub(crate) async fn begun(mut self) -> Result<Self, StoreError> {
        if let Source::Stream(first, pieces) = &mut self.source {
            *first = pieces.next().await.transpose()?;
        }
        Ok(self)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Body { left: bytes.len() as u64, source: Source::Bytes(bytes) }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StoreError>>> {
        let this = &mut *self;
        let next = match &mut this.source {
            Source::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Source::Bytes(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Source::Stream(first, pieces) => match first.take() {
                Some(piece) => Poll::Ready(Some(Ok(piece))),
                None => pieces.as_mut().poll_next(context),
            },
        };
        match &next {
            Poll::Ready(Some(Ok(bytes))) => this.left = this.left.saturating_sub(bytes.len() as u64),
            Poll::Ready(Some(Err(error))) => tracing::error!(%error, left = this.left, "a transfer was cut off"),
            _ => {}
        }
        next.map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
