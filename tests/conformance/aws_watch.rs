//! What the stores on AWS ask of it, noted call by call; and a process that is killed before its next call.

use std::sync::{Arc, Mutex};

use aws::{Clients, DynamoCatalog, S3Artifacts};
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

use crate::aws::{Aws, SIZES, catalog, clients};

/// The stores of a place, watched.
pub(crate) struct Watched {
    pub(crate) catalog: DynamoCatalog,
    pub(crate) artifacts: S3Artifacts,
    watch: Watch,
}

/// Sees each attempt of each call.
#[derive(Debug, Clone, Default)]
struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    calls: Vec<String>,
    /// How many calls of this kind still go through, if any are counted.
    left: Option<(String, usize)>,
}

impl Watched {
    pub(crate) async fn new(place: &Aws) -> Watched {
        let (watch, Clients { dynamodb, s3 }) = (Watch::default(), clients().await);
        let dynamodb = dynamodb.config().to_builder().interceptor(watch.clone()).build();
        let s3 = s3.config().to_builder().interceptor(watch.clone()).build();
        let artifacts = S3Artifacts::new(aws_sdk_s3::Client::from_conf(s3), &place.bucket, "ota/");
        Watched {
            catalog: catalog(aws_sdk_dynamodb::Client::from_conf(dynamodb), &place.table),
            artifacts: artifacts.with_sizes(SIZES),
            watch,
        }
    }

    /// The calls since this was last asked.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.watch.0.lock().unwrap().calls)
    }

    /// After so many calls of a kind, no call gets through any more.
    pub(crate) fn dies_after(&self, kind: &str, calls: usize) {
        self.watch.0.lock().unwrap().left = Some((kind.to_owned(), calls));
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
            return Err("killed".into());
        }
        seen.calls.push(call.to_owned());
        Ok(())
    }
}
