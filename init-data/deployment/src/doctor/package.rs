//! The package: whole, as published, and with the headers that resuming and caching need.

use std::io::Read as _;

use flate2::read::GzDecoder;
use http::Method;
use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName};
use resolver::answer::FALLBACK;
use resolver::manifest::FILE_NAME;
use resolver::words::Sha256;
use serde_json::Value;

use super::client::Answered;
use super::examination::Examination;
use super::finding::Check;
use super::limits::MOST_BYTES;
use super::question::Question;
use super::statuses::from_edgehop;

/// A package that came, and its tag.
pub(super) struct Came {
    pub(super) target: String,
    pub(super) tag: String,
    /// Its bytes, if they were few enough to read.
    pub(super) bytes: Option<hyper::body::Bytes>,
    /// Its head.
    pub(super) answered: Answered,
}

/// Fetches the package of a question, and looks into it. `None` if there is none to ask more about.
pub(super) async fn package(exam: &mut Examination, question: &Question) -> Option<Came> {
    exam.checked("package");
    let target = format!("/package?{}", question.query());
    let asked = format!("GET {target}");
    let large = question.wanted.iter().map(|one| one.artifact.size).sum::<u64>() > MOST_BYTES / 2;
    let answered = if large { exam.ask(Method::HEAD, &target, &[]).await? } else { exam.get(&target, &[]).await? };
    if is_unreadable(&answered) {
        let means = "the origin cannot read what this package is made of: it is gone from the store, or damaged there";
        let mend = "the origin's log names the object; publish the same file once more, which puts the bytes back";
        exam.problem(Check::Package, asked, "200", answered.in_short(), means, mend);
        return None;
    }
    if !exam.is(200, Check::Package, &asked, &answered) {
        return None;
    }
    if answered.headers.contains_key(FALLBACK) {
        exam.skip("packages", format!("devices get the list in place of this one ({})", answered.header(FALLBACK)));
        return None;
    }
    encoding(exam, &asked, &answered);
    if !large {
        let wanted: Vec<String> = question.wanted.iter().map(|one| one.artifact.sha256.to_string()).collect();
        if let Err(found) = contents(&answered, &wanted) {
            let means = "devices cannot install what they get: bytes are lost or changed on the way, or in the store";
            let mend = "look for `digest` or `short` in the origin's log; publish the same file once more";
            let expected = "a whole gzip with the manifest first and artifacts that have its digests";
            exam.problem(Check::Package, &asked, expected, found, means, mend);
            return None;
        }
        let head = exam.ask(Method::HEAD, &target, &[]).await?;
        if exam.is(200, Check::PackageHeaders, &format!("HEAD {target}"), &head) {
            headers(exam, &asked, &head, &answered);
        }
    }
    let tag = answered.header(ETAG);
    Some(Came { target, tag, bytes: (!large).then(|| answered.body.clone()), answered })
}

/// It came in chunks, and did not say how many bytes there are.
pub(super) fn is_chunked(answered: &Answered) -> bool {
    !answered.headers.contains_key(CONTENT_LENGTH)
}

/// edgehop's own 503, where `/healthz` is well.
pub(super) fn is_unreadable(answered: &Answered) -> bool {
    answered.status == 503 && from_edgehop(answered)
}

fn encoding(exam: &mut Examination, asked: &str, answered: &Answered) {
    let encoding = answered.header(CONTENT_ENCODING);
    if !encoding.is_empty() {
        let means = "clients that honour it unpack a .tar.gz while they fetch it, and Range and ETag no longer fit";
        let mend = "switch compression off for /package and /blobs (CloudFront: EnableAcceptEncodingGzip and -Brotli false; \
                    nginx: gzip off)";
        let found = format!("Content-Encoding: {encoding}");
        exam.problem(Check::ContentEncoding, asked, "no Content-Encoding", found, means, mend);
    }
}

fn headers(exam: &mut Examination, asked: &str, head: &Answered, answered: &Answered) {
    if exam.has(Check::ContentEncoding) {
        return;
    }
    let tag = answered.header(ETAG);
    let mut lacks = Vec::new();
    if !(tag.starts_with('"') && tag.len() > 2) {
        lacks.push(format!("a strong ETag (it is {tag:?})"));
    }
    if answered.header(ACCEPT_RANGES) != "bytes" {
        lacks.push("Accept-Ranges: bytes".to_owned());
    }
    // Lambda streams in chunks, without a length: that the body came to its end was looked at.
    let both_have = |name: &HeaderName| head.headers.contains_key(name) && answered.headers.contains_key(name);
    if !is_chunked(answered) && answered.header(CONTENT_LENGTH) != answered.body.len().to_string() {
        lacks.push(format!("Content-Length: {}", answered.body.len()));
    }
    if answered.header(CONTENT_TYPE) != "application/gzip" {
        lacks.push("Content-Type: application/gzip".to_owned());
    }
    for name in [ETAG, CONTENT_LENGTH, CONTENT_TYPE, ACCEPT_RANGES] {
        if (name != CONTENT_LENGTH || both_have(&name)) && head.header(&name) != answered.header(&name) {
            lacks.push(format!("the same {name} for HEAD and GET"));
        }
    }
    if !lacks.is_empty() {
        let found = format!("it lacks {}", lacks.join(", "));
        let means = "devices cannot resume, or cannot ask whether something changed";
        let mend = "let the headers through as the origin sends them; do not compress";
        exam.problem(Check::PackageHeaders, asked, "the headers of a package", found, means, mend);
    }
}

/// Whether a package is whole, its manifest first, and holds these artifacts and no others.
pub(super) fn contents(answered: &Answered, wanted: &[String]) -> Result<(), String> {
    if let Some(why) = &answered.cut {
        return Err(format!("the transfer was cut after {} bytes ({why})", answered.body.len()));
    }
    let mut tar = Vec::new();
    let most = 4 * MOST_BYTES;
    let mut gzip = GzDecoder::new(&*answered.body).take(most);
    gzip.read_to_end(&mut tar).map_err(|error| format!("it is no whole gzip ({error})"))?;
    let mut archive = tar::Archive::new(&*tar);
    let broken = |error: std::io::Error| format!("its tar is broken ({error})");
    let (mut manifest, mut found) = (None, Vec::new());
    for member in archive.entries().map_err(broken)? {
        let mut member = member.map_err(broken)?;
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).map_err(broken)?;
        let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
        if manifest.is_none() {
            let json = serde_json::from_slice::<Value>(&bytes).ok().filter(|_| name == FILE_NAME);
            manifest = Some(json.ok_or_else(|| format!("its first member is {name:?}, not {FILE_NAME}"))?);
            continue;
        }
        found.push((Sha256::of(&bytes).to_string(), name));
    }
    let manifest = manifest.ok_or("it is empty")?;
    let named: Vec<&str> = manifest
        .as_object()
        .into_iter()
        .flat_map(|entries| entries.values())
        .filter_map(|entry| entry["sha256"].as_str())
        .collect();
    if let Some((_, name)) = found.iter().find(|(digest, _)| !named.contains(&digest.as_str())) {
        return Err(format!("{name} does not have the manifest's SHA-256"));
    }
    let mut digests: Vec<&str> = found.iter().map(|(digest, _)| digest.as_str()).collect();
    let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    digests.sort_unstable();
    wanted.sort_unstable();
    if digests != wanted {
        let names: Vec<&str> = found.iter().map(|(_, name)| name.as_str()).collect();
        return Err(format!("it holds {} where {} wanted", names.join(", "), counted(wanted.len())));
    }
    Ok(())
}

fn counted(artifacts: usize) -> String {
    if artifacts == 1 { "1 artifact is".to_owned() } else { format!("{artifacts} artifacts are") }
}
