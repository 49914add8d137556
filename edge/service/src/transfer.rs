use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use store::{Piece, StoreError};

use crate::body::Body;

/// Who is told how a body ended.
pub trait Account: Unpin {
    /// So many bytes were handed on; they are all if it is complete.
    fn close(&mut self, bytes: u64, complete: bool);
}

/// A response's body on its way: counted, and accounted for once when it ends, however it ends.
pub struct Transfer<A: Account> {
    body: Body,
    sent: u64,
    is_cut: bool,
    account: A,
}

impl<A: Account> Transfer<A> {
    /// None of it is on its way yet.
    pub fn new(body: Body, account: A) -> Self {
        Transfer { body, sent: 0, is_cut: false, account }
    }
}

impl<A: Account> Transfer<A> {
    /// Returns the next piece, for a connection that can send a file without reading it. Others ask for frames.
    pub fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Piece, StoreError>>> {
        let poll = self.body.poll_piece(context);
        if let Poll::Ready(Some(Ok(piece))) = &poll {
            self.sent += piece.remaining() as u64;
        }
        poll
    }

    /// Takes the last bytes back: the connection ended before it could send them.
    pub fn cut(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_sub(bytes);
        self.is_cut = true;
    }
}

impl<A: Account> http_body::Body for Transfer<A> {
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

impl<A: Account> Drop for Transfer<A> {
    fn drop(&mut self) {
        self.account.close(self.sent, self.body.is_end_stream() && !self.is_cut);
    }
}
