use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use service::{Body, Observed};
use tokio::net::TcpListener;

use crate::bounded::Bounded;
use crate::connection::{Shared, is_probe};
use crate::data::now;
use crate::limits::{ACCEPT_PAUSE, HEAD_TIMEOUT, MAX_METRICS_CONNECTIONS};

/// Media type of the text format that Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Route label of answers to invalid request heads.
pub(crate) const NO_ROUTE: &str = "none";

/// Metrics of the process. No label has a value that a device can choose freely.
pub(crate) struct Metrics {
    answers: Family<Answered, Counter>,
    bytes: Family<Served, Counter>,
    cut: Counter,
    reads_of_memory: Counter,
    reads_of_store: Counter,
    decision: Histogram,
    store: Histogram,
    pub(crate) connections: Gauge,
    pub(crate) connections_refused: Counter,
    registry: Registry,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Read {
    from: &'static str,
}

impl Metrics {
    /// Counts an answer after its body has ended.
    pub(crate) fn answered(&self, observed: &Observed, status: StatusCode, bytes: u64, complete: bool) {
        let route = observed.route.as_str();
        self.answers.get_or_create(&Answered { route, status: status.as_u16() }).inc();
        self.bytes.get_or_create(&Served { route }).inc_by(bytes);
        if !complete {
            self.cut.inc();
        }
        self.reads_of_memory.inc_by(observed.cache_hits.into());
        self.reads_of_store.inc_by(observed.cache_misses.into());
        if !observed.query.is_empty() {
            self.decision.observe(observed.decision_time.as_secs_f64());
            self.store.observe(observed.store_time.as_secs_f64());
        }
    }

    /// Counts an answer that the HTTP library sent to an invalid request head.
    pub(crate) fn refused(&self, status: StatusCode) {
        self.answers.get_or_create(&Answered { route: NO_ROUTE, status: status.as_u16() }).inc();
    }

    fn text(&self) -> Response<Body> {
        let mut text = String::new();
        let status = match text::encode(&mut text, &self.registry) {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = Response::new(Body::from(Bytes::from(text)));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(OPEN_METRICS));
        response
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let reads = Family::<Read, Counter>::default();
        let seconds = || Histogram::new(exponential_buckets(1e-6, 4.0, 12));
        let metrics = Metrics {
            answers: Family::default(),
            bytes: Family::default(),
            cut: Counter::default(),
            reads_of_memory: reads.get_or_create_owned(&Read { from: "memory" }),
            reads_of_store: reads.get_or_create_owned(&Read { from: "store" }),
            decision: seconds(),
            store: seconds(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            registry: Registry::default(),
        };
        let mut registry = Registry::with_prefix("edgehop");
        registry.register("answers", "Answers, when their bodies have ended", metrics.answers.clone());
        registry.register("body_bytes", "Bytes of bodies handed to connections", metrics.bytes.clone());
        registry.register("transfers_cut", "Bodies that did not get to their end", metrics.cut.clone());
        registry.register("catalog_reads", "Catalog records read, by where they came from", reads);
        registry.register("decision_seconds", "Time to decide and plan an answer", metrics.decision.clone());
        registry.register("store_seconds", "Time waited for the catalog before a decision", metrics.store.clone());
        registry.register("connections", "Connections open now", metrics.connections.clone());
        let refused = metrics.connections_refused.clone();
        registry.register("connections_refused", "Connections over the limit of their address", refused);
        Metrics { registry, ..metrics }
    }
}

/// Record of an answer in progress, for metrics and log.
pub(crate) struct AnswerRecord {
    pub(crate) status: StatusCode,
    pub(crate) observed: Observed,
    pub(crate) started: Instant,
    pub(crate) metrics: Arc<Metrics>,
}

impl service::TransferObserver for AnswerRecord {
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

/// Serves `GET /metrics` and probes until the process ends.
pub(crate) async fn serve(listener: TcpListener, metrics: Arc<Metrics>, service: Shared) {
    let mut connections = Bounded::new(MAX_METRICS_CONNECTIONS);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (metrics, service) = (Arc::clone(&metrics), Arc::clone(&service));
        connections.spawn(async move {
            let answer = service_fn(async |request: Request<Incoming>| {
                let response = if request.uri().path() == "/metrics" {
                    metrics.text()
                } else if is_probe(&request) {
                    service.answer(&request, now()).await
                } else {
                    let mut response = Response::new(Body::empty());
                    *response.status_mut() = StatusCode::NOT_FOUND;
                    response
                };
                Ok::<_, std::convert::Infallible>(response)
            });
            // A scraper that disconnects is not logged.
            let mut http = hyper::server::conn::http1::Builder::new();
            let http = http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
            let _ = http.serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}
