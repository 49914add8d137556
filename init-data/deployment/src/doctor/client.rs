//! HTTP as a device speaks it: nothing is followed, retried, decoded or kept.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::header::{AGE, CACHE_CONTROL, HeaderName};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use super::limits::{ANSWER, CONNECT, MOST_BYTES, MOST_QUOTED};

/// Asks an endpoint, and counts.
pub(super) struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    asked: AtomicU32,
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The body, decoded of nothing but HTTP's own framing.
    pub(super) body: Bytes,
    /// The transfer ended before its end, or with more than [`MOST_BYTES`]: why.
    pub(super) cut: Option<String>,
}

/// There was no answer. Its text says what was found, in a few words.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// TLS, or the certificate.
    Tls(rustls::Error),
    /// Nobody listens, or the connection ended before an answer.
    Connection(String),
    /// What answered is not HTTP.
    NotHttp(String),
    /// Nothing came in time.
    Silent(Duration),
}

impl Client {
    /// A client that trusts what this machine trusts; the error of a machine that trusts nobody.
    pub(super) fn new() -> io::Result<Client> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT));
        let tls = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().wrap_connector(tcp);
        // A connection may end at any moment between two requests. A device would ask once more; here that would be found,
        // and mean nothing. So each request has its own.
        let http = legacy::Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(tls);
        Ok(Client { http, asked: AtomicU32::new(0) })
    }

    /// How many requests were sent.
    pub(super) fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Sends a request and reads its answer to the end.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: &[(HeaderName, &str)],
    ) -> Result<Answered, Trouble> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Empty::new()).map_err(|error| Trouble::NotHttp(error.to_string()))?;
        self.asked.fetch_add(1, Ordering::Relaxed);
        match timeout(ANSWER, self.exchange(request)).await {
            Ok(answered) => answered,
            Err(_) => Err(Trouble::Silent(ANSWER)),
        }
    }

    async fn exchange(&self, request: Request<Empty<Bytes>>) -> Result<Answered, Trouble> {
        let response = self.http.request(request).await.map_err(|error| trouble(&error))?;
        let (head, body) = response.into_parts();
        let mut body = Limited::new(body, usize::try_from(MOST_BYTES).unwrap_or(usize::MAX));
        let (mut bytes, mut cut) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            match frame.map(http_body::Frame::into_data) {
                Ok(Ok(data)) => bytes.extend_from_slice(&data),
                Ok(Err(_trailers)) => {}
                Err(error) => {
                    cut = Some(innermost(&*error));
                    break;
                }
            }
        }
        Ok(Answered { status: head.status, headers: head.headers, body: bytes.into(), cut })
    }
}

impl Answered {
    /// A header's value; fields of one name are one list (RFC 9110 section 5.3). Empty if there is none.
    pub(super) fn header(&self, name: impl http::header::AsHeaderName) -> String {
        let fields = self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        fields.collect::<Vec<_>>().join(", ")
    }

    /// The seconds that a cache may keep it: `s-maxage` before `max-age` (RFC 9111 section 5.2.2).
    pub(super) fn max_age(&self) -> Option<u64> {
        let control = self.header(CACHE_CONTROL).to_ascii_lowercase();
        let said = |name: &str| {
            let value = control.split(',').filter_map(|one| one.trim().split_once('=')).find(|(key, _)| *key == name);
            value.and_then(|(_, seconds)| seconds.trim_matches('"').parse().ok())
        };
        said("s-maxage").or_else(|| said("max-age"))
    }

    /// How long a cache has had it, in seconds.
    pub(super) fn age(&self) -> u64 {
        self.header(AGE).parse().unwrap_or(0)
    }

    /// The status, and the start of what came with it.
    pub(super) fn in_short(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(MOST_QUOTED)]).into_owned();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match (words.is_empty(), words.contains(char::is_control) || words.contains('\u{fffd}')) {
            (true, _) | (_, true) => self.status.as_u16().to_string(),
            _ => format!("{} {words:?}", self.status.as_u16()),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Tls(error) => write!(f, "no TLS ({error})"),
            Trouble::Connection(why) => write!(f, "no answer ({why})"),
            Trouble::NotHttp(why) => write!(f, "what came is not HTTP ({why})"),
            Trouble::Silent(time) => write!(f, "no whole answer within {} s", time.as_secs()),
        }
    }
}

/// What went wrong, from the causes of an error: whose fault it is decides how it is mended.
fn trouble(error: &legacy::Error) -> Trouble {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if let Some(error) = tls(one) {
            return Trouble::Tls(error.clone());
        }
        if one.downcast_ref::<hyper::Error>().is_some_and(is_no_http) {
            return Trouble::NotHttp(one.to_string());
        }
        cause = one.source();
    }
    Trouble::Connection(innermost(error))
}

/// Whether what came is no answer of HTTP's, or came before anything was asked, as a mail server speaks first.
fn is_no_http(error: &hyper::Error) -> bool {
    // Of all its kinds of errors hyper tells this one by its text alone.
    error.is_parse() || error.to_string().starts_with("received unexpected message from connection")
}

/// The TLS library's own error, which hides in those of connections.
fn tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let within = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
    error.downcast_ref().or_else(|| match within {
        Some(inner) => inner.downcast_ref().or_else(|| tls(inner)),
        None => None,
    })
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
