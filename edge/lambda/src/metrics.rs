use std::io::Write as _;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use serde_json::{Value, json};
use service::Observed;

/// CloudWatch namespace of the metrics.
const NAMESPACE: &str = "edgehop";

/// Metrics by route: name and unit.
const BY_ROUTE: [(&str, &str); 7] = [
    ("Bytes", "Bytes"),
    ("Cut", "Count"),
    ("DecisionTime", "Microseconds"),
    ("StoreTime", "Microseconds"),
    ("CacheHits", "Count"),
    ("CacheMisses", "Count"),
    ("ColdStart", "Count"),
];

/// Metric of answers that make a device wait for cold storage, by function alone, so that one alarm covers all routes.
const WAITING: &str = "Waiting";

/// Record of an answer in progress, which becomes its line in the log.
pub(crate) struct AnswerRecord {
    pub(crate) function: Arc<str>,
    pub(crate) request: String,
    /// Whether this is the first answer of the process.
    pub(crate) cold: bool,
    pub(crate) status: StatusCode,
    pub(crate) observed: Observed,
    pub(crate) started: Instant,
}

impl service::TransferObserver for AnswerRecord {
    /// Writes one line to standard output, from which CloudWatch takes both the log entry and the metrics (CloudWatch user
    /// guide, "Specification: Embedded metric format"). It does not identify the device: of its query there is only the
    /// canonical spelling.
    #[expect(
        clippy::disallowed_methods,
        reason = "the only foreign text in the line is the canonical query, which is ASCII"
    )]
    fn close(&mut self, bytes: u64, complete: bool) {
        let mut line = self.line(bytes, complete).to_string();
        line.push('\n');
        // Devices are answered even if the log's reader is gone.
        let _ = std::io::stdout().write_all(line.as_bytes());
    }
}

impl AnswerRecord {
    fn line(&self, bytes: u64, complete: bool) -> Value {
        let observed = &self.observed;
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let metrics = BY_ROUTE.map(|(name, unit)| json!({ "Name": name, "Unit": unit }));
        json!({
            "_aws": {
                "Timestamp": at.as_millis() as u64,
                "CloudWatchMetrics": [
                    {
                        "Namespace": NAMESPACE,
                        "Dimensions": [["function", "status"]],
                        "Metrics": [{ "Name": "Answers", "Unit": "Count" }],
                    },
                    { "Namespace": NAMESPACE, "Dimensions": [["function", "route"]], "Metrics": metrics },
                    {
                        "Namespace": NAMESPACE,
                        "Dimensions": [["function"]],
                        "Metrics": [{ "Name": WAITING, "Unit": "Count" }],
                    },
                ],
            },
            "message": "answered",
            "requestId": self.request,
            "function": &*self.function,
            "route": observed.route.as_str(),
            "status": self.status.as_str(),
            "query": observed.query,
            "micros": self.started.elapsed().as_micros() as u64,
            "Answers": 1,
            "Bytes": bytes,
            "Cut": u8::from(!complete),
            "DecisionTime": observed.decision_time.as_micros() as u64,
            "StoreTime": observed.store_time.as_micros() as u64,
            "CacheHits": observed.cache_hits,
            "CacheMisses": observed.cache_misses,
            "ColdStart": u8::from(self.cold),
            WAITING: u8::from(observed.waiting),
        })
    }
}
