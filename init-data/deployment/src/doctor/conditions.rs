//! Conditions: who has the answer, or a part of it, is not sent it again.

use http::header::IF_NONE_MATCH;

use super::cached::{Seen, seen};
use super::examination::Examination;
use super::finding::Check;
use super::limits::REPEATS;
use super::package::{Came, contents};
use super::question::Question;

/// Asks for a package with what a device would say that has it, all of it or a part.
pub(super) async fn conditions(exam: &mut Examination, question: &Question, came: &Came) -> Option<()> {
    exam.checked("conditions");
    if !exam.has(Check::ContentEncoding) && !exam.has(Check::PackageHeaders) {
        tags(exam, came).await?;
    }
    if exam.has(Check::CacheKey) {
        exam.skip("digests in If-None-Match", "without the canonical query the cache does not pass them on");
        return None;
    }
    if !question.is_had_by_digest() {
        exam.skip(
            "digests in If-None-Match",
            "a device must say by installed= what it runs, which counts before digests",
        );
        return None;
    }
    digests(exam, question, came).await
}

/// The package's own tag, as a device kept it, and as one that passed a cache which weakens tags (RFC 9110 section
/// 13.1.2). Not in a list: Varnish compares the field as a whole, which costs a transfer and is not wrong.
async fn tags(exam: &mut Examination, came: &Came) -> Option<()> {
    let (tag, asked) = (&came.tag, format!("GET {} with its ETag in If-None-Match", came.target));
    let forms = [("alone", tag.clone()), ("weak", format!("W/{tag}"))];
    let mut refused = Vec::new();
    for (form, value) in &forms {
        let answered = exam.get(&came.target, &[(IF_NONE_MATCH, value.as_str())]).await?;
        if answered.status.is_server_error() {
            exam.is(304, Check::NotModified, &asked, &answered);
            return None;
        }
        if answered.status != 304 || !answered.body.is_empty() {
            refused.push((*form, answered.status.as_u16()));
        }
    }
    if refused.is_empty() {
        return Some(());
    }
    let only_weak = refused.iter().all(|(form, _)| *form == "weak");
    let found = refused.iter().map(|(form, status)| format!("{status} {form}")).collect::<Vec<_>>().join(", ");
    let means = "every device is sent what it has, each time it asks";
    let mend = "let If-None-Match through to whoever can answer 304: no `unset` of it, no rewritten ETag, and a cache that \
                takes weak tags";
    exam.problem(Check::NotModified, asked, "304 without a body", found, means, mend);
    // Devices that keep the tag as it came are served.
    if only_weak {
        exam.only_a_note();
    }
    None
}

/// The digests of what is installed: the sample's devices send them bare, others quoted.
async fn digests(exam: &mut Examination, question: &Question, came: &Came) -> Option<()> {
    let all: Vec<String> = question.wanted.iter().map(|one| one.artifact.md5.to_string()).collect();
    let quoted = all.iter().map(|digest| format!("\"{digest}\"")).collect::<Vec<_>>().join(", ");
    let means = "digests in If-None-Match do not reach the decision: devices are sent what is installed";
    let mend = "the viewer-request function moves them to have= before the cache; the cache must pass the query on as it \
                then is, and leave If-None-Match there";
    for (form, value) in [("quoted", quoted), ("bare", all.join(","))] {
        let asked = format!("GET {} with every digest in If-None-Match, {form}", came.target);
        let answered = exam.get(&came.target, &[(IF_NONE_MATCH, value.as_str())]).await?;
        if answered.status != 304 {
            if answered.status.is_client_error() || answered.status.is_server_error() {
                exam.is(304, Check::Digests, &asked, &answered);
            } else {
                exam.problem(Check::Digests, asked, "304", answered.status.as_u16().to_string(), means, mend);
            }
            return None;
        }
    }
    idle(exam, &came.target, &all.join(",")).await?;
    let [first, rest @ ..] = &*question.wanted else { return None };
    if rest.is_empty() || came.bytes.is_none() {
        exam.skip("a trimmed package", "it takes two components whose packages are small enough to read");
        return None;
    }
    let value = format!("\"{}\"", first.artifact.md5);
    let asked = format!("GET {} with the digest of {} in If-None-Match", came.target, first.component);
    let answered = exam.get(&came.target, &[(IF_NONE_MATCH, value.as_str())]).await?;
    if !exam.is(200, Check::Digests, &asked, &answered) {
        return None;
    }
    let rest: Vec<String> = rest.iter().map(|one| one.artifact.sha256.to_string()).collect();
    if let Err(found) = contents(&answered, &rest) {
        exam.problem(Check::Digests, asked, "a package of the rest", found, means, mend);
        return None;
    }
    Some(())
}

/// Most devices have everything, most of the time. A cache that does not keep what it fetched for one of them leaves all of
/// them to the origin.
async fn idle(exam: &mut Examination, target: &str, digests: &str) -> Option<()> {
    if exam.has(Check::Cache) || exam.has(Check::CacheHit) {
        return Some(());
    }
    for _ in 0..REPEATS {
        let answered = exam.get(target, &[(IF_NONE_MATCH, digests)]).await?;
        if seen(&answered) != Seen::Miss {
            return Some(());
        }
    }
    let asked = format!("GET {target} with every digest in If-None-Match, {REPEATS} times");
    let means = "devices that have everything reach the origin each time they ask";
    let mend = "let the cache fetch without the device's condition, keep what comes, and compare by itself; until then \
                count them as misses";
    exam.problem(Check::CacheHit, asked, "a hit in the cache", "304, never a hit", means, mend);
    exam.only_a_note();
    Some(())
}
