//! Resources of the HTTP interface, and the answers that need no query.

use http::header::{ALLOW, CACHE_CONTROL, HOST};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};

use crate::answer::{Answer, error, page};
use crate::words::Sha256;

/// Resource that a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route {
    /// `/package`: the next releases to install.
    Package,
    /// `/blobs/<sha256>`: one artifact.
    Blob(Sha256),
    /// `/blobs/<sha256>.minisig`: one artifact's signature.
    Signature(Sha256),
    /// `/healthz`: whether the catalog can be read.
    Health,
    /// `/readyz`: whether the catalog and the artifacts can be read.
    Ready,
    /// `/`: a hint for people who open the endpoint in a browser.
    Hello,
    /// Any other path.
    #[default]
    Other,
}

impl Route {
    /// Returns the resource at a path. Paths are exact: no other case, no final `/`.
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

    /// Returns the route as a metric's label.
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

/// Methods that every resource supports, as the body of an answer.
const METHODS_LINE: &str = "GET, HEAD, OPTIONS\n";

/// Methods that every resource supports, as a header value.
const METHODS: &str = METHODS_LINE.trim_ascii_end();

/// Answers requests whose answer does not depend on their path: `OPTIONS`, unsupported methods, and HTTP/1.1 without
/// exactly one `Host` (RFC 9112 section 3.2), which other versions transmit elsewhere.
pub fn early_answer(method: &Method, version: Version, headers: &HeaderMap) -> Option<Answer> {
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

/// Answers 404 for an unknown path.
pub fn unknown() -> Answer {
    error(
        StatusCode::NOT_FOUND,
        "there is /package, /blobs/<sha256 of an artifact>, the same with .minisig, and /healthz",
    )
}

/// Answers a probe with success.
pub fn healthy() -> Answer {
    page("ok\n")
}

/// Answers a probe with 503 and a problem of the stores that may be made public.
pub fn not_ready(problem: &str) -> Answer {
    let mut answer = error(StatusCode::SERVICE_UNAVAILABLE, problem);
    answer.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Answers `/` with a hint for people.
pub fn hello() -> Answer {
    page("edgehop answers GET /package?cpuArch=<architecture>\n")
}
