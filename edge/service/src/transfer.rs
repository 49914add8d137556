use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use store::{Piece, StoreError};

use crate::body::Body;

/// Callback for the end of a transfer.
pub trait TransferObserver: Unpin {
    /// Called once with the number of bytes sent, and whether they are the whole body.
    fn close(&mut self, bytes: u64, complete: bool);
}

/// A response's body in transfer, which counts its bytes and reports its end once, however it ends.
pub struct Transfer<A: TransferObserver> {
    body: Body,
    sent: u64,
    is_cut: bool,
    observer: A,
}

impl<A: TransferObserver> Transfer<A> {
    /// Starts a transfer.
    pub fn new(body: Body, observer: A) -> Self {
        Transfer { body, sent: 0, is_cut: false, observer }
    }
}

impl<A: TransferObserver> Transfer<A> {
    /// Returns the next piece, for a connection that can send files without reading them. Other connections poll frames.
    pub fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Piece, StoreError>>> {
        let poll = self.body.poll_piece(context);
        if let Poll::Ready(Some(Ok(piece))) = &poll {
            self.sent += piece.remaining() as u64;
        }
        poll
    }

    /// Subtracts bytes that the connection could not send before it ended.
    pub fn cut(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_sub(bytes);
        self.is_cut = true;
    }
}

impl<A: TransferObserver> http_body::Body for Transfer<A> {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StoreError>>> {
        let poll = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &poll {
            self.sent += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<A: TransferObserver> Drop for Transfer<A> {
    fn drop(&mut self) {
        self.observer.close(self.sent, self.body.is_end_stream() && !self.is_cut);
    }
}
