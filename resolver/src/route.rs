//! Which resource a request is for, and what is answered before any question is understood.

use http::header::{ALLOW, CACHE_CONTROL, HOST};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};

use crate::answer::{Answer, error, page};
use crate::words::Sha256;

/// The resources there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route {
    /// `/package`: what to install next.
    Package,
    /// `/blobs/<sha256>`: one artifact.
    Blob(Sha256),
    /// `/blobs/<sha256>.minisig`: who vouches for one artifact.
    Signature(Sha256),
    /// `/healthz`: whether the catalog can be read.
    Health,
    /// `/readyz`: whether the catalog and the artifacts can be read.
    Ready,
    /// `/`: for a person who opens the endpoint in a browser.
    Hello,
    /// Anything else.
    #[default]
    Other,
}

impl Route {
    /// The resource at a path. Paths are exact: no other case, no final `/`.
    pub fn of(path: &str) -> Route {
        match path {
            "/package" => Route::Package,
            "/healthz" => Route::Health,
            "/readyz" => Route::Ready,
            "/" => Route::Hello,
            _ => path.strip_prefix("/blobs/").and_then(Route::object).unwrap_or_default(),
        }
    }

    /// Returns true for the probes of load balancers and watchers.
    pub fn is_probe(self) -> bool {
        matches!(self, Route::Health | Route::Ready)
    }

    fn object(name: &str) -> Option<Route> {
        match name.strip_suffix(".minisig") {
            Some(digest) => digest.parse().ok().map(Route::Signature),
            None => name.parse().ok().map(Route::Blob),
        }
    }

    /// The route as a metric's label.
    pub fn as_str(self) -> &'static str {
        match self {
            Route::Package => "package",
            Route::Blob(_) => "blob",
            Route::Signature(_) => "signature",
            Route::Health => "healthz",
            Route::Ready => "readyz",
            Route::Hello => "hello",
            Route::Other => "other",
        }
    }
}

/// What every resource takes, as a text of its own.
const METHODS_LINE: &str = "GET, HEAD, OPTIONS\n";

/// The same in a line.
const METHODS: &str = METHODS_LINE.trim_ascii_end();

/// What is wrong with a request whatever it is for, or what answers it whatever it is for.
///
/// HTTP/1.1 takes exactly one `Host` (RFC 9112 section 3.2); other versions name the host elsewhere.
pub fn refuse(method: &Method, version: Version, headers: &HeaderMap) -> Option<Answer> {
    if version == Version::HTTP_11 && headers.get_all(HOST).iter().count() != 1 {
        return Some(error(StatusCode::BAD_REQUEST, "Host: HTTP/1.1 takes exactly one"));
    }
    let mut answer = match *method {
        Method::GET | Method::HEAD => return None,
        Method::OPTIONS => page(METHODS_LINE),
        _ => {
            let message = format!("{method}: every resource here takes {METHODS}");
            error(StatusCode::METHOD_NOT_ALLOWED, &message)
        }
    };
    answer.headers.insert(ALLOW, HeaderValue::from_static(METHODS));
    Some(answer)
}

/// There is no such resource.
pub fn unknown() -> Answer {
    error(
        StatusCode::NOT_FOUND,
        "there is /package, /blobs/<sha256 of an artifact>, the same with .minisig, and /healthz",
    )
}

/// What was looked at can be read.
pub fn healthy() -> Answer {
    page("ok\n")
}

/// The stores cannot be read: which, and why as far as anybody may know.
pub fn not_ready(problem: &str) -> Answer {
    let mut answer = error(StatusCode::SERVICE_UNAVAILABLE, problem);
    answer.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Where to begin.
pub fn hello() -> Answer {
    page("edgehop answers GET /package?cpuArch=<architecture>\n")
}
