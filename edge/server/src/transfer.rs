use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body as _, Frame, SizeHint};
use service::{Body, Observed};
use store::StoreError;

use crate::metrics::Metrics;

/// A response's body on its way: counted, and logged once when it ends, however it ends.
pub(crate) struct Transfer {
    body: Body,
    sent: u64,
    status: StatusCode,
    observed: Observed,
    started: Instant,
    metrics: Arc<Metrics>,
}

impl Transfer {
    pub(crate) fn new(
        body: Body,
        status: StatusCode,
        observed: Observed,
        started: Instant,
        metrics: Arc<Metrics>,
    ) -> Self {
        Transfer { body, sent: 0, status, observed, started, metrics }
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
        let complete = self.body.is_end_stream();
        self.metrics.answered(&self.observed, self.status, self.sent, complete);
        tracing::info!(
            route = self.observed.route.as_str(),
            status = self.status.as_u16(),
            query = self.observed.query,
            bytes = self.sent,
            complete,
            micros = self.started.elapsed().as_micros() as u64,
            "answered"
        );
    }
}
