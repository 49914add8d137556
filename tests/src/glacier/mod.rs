//! S3 with archives, as its documentation describes it (user guide, "Working with archived objects"; API reference,
//! RestoreObject, HeadObject, GetObject, CopyObject): a restore goes on until the test says that it is done.
//!
//! It takes what is needed for that, of any bucket: HEAD, GET with a range, PUT with conditions, copies, DELETE and
//! RestoreObject. It checks no signature. moto restores at once, and has no tiers.

mod answers;

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use answers::{empty, error};

type Answer = Response<Full<Bytes>>;

/// The store. It goes on answering until the process ends.
#[derive(Clone)]
pub struct Glacier {
    /// Where it is.
    pub url: String,
    state: Arc<Mutex<State>>,
}

/// A restore that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Of which object, bucket and all.
    pub name: String,
    /// How fast: `Bulk`, `Standard`, `Expedited`.
    pub tier: String,
    /// How long its copy stays.
    pub days: Option<u32>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Object>,
    asked: Vec<Asked>,
    refusals: VecDeque<(StatusCode, &'static str)>,
    calls: BTreeMap<String, usize>,
    version: u64,
}

#[derive(Clone)]
struct Object {
    bytes: Bytes,
    /// What was said about it: media type, metadata.
    said: HeaderMap,
    class: &'static str,
    /// The archive tier of Intelligent-Tiering.
    tiering: Option<&'static str>,
    copy: Copied,
    etag: String,
    modified: SystemTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copied {
    No,
    Ongoing,
    Until(SystemTime),
}

impl Glacier {
    /// Starts it.
    pub fn start() -> Glacier {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let glacier = Glacier { url, state };
        let answering = glacier.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(answering.listen(listener));
        });
        glacier
    }

    async fn listen(self, listener: TcpListener) {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let glacier = self.clone();
            let answer = service_fn(move |request| {
                let glacier = glacier.clone();
                async move { Ok::<_, Infallible>(glacier.answer(request).await) }
            });
            // A client that goes away is no matter.
            tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(connection), answer).await });
        }
    }

    /// Moves an object to another storage class, as a lifecycle rule does; `ARCHIVE_ACCESS` and `DEEP_ARCHIVE_ACCESS` are
    /// tiers of Intelligent-Tiering.
    pub fn moved(&self, name: &str, class: &'static str) {
        self.change(name, |object| {
            let tiering = ["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"].contains(&class);
            object.class = if tiering { "INTELLIGENT_TIERING" } else { class };
            object.tiering = tiering.then_some(class);
            object.copy = Copied::No;
        });
    }

    /// A restore is done: there is a copy, or the object is back from a tier.
    pub fn restored(&self, name: &str) {
        self.change(name, |object| {
            assert_eq!(object.copy, Copied::Ongoing, "nobody asked for it");
            object.copy = match object.tiering.take() {
                Some(_) => Copied::No,
                None => Copied::Until(SystemTime::now() + Duration::from_secs(24 * 3600)),
            };
        });
    }

    /// The copy has come to its end.
    pub fn expired(&self, name: &str) {
        self.change(name, |object| object.copy = Copied::No);
    }

    /// Makes an object older.
    pub fn aged(&self, name: &str, by: Duration) {
        self.change(name, |object| object.modified -= by);
    }

    /// Somebody asks for a restore by hand.
    pub fn asked_by_hand(&self, name: &str) {
        self.change(name, |object| object.copy = Copied::Ongoing);
    }

    /// The next request for a restore is refused with this status and code.
    pub fn refuse(&self, status: u16, code: &'static str) {
        self.state.lock().unwrap().refusals.push_back((StatusCode::from_u16(status).unwrap(), code));
    }

    /// The restores that were asked for and granted, since this was last called.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    /// How often that was asked, by method, a restore being `RESTORE` and a copy `COPY`; refusals count.
    pub fn calls(&self, kind: &str) -> usize {
        self.state.lock().unwrap().calls.get(kind).copied().unwrap_or_default()
    }

    /// The bytes of an object, whatever its class.
    pub fn bytes(&self, name: &str) -> Option<Bytes> {
        self.state.lock().unwrap().objects.get(name).map(|object| object.bytes.clone())
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Object)) {
        let mut state = self.state.lock().unwrap();
        change(state.objects.get_mut(name).unwrap_or_else(|| panic!("there is no {name}")));
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let name = head.uri.path().trim_start_matches('/').to_owned();
        let restores = head.uri.query().is_some_and(|query| query.split('&').any(|part| part.starts_with("restore")));
        let copied = head.headers.get("x-amz-copy-source").map(|name| name.to_str().unwrap().to_owned());
        let kind = match (&head.method, &copied) {
            (&Method::POST, _) => "RESTORE",
            (_, Some(_)) => "COPY",
            (method, None) => method.as_str(),
        };
        let mut state = self.state.lock().unwrap();
        *state.calls.entry(kind.to_owned()).or_default() += 1;
        match (&head.method, copied) {
            (&Method::HEAD, None) => state.head(&name),
            (&Method::GET, None) if head.uri.query().is_none_or(|query| query.starts_with("x-id=")) => {
                state.get(&name, &head.headers)
            }
            (&Method::PUT, Some(from)) => state.copy(&from, &name, &head.headers),
            (&Method::PUT, None) => state.put(&name, &head.headers, body),
            (&Method::DELETE, None) => {
                state.objects.remove(&name);
                empty(StatusCode::NO_CONTENT)
            }
            (&Method::POST, None) if restores => state.restore(&name, &String::from_utf8_lossy(&body)),
            _ => error(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
        }
    }
}
