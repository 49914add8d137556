use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;
use service::Observed;

use crate::metrics::Metrics;

/// Record of an answer in progress, for metrics and log.
pub(crate) struct Account {
    pub(crate) status: StatusCode,
    pub(crate) observed: Observed,
    pub(crate) started: Instant,
    pub(crate) metrics: Arc<Metrics>,
}

impl service::Account for Account {
    fn close(&mut self, bytes: u64, complete: bool) {
        self.metrics.answered(&self.observed, self.status, bytes, complete);
        tracing::info!(
            route = self.observed.route.as_str(),
            status = self.status.as_u16(),
            query = self.observed.query,
            bytes,
            complete,
            micros = self.started.elapsed().as_micros() as u64,
            "answered"
        );
    }
}
