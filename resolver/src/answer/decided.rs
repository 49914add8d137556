use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LOCATION, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, RETRY_AFTER,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::headers::{Rangeable, add_digest, condition_failed, not_modified, value};
use super::plain::{json_headers, retry, whole};
use super::precondition::{Verdict, judge};
use super::{Answer, Circumstances, Content, Deployment, error, lifetime};
use crate::decide::{Decision, Reads, nothing_found};
use crate::manifest::{Addresses, file_names, manifest};
use crate::package::{Member, Plan};
use crate::query::{Asked, EntityTag, Payload};
use crate::words::Sha256;

/// Says that the manifest came in place of the package, and why.
pub const FALLBACK: HeaderName = HeaderName::from_static("edgehop-fallback");

/// The entity tag of every list that says: there is nothing to install.
pub const CURRENT: HeaderValue = HeaderValue::from_static("W/\"current\"");

/// Turns a decision into an answer to `GET` or `HEAD /package`.
///
/// `canonical` is the question's one spelling; it goes into `Content-Location`, so that whoever reads an answer sees
/// which question it answers.
pub fn decided(asked: &Asked, decision: &Decision, canonical: &str, around: Circumstances<'_>) -> Answer {
    let Circumstances { method, headers: request, now, deployment, addresses, .. } = around;
    if decision.finds_nothing() {
        // The first words are the sample's, whose devices may look for them.
        let message = format!("No deployment package found: {}", nothing_found(&asked.query, decision));
        return error(StatusCode::NOT_FOUND, &message);
    }
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, lifetime::decided(now, decision.changes_at));
    headers.insert(CONTENT_LOCATION, value(format!("/package?{canonical}")));
    let text = || manifest(decision, &deployment.url_base, addresses);
    if decision.has_everything() {
        return current(text, headers, request);
    }
    let text = text();
    if asked.query.payload == Payload::Full && decision.delivered().next().is_some() {
        let plan = plan(&text, decision);
        let limit = deployment.max_package_bytes;
        if plan.length() <= limit {
            return package(plan, headers, asked, method, request);
        }
        let why = format!("package-too-large; size={}; limit={limit}", plan.length());
        headers.insert(FALLBACK, value(why));
    }
    let status = refusal(decision);
    if !status.is_success() {
        headers.insert(CACHE_CONTROL, lifetime::error());
    }
    if let Some(least) = decision.retry_after().filter(|_| status == StatusCode::SERVICE_UNAVAILABLE) {
        headers.insert(RETRY_AFTER, retry(least, around.seed));
    }
    list(text, status, headers, asked, method, request)
}

/// Which objects the answer to a decision leads a device to: those of its package, those of its URLs, or, where a part
/// of a package might still be small enough, both.
pub fn reads(asked: &Asked, decision: &Decision, addresses: &Addresses, deployment: &Deployment) -> Reads {
    if asked.query.payload != Payload::Full {
        return Reads { package: false, urls: true };
    }
    let length = plan(&manifest(decision, &deployment.url_base, addresses), decision).length();
    Reads { package: true, urls: length > deployment.max_package_bytes }
}

/// The device has everything: 304 if the request has a condition, else the list that says so.
///
/// Without `If-None-Match` a 304 answers nothing (RFC 9110 section 15.4.5): a cache that fetches `?have=…` takes it for
/// an error of the origin. The list's tag is the same for all, and weak, because what it says to a device is the same:
/// whoever moves digests to `have` leaves [`CURRENT`] in `If-None-Match`, and any cache turns the list into 304.
fn current(text: impl FnOnce() -> Bytes, mut headers: HeaderMap, request: &HeaderMap) -> Answer {
    headers.insert(ETAG, CURRENT);
    if request.contains_key(IF_NONE_MATCH) {
        return not_modified(headers);
    }
    headers.extend(json_headers());
    whole(StatusCode::OK, headers, text())
}

/// The layout of what a decision delivers.
fn plan(manifest: &Bytes, decision: &Decision) -> Plan {
    let names = file_names(decision);
    let delivered = names.iter().zip(decision.delivered());
    let members: Vec<_> =
        delivered.map(|(file, (_, release))| Member { name: &file.name, artifact: &release.artifact }).collect();
    Plan::new(manifest, &members)
}

fn package(plan: Plan, mut headers: HeaderMap, asked: &Asked, method: &Method, request: &HeaderMap) -> Answer {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
    let disposition = HeaderValue::from_static("attachment; filename=\"ota-package.tar.gz\"");
    headers.insert(CONTENT_DISPOSITION, disposition);
    let (tag, length) = (plan.tag().clone(), plan.length());
    let verdict = judge(method, request, &asked.tags, &tag, length);
    Rangeable { headers, tag: &tag, length }.answer(verdict, |range| Content::Package { plan, range })
}

/// The manifest alone. It is small, so ranges of it are not offered.
fn list(
    text: Bytes,
    status: StatusCode,
    mut headers: HeaderMap,
    asked: &Asked,
    method: &Method,
    request: &HeaderMap,
) -> Answer {
    let digest = Sha256::of(&text);
    let tag = EntityTag::digest("m", &digest.0);
    headers.insert(ETAG, value(tag.to_string()));
    headers.extend(json_headers());
    add_digest(&mut headers, &digest);
    // A refusal is no success that a condition could apply to (RFC 9110 section 13.2.1).
    if status.is_success() {
        match judge(method, request, &asked.tags, &tag, text.len() as u64) {
            Verdict::NotModified => return not_modified(headers),
            Verdict::Failed => return condition_failed(),
            Verdict::Whole | Verdict::Part(_) | Verdict::Unsatisfiable => {}
        }
    }
    whole(status, headers, text)
}

/// The status of a list: the refusals' own if nothing is delivered and they share one, so that `curl -f` notices.
fn refusal(decision: &Decision) -> StatusCode {
    let mut codes = decision.entries.iter().map(|entry| entry.outcome.status_code()).filter(|code| *code != 304);
    let first = codes.next().unwrap_or(200);
    let shared = if codes.all(|code| code == first) { first } else { 200 };
    StatusCode::from_u16(shared).unwrap_or(StatusCode::OK)
}
