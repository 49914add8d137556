//! HTTP answers: status, headers, cache lifetime, and the source of the body's bytes.

mod blob;
mod decided;
mod headers;
mod lifetime;
mod plain;
mod precondition;

use std::ops::Range;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

pub use blob::{Blob, blob};
pub use decided::{CURRENT, FALLBACK, decided, reads};
pub use lifetime::{
    ADDRESS_MARGIN_SECONDS, BLOB_SECONDS, ERROR_SECONDS, MAX_AGE_SECONDS, STALE_IF_ERROR_SECONDS,
    STALE_REVALIDATE_SECONDS, UNAVAILABLE_SECONDS,
};
pub use plain::{bad_query, error, in_cold_storage, page, signature, too_many_connections, unavailable};

use crate::catalog::ObjectKey;
use crate::decide::Restores;
use crate::manifest::Addresses;
use crate::package::Plan;
use crate::query::Ladder;
use crate::words::{Timestamp, UrlBase};

/// Settings of a deployment, chosen by its operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Base of every `url` in a manifest.
    pub url_base: UrlBase,
    /// Largest package in bytes; a larger one is answered with its manifest. `u64::MAX` for no limit.
    pub max_package_bytes: u64,
    /// Most bytes of an artifact in one answer; a larger request is redirected to the URL in the manifest, which another
    /// server must then serve. `u64::MAX` for no limit.
    pub max_blob_bytes: u64,
    /// The steps of staged rollouts.
    pub ladder: Ladder,
    /// Settings of restores from cold storage; `None` if the deployment uses none, and objects are not looked up.
    pub restores: Option<Restores>,
}

impl Deployment {
    /// Creates a deployment without limits or cold storage, with the default ladder.
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

/// Inputs of an answer beside query and decision.
#[derive(Debug, Clone, Copy)]
pub struct AnswerContext<'a> {
    /// `GET` or `HEAD`.
    pub method: &'a Method,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// Current time.
    pub now: Timestamp,
    /// Any number, different from request to request: it spreads the devices' retries.
    pub seed: u64,
    /// Presigned URLs of artifacts.
    pub addresses: &'a Addresses,
    /// The operator's settings.
    pub deployment: &'a Deployment,
}

/// An answer, complete but for the bytes of its objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// Headers that do not depend on the connection; `Content-Length` among them if there is content.
    pub headers: HeaderMap,
    /// Source of the body. `HEAD` sends none of it.
    pub content: Content,
}

impl Answer {
    /// Adds `Vary` to the answer to a `/package` request with these headers.
    ///
    /// A digest in `If-None-Match` changes the answer, and so does a condition that a cache passed on. No cache may give
    /// that answer to a device with another `If-None-Match` (RFC 9111 section 4.1).
    pub fn varied(mut self, request: &HeaderMap) -> Answer {
        if request.contains_key(http::header::IF_NONE_MATCH) {
            self.headers.insert(http::header::VARY, HeaderValue::from_static("If-None-Match"));
        }
        self
    }
}

/// Source of a body's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// No body.
    Empty,
    /// Bytes in memory.
    Bytes(Bytes),
    /// A range of a package.
    Package {
        /// The package's layout.
        plan: Plan,
        /// Bytes to send.
        range: Range<u64>,
    },
    /// A range of a stored object.
    Object {
        /// Key of the object.
        object: ObjectKey,
        /// The object's length in bytes.
        size: u64,
        /// Bytes to send.
        range: Range<u64>,
    },
}
