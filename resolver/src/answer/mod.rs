//! What goes back over HTTP: status, headers, lifetime, and where the body's bytes come from.

mod blob;
mod decided;
mod headers;
mod lifetime;
mod plain;
mod precondition;
mod range;

use std::ops::Range;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

pub use blob::{Blob, blob};
pub use decided::{CURRENT, FALLBACK, decided, reads};
pub use lifetime::{
    ADDRESS_MARGIN_SECONDS, BLOB_SECONDS, ERROR_SECONDS, MAX_AGE_SECONDS, STALE_IF_ERROR_SECONDS,
    STALE_REVALIDATE_SECONDS,
};
pub use plain::{crowded, error, page, refused, signature, unavailable, waiting};

use crate::catalog::ObjectKey;
use crate::decide::Restores;
use crate::manifest::Addresses;
use crate::package::Plan;
use crate::query::Ladder;
use crate::words::{Timestamp, UrlBase};

/// What the operator decided about this deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// What every `url` in a manifest starts with.
    pub url_base: UrlBase,
    /// Largest package in bytes; a larger one is answered with its manifest. `u64::MAX` for no limit.
    pub max_package_bytes: u64,
    /// Most bytes of an artifact that one answer can carry; who asks for more is sent to its URL in the manifest, which
    /// someone else serves then. `u64::MAX` for no limit.
    pub max_blob_bytes: u64,
    /// The steps of staged rollouts.
    pub ladder: Ladder,
    /// How artifacts are restored from cold storage; `None` where none is ever put there, and nobody looks.
    pub restores: Option<Restores>,
}

impl Deployment {
    /// A deployment without limits and cold storage, with the usual ladder.
    pub fn new(url_base: UrlBase) -> Deployment {
        Deployment {
            url_base,
            max_package_bytes: u64::MAX,
            max_blob_bytes: u64::MAX,
            ladder: Ladder::default(),
            restores: None,
        }
    }
}

/// What an answer depends on beside question and decision.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// `GET` or `HEAD`.
    pub method: &'a Method,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// This moment.
    pub now: Timestamp,
    /// Any number: it spreads the devices' next attempts.
    pub seed: u64,
    /// URLs of the artifact store's own.
    pub addresses: &'a Addresses,
    /// What the operator decided.
    pub deployment: &'a Deployment,
}

/// An answer, complete but for the bytes of its objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// Every header that does not depend on the connection; `Content-Length` where there is content.
    pub headers: HeaderMap,
    /// Where the body comes from. `HEAD` sends none of it.
    pub content: Content,
}

impl Answer {
    /// The answer to a `/package` request with these headers, as caches must know it.
    ///
    /// A digest in `If-None-Match` changes the answer, and so does a condition that some cache passed on. No cache may
    /// give that answer to a device with another one (RFC 9111 section 4.1).
    pub fn varied(mut self, request: &HeaderMap) -> Answer {
        if request.contains_key(http::header::IF_NONE_MATCH) {
            self.headers.insert(http::header::VARY, HeaderValue::from_static("If-None-Match"));
        }
        self
    }
}

/// Where a body comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// There is none.
    Empty,
    /// Bytes at hand.
    Bytes(Bytes),
    /// These bytes of a package.
    Package {
        /// The package.
        plan: Plan,
        /// Which of its bytes.
        range: Range<u64>,
    },
    /// These bytes of a stored object.
    Object {
        /// The object.
        object: ObjectKey,
        /// Its length.
        size: u64,
        /// Which of its bytes.
        range: Range<u64>,
    },
}
