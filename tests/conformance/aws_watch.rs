//! What the stores on AWS ask of it, noted call by call; and a process that is killed before its next call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::{Clients, DynamoCatalog, S3Artifacts};
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use edgehop_tests::cloud::patient_clients;

use crate::aws::{Aws, SIZES, catalog};

/// The stores of a place, watched.
pub(crate) struct Watched {
    pub(crate) catalog: DynamoCatalog,
    pub(crate) artifacts: S3Artifacts,
    watch: Watch,
}

/// Sees each attempt of each call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    calls: Vec<String>,
    /// How many calls of this kind still go through, if any are counted.
    left: Option<(String, usize)>,
}

impl Watched {
    pub(crate) async fn new(place: &Aws) -> Watched {
        let watch = Watch::default();
        let Clients { dynamodb, s3 } = watch.over(&patient_clients().await);
        let artifacts = S3Artifacts::new(s3, &place.bucket, "ota/");
        Watched { catalog: catalog(dynamodb, &place.table), artifacts: artifacts.with_sizes(SIZES), watch }
    }

    /// The calls since this was last asked.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.watch.calls()
    }

    /// After so many calls of a kind, no call gets through any more.
    pub(crate) fn dies_after(&self, kind: &str, calls: usize) {
        self.watch.dies_after(kind, calls);
    }
}

impl Watch {
    /// The same clients, watched.
    pub(crate) fn over(&self, clients: &Clients) -> Clients {
        let dynamodb = clients.dynamodb.config().to_builder().interceptor(self.clone()).build();
        let s3 = clients.s3.config().to_builder().interceptor(self.clone()).build();
        Clients { dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb), s3: aws_sdk_s3::Client::from_conf(s3) }
    }

    /// The calls since this was last asked.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    /// After so many calls of a kind, no call gets through any more.
    pub(crate) fn dies_after(&self, kind: &str, calls: usize) {
        self.0.lock().unwrap().left = Some((kind.to_owned(), calls));
    }

    /// Every call gets through again.
    pub(crate) fn lives(&self) {
        self.0.lock().unwrap().left = None;
    }
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let has = |parameter: &str| request.uri().contains(parameter);
        let call = match request.headers().get("x-amz-target") {
            Some(target) => target.rsplit('.').next().unwrap_or_default(),
            None if request.headers().get("x-amz-copy-source").is_some() => "COPY",
            None if has("list-type=") || (request.method() == "GET" && (has("uploads") || has("uploadId="))) => "LIST",
            None if has("partNumber=") => "PART",
            None => request.method(),
        };
        let mut seen = self.0.lock().unwrap();
        let dead = match &mut seen.left {
            Some((_, 0)) => true,
            Some((kind, left)) if kind == call => {
                *left -= 1;
                false
            }
            _ => false,
        };
        if dead {
            drop(seen);
            if call == "PART" {
                // Those before it are on their way still, and should arrive.
                std::thread::sleep(Duration::from_millis(500));
            }
            return Err("killed".into());
        }
        seen.calls.push(call.to_owned());
        Ok(())
    }
}
