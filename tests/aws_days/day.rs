//! One process of a deployment, and the proxies between it and AWS.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws::{DynamoCatalog, S3Artifacts};
use edgehop_tests::fault_proxy::{FaultProxy, Memory};
use edgehop_tests::stand_ins::endpoints;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use resolver::answer::Deployment;
use resolver::words::Timestamp;
use service::Service;

use crate::place::{Place, clients};

/// The moment of every question.
pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000);

/// A service that has not been asked anything yet, and what it stands on.
pub(crate) struct Day {
    pub(crate) place: &'static Place,
    pub(crate) dynamodb: FaultProxy,
    pub(crate) s3: FaultProxy,
    pub(crate) service: Arc<Service<DynamoCatalog, S3Artifacts>>,
}

/// An answer, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The body ended with an error: the connection is cut.
    pub(crate) is_cut: bool,
    /// How long it took, all of it.
    pub(crate) took: Took,
}

/// A time that makes no difference between answers.
#[derive(Debug, Clone, Copy, Eq)]
pub(crate) struct Took(pub(crate) Duration);

impl PartialEq for Took {
    fn eq(&self, _: &Took) -> bool {
        true
    }
}

impl Day {
    pub(crate) async fn begin() -> Day {
        Day::with(|service| service).await
    }

    /// A day of a service that is set up otherwise.
    pub(crate) async fn with(
        set_up: impl FnOnce(Service<DynamoCatalog, S3Artifacts>) -> Service<DynamoCatalog, S3Artifacts>,
    ) -> Day {
        let place = Place::filled().await;
        let endpoints = endpoints();
        static MEMORY: OnceLock<Memory> = OnceLock::new();
        let memory = MEMORY.get_or_init(Memory::default);
        let [dynamodb, s3] = [&endpoints.dynamodb, &endpoints.s3].map(|url| FaultProxy::before(url, memory));
        let (catalog, artifacts) = place.stores(&clients(&dynamodb.url(), &s3.url()).await);
        let service = set_up(Service::new(catalog, artifacts, Deployment::new("https://ota.test".parse().unwrap())));
        Day { place, dynamodb, s3, service: Arc::new(service) }
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[]).await
    }

    pub(crate) async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        ask(&self.service, method, target, headers).await
    }

    /// The same question so many times at once.
    pub(crate) async fn crowd(&self, count: usize, target: &str) -> Vec<Answer> {
        let asking: Vec<_> = (0..count)
            .map(|_| {
                let (service, target) = (Arc::clone(&self.service), target.to_owned());
                tokio::spawn(async move { ask(&service, "GET", &target, &[]).await })
            })
            .collect();
        let mut answers = Vec::new();
        for answer in asking {
            answers.push(answer.await.unwrap());
        }
        answers
    }

    /// Where a component's `prod` artifact is served by itself.
    pub(crate) async fn blob(&self, component: &str) -> String {
        format!("/blobs/{}", self.place.artifact(component).await.sha256)
    }
}

async fn ask(
    service: &Service<DynamoCatalog, S3Artifacts>,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let begun = Instant::now();
    let mut request = Request::builder().method(method).uri(target).header("host", "ota.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, mut body) = service.answer(&request.body(()).unwrap(), NOW).await.into_parts();
    let (mut bytes, mut is_cut) = (Vec::new(), false);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Err(_) => is_cut = true,
        }
    }
    Answer { status: head.status.as_u16(), headers: head.headers, body: bytes, is_cut, took: Took(begun.elapsed()) }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A good answer, with every byte that it promises.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.status, 200 | 206) && !self.is_cut && self.body.len().to_string() == self.header("content-length")
    }

    /// A good status, but the connection is cut before the last byte.
    pub(crate) fn is_broken(&self) -> bool {
        let promised: usize = self.header("content-length").parse().unwrap();
        matches!(self.status, 200 | 206) && self.is_cut && self.body.len() < promised
    }

    /// That it is 503, says when to come back, is kept for seconds, and tells a device nothing that is not its business.
    pub(crate) fn check_unavailable(&self, about: &str) {
        assert_eq!(self.status, 503, "{about}: {self:?}");
        let seconds: u64 = self.header("retry-after").parse().unwrap();
        assert!((30..=90).contains(&seconds), "{about}: {seconds}");
        assert_eq!((self.header("cache-control"), self.header("content-type")), ("max-age=1", "application/json"));
        assert_eq!(self.header("content-length"), self.body.len().to_string(), "{about}");
        let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        assert!(!json["error"].as_str().unwrap().is_empty() && json.as_object().unwrap().len() == 1, "{about}: {json}");
        let everything = format!("{json} {:?}", self.headers).to_lowercase();
        for secret in ["dynamo", "s3", "days-", "127.0.0.1", "told", "exception", "attempt", "query of"] {
            assert!(!everything.contains(secret), "{about} tells {secret}: {everything}");
        }
    }
}
