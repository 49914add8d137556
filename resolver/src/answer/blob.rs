use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::headers::{Rangeable, add_digest, value};
use super::plain::whole;
use super::precondition::{Verdict, judge};
use super::{Answer, Content, Deployment, lifetime};
use crate::catalog::ObjectKey;
use crate::query::{EntityTag, if_none_match};
use crate::words::{Md5, Sha256};

/// A stored artifact that a device asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// The artifact's digest, and so its address.
    pub sha256: Sha256,
    /// The artifact's MD5, which is its entity tag.
    pub md5: Md5,
    /// The artifact's length in bytes.
    pub size: u64,
}

/// Answers `GET` and `HEAD /blobs/<sha256>` with the artifact, cacheable for a year.
///
/// A request for more bytes than one answer can carry is redirected (307) to the artifact's URL in manifests, where the
/// CDN serves it from the bucket. The device repeats its request there, `Range` included.
pub fn blob(blob: &Blob, method: &Method, request: &HeaderMap, deployment: &Deployment) -> Answer {
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
    let wanted = match &verdict {
        Verdict::Whole => blob.size,
        Verdict::Part(range) => range.end - range.start,
        Verdict::NotModified | Verdict::Failed | Verdict::Unsatisfiable => 0,
    };
    if wanted > deployment.max_blob_bytes {
        return elsewhere(format!("{}/{object}", deployment.url_base));
    }
    Rangeable { headers, tag: &tag, length: blob.size }.answer(verdict, |range| Content::Object {
        object,
        size: blob.size,
        range,
    })
}

/// Redirects (307) to another URL. An artifact may move, so the redirect is cached no longer than a manifest.
fn elsewhere(url: String) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, lifetime::text());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let text = format!("{url}\n");
    headers.insert(LOCATION, value(url));
    whole(StatusCode::TEMPORARY_REDIRECT, headers, text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_an_answer_can_carry_is_elsewhere() {
        let limits = Deployment { max_blob_bytes: 100, ..Deployment::new("https://ota.test/a".parse().unwrap()) };
        let ask = |size: u64, name: &'static str, value: &str| {
            let there = Blob { sha256: Sha256::of(b"x"), md5: "0".repeat(32).parse().unwrap(), size };
            let request = HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())]);
            let [got, head] = [Method::GET, Method::HEAD].map(|method| blob(&there, &method, &request, &limits));
            (got.status.as_u16(), head.status.as_u16(), got.headers.get(LOCATION).cloned())
        };
        let location = Some(value(format!("https://ota.test/a/blobs/{}", Sha256::of(b"x"))));
        assert_eq!(ask(100, "accept", "*/*"), (200, 200, None));
        assert_eq!(ask(101, "accept", "*/*"), (307, 307, location.clone()));
        assert_eq!(ask(1000, "range", "bytes=1-100"), (206, 307, None));
        assert_eq!(ask(1000, "range", "bytes=1-101"), (307, 307, location));
        assert_eq!(ask(1000, "range", "bytes=1000-"), (416, 307, None));
        assert_eq!(ask(1000, "if-none-match", "*"), (304, 304, None));
        assert_eq!(ask(1000, "if-match", "\"x\""), (412, 412, None));
    }
}
