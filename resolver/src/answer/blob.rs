use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};

use super::headers::{Rangeable, add_digest};
use super::precondition::{Verdict, judge};
use super::{Answer, Content, lifetime};
use crate::catalog::ObjectKey;
use crate::query::{EntityTag, if_none_match};
use crate::words::{Md5, Sha256};

/// An artifact that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// Its address.
    pub sha256: Sha256,
    /// Its entity tag.
    pub md5: Md5,
    /// Its length in bytes.
    pub size: u64,
}

/// The answer to `GET` or `HEAD /blobs/<sha256>`: the artifact, immutable for a year.
pub fn blob(blob: &Blob, method: &Method, request: &HeaderMap) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, lifetime::blob());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    add_digest(&mut headers, &blob.sha256);
    let tag = EntityTag::artifact(&blob.md5);
    let (listed, any) = if_none_match(request);
    let verdict = match judge(method, request, &listed, &tag, blob.size) {
        Verdict::Failed => Verdict::Failed,
        _ if any => Verdict::NotModified,
        verdict => verdict,
    };
    let object = ObjectKey::Blob(blob.sha256);
    Rangeable { headers, tag: &tag, length: blob.size }.answer(verdict, |range| Content::Object {
        object,
        size: blob.size,
        range,
    })
}
