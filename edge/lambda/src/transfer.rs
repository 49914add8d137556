use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use service::Body;
use store::StoreError;

use crate::metrics::Account;

/// A response's body on its way: counted, and accounted for once when it ends, however it ends.
pub(crate) struct Transfer {
    body: Body,
    sent: u64,
    function: Arc<str>,
    account: Account,
}

impl Transfer {
    pub(crate) fn new(body: Body, function: Arc<str>, account: Account) -> Self {
        Transfer { body, sent: 0, function, account }
    }
}

impl http_body::Body for Transfer {
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

impl Drop for Transfer {
    fn drop(&mut self) {
        self.account.close(&self.function, self.sent, self.body.is_end_stream());
    }
}
