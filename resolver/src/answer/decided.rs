use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LOCATION, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, RETRY_AFTER,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::headers::{Rangeable, add_digest, condition_failed, not_modified, value};
use super::plain::{json_headers, retry, whole};
use super::precondition::{Verdict, judge};
use super::{Answer, AnswerContext, Content, Deployment, error, lifetime};
use crate::decide::{Decision, Reads, nothing_found};
use crate::manifest::{Addresses, file_names, manifest};
use crate::package::{Member, Plan};
use crate::query::{EntityTag, ParsedQuery, Payload};
use crate::words::Sha256;

/// Header that marks a manifest sent in place of a package, and gives the reason.
pub const FALLBACK: HeaderName = HeaderName::from_static("edgehop-fallback");

/// Entity tag of every manifest with nothing to install.
pub const CURRENT: HeaderValue = HeaderValue::from_static("W/\"current\"");

/// Turns a decision into the answer to `GET` or `HEAD /package`.
///
/// `canonical` is the canonical query. It goes into `Content-Location`, so that an answer names the query it belongs to.
pub fn decided(asked: &ParsedQuery, decision: &Decision, canonical: &str, context: AnswerContext<'_>) -> Answer {
    let AnswerContext { method, headers: request, now, deployment, addresses, .. } = context;
    if decision.finds_nothing() {
        // The sentence begins as the AWS sample's does, because the sample's devices may match on it.
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
        headers.insert(CACHE_CONTROL, lifetime::error(status));
    }
    if let Some(least) = decision.retry_after().filter(|_| status == StatusCode::SERVICE_UNAVAILABLE) {
        headers.insert(RETRY_AFTER, retry(least, context.seed));
    }
    list(text, status, headers, asked, method, request)
}

/// Returns which objects an answer makes a device read: those in its package, those behind its URLs, or both where part
/// of a package might still be small enough to send.
pub fn reads(asked: &ParsedQuery, decision: &Decision, addresses: &Addresses, deployment: &Deployment) -> Reads {
    if asked.query.payload != Payload::Full {
        return Reads { package: false, urls: true };
    }
    let length = plan(&manifest(decision, &deployment.url_base, addresses), decision).length();
    Reads { package: true, urls: length > deployment.max_package_bytes }
}

/// Answers a device that is up to date: 304 if the request has a condition, else a manifest with nothing to install.
///
/// Without `If-None-Match` a 304 is invalid (RFC 9110 section 15.4.5): a cache that fetches `?have=…` takes it for an
/// error of the origin. All such manifests share one weak entity tag, because they mean the same to a device. A cache
/// that moves digests to `have` leaves [`CURRENT`] in `If-None-Match`, and then turns the manifest into 304 itself.
fn current(text: impl FnOnce() -> Bytes, mut headers: HeaderMap, request: &HeaderMap) -> Answer {
    headers.insert(ETAG, CURRENT);
    if request.contains_key(IF_NONE_MATCH) {
        return not_modified(headers);
    }
    headers.extend(json_headers());
    whole(StatusCode::OK, headers, text())
}

/// Lays out the package of a decision.
fn plan(manifest: &Bytes, decision: &Decision) -> Plan {
    let names = file_names(decision);
    let delivered = names.iter().zip(decision.delivered());
    let members: Vec<_> =
        delivered.map(|(file, (_, release))| Member { name: &file.name, artifact: &release.artifact }).collect();
    Plan::new(manifest, &members)
}

fn package(plan: Plan, mut headers: HeaderMap, asked: &ParsedQuery, method: &Method, request: &HeaderMap) -> Answer {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
    let disposition = HeaderValue::from_static("attachment; filename=\"ota-package.tar.gz\"");
    headers.insert(CONTENT_DISPOSITION, disposition);
    let (tag, length) = (plan.tag().clone(), plan.length());
    let verdict = judge(method, request, &asked.tags, &tag, length);
    Rangeable { headers, tag: &tag, length }.answer(verdict, |range| Content::Package { plan, range })
}

/// Answers with the manifest alone. It is small, so ranges of it are not offered.
fn list(
    text: Bytes,
    status: StatusCode,
    mut headers: HeaderMap,
    asked: &ParsedQuery,
    method: &Method,
    request: &HeaderMap,
) -> Answer {
    let digest = Sha256::of(&text);
    let tag = EntityTag::digest("m", &digest.0);
    headers.insert(ETAG, value(tag.to_string()));
    headers.extend(json_headers());
    add_digest(&mut headers, &digest);
    // Conditions apply to successful answers only (RFC 9110 section 13.2.1).
    if status.is_success() {
        match judge(method, request, &asked.tags, &tag, text.len() as u64) {
            Verdict::NotModified => return not_modified(headers),
            Verdict::Failed => return condition_failed(),
            Verdict::Whole | Verdict::Part(_) | Verdict::Unsatisfiable => {}
        }
    }
    whole(status, headers, text)
}

/// Returns a manifest's HTTP status: that of its refusals if nothing is delivered and all share one, so that `curl -f`
/// fails.
fn refusal(decision: &Decision) -> StatusCode {
    let mut codes = decision.entries.iter().map(|entry| entry.outcome.status_code()).filter(|code| *code != 304);
    let first = codes.next().unwrap_or(200);
    let shared = if codes.all(|code| code == first) { first } else { 200 };
    StatusCode::from_u16(shared).unwrap_or(StatusCode::OK)
}
