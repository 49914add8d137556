//! A service over stores of the test's making, asked without a network.

use std::sync::Arc;

use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use open::Stores;
use resolver::answer::Deployment;
use resolver::catalog::{Artifact, ObjectKey};
use resolver::words::Timestamp;
use service::{Observed, Service};
use store::{Artifacts, Catalog, StoreError};

use crate::memory::{MemoryArtifacts, MemoryCatalog};
use crate::words::word;

const NOW: Timestamp = Timestamp(1_800_000_000);

/// An answer, with all of its body that came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// How the body ended.
    pub(crate) end: Result<(), StoreError>,
    /// It was decided for an earlier question.
    pub(crate) is_remembered: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// How many bytes were promised.
    pub(crate) fn length(&self) -> usize {
        self.header("content-length").parse().unwrap()
    }

    /// The body came to its end, with as many bytes as promised.
    pub(crate) fn is_whole(&self) -> bool {
        self.end.is_ok() && self.body.len() == self.length()
    }

    /// Nothing was promised: 503, and when to come back.
    pub(crate) fn is_refused(&self) -> bool {
        let after: u64 = self.header("retry-after").parse().unwrap_or(0);
        self.status == 503 && self.is_whole() && after >= 30
    }

    /// The body did not: it ended with an error, and before the last byte.
    pub(crate) fn is_broken(&self) -> bool {
        self.end.is_err() && self.body.len() < self.length()
    }
}

pub(crate) fn service<C: Catalog, A: Artifacts>(catalog: C, artifacts: A) -> Arc<Service<C, A>> {
    Arc::new(Service::new(catalog, artifacts, Deployment::new("https://ota.test".parse().unwrap())))
}

pub(crate) async fn get<C: Catalog, A: Artifacts>(service: &Service<C, A>, target: &str) -> Answer {
    ask(service, "GET", target, &[]).await
}

/// A part of a target: `range` is what stands behind `bytes=`.
pub(crate) async fn part<C: Catalog, A: Artifacts>(service: &Service<C, A>, target: &str, range: &str) -> Answer {
    ask(service, "GET", target, &[("range", &format!("bytes={range}"))]).await
}

pub(crate) async fn ask<C: Catalog, A: Artifacts>(
    service: &Service<C, A>,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Answer {
    ask_at(service, method, target, headers, NOW).await
}

pub(crate) async fn ask_at<C: Catalog, A: Artifacts>(
    service: &Service<C, A>,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    now: Timestamp,
) -> Answer {
    let mut request = Request::builder().method(method).uri(target).header("host", "ota.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, mut body) = service.answer(&request.body(()).unwrap(), now).await.into_parts();
    let is_remembered = head.extensions.get::<Observed>().unwrap().decision_time.is_zero();
    let (mut bytes, mut end) = (Vec::new(), Ok(()));
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Err(error) => end = Err(error),
        }
    }
    Answer { status: head.status.as_u16(), headers: head.headers, body: bytes, end, is_remembered }
}

/// The sample data, in memory.
pub(crate) struct Stock {
    pub(crate) catalog: MemoryCatalog,
    pub(crate) artifacts: MemoryArtifacts,
}

impl Stock {
    /// Artifacts of `size` bytes.
    pub(crate) async fn new(size: u64) -> Self {
        let (catalog, artifacts) = (MemoryCatalog::default(), MemoryArtifacts::default());
        let work = edgehop_tests::server::folder();
        let stores = Stores { catalog, artifacts, work: work.path().to_owned() };
        publishing::samples(&stores, size, NOW).await.unwrap();
        Stock { catalog: stores.catalog, artifacts: stores.artifacts }
    }

    /// What the record of a component's `prod` release says of its bytes.
    pub(crate) async fn artifact(&self, component: &str) -> Artifact {
        let found = self.catalog.component(&word(component)).await.unwrap().unwrap();
        found.release(&found.channels[&word("prod")].target).unwrap().artifact.clone()
    }

    /// The object that goes into packages for a component's `prod` release.
    pub(crate) async fn object(&self, component: &str) -> ObjectKey {
        let artifact = self.artifact(component).await;
        artifact.fragment.map_or(ObjectKey::Blob(artifact.sha256), |fragment| ObjectKey::Fragment(fragment.sha256))
    }

    /// Where a component's `prod` artifact is served by itself.
    pub(crate) async fn blob(&self, component: &str) -> String {
        format!("/blobs/{}", self.artifact(component).await.sha256)
    }
}
