//! `/blobs/`: artifacts one by one, whole and in parts.

use http::Method;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, LOCATION, RANGE};
use hyper::body::Bytes;
use resolver::answer::BLOB_SECONDS;
use resolver::words::Sha256;

use super::client::Answered;
use super::examination::Examination;
use super::finding::Check;
use super::limits::MOST_BYTES;
use super::package::Came;
use super::question::Wanted;

/// How many bytes a part has that is asked for.
const PART: u64 = 100;

/// Fetches an artifact, and parts of it and of a package.
pub(super) async fn blobs(exam: &mut Examination, wanted: &Wanted, package: Option<&Came>) -> Option<()> {
    exam.checked("artifacts");
    let target = format!("/blobs/{}", wanted.artifact.sha256);
    let head = exam.ask(Method::HEAD, &target, &[]).await?;
    if head.status == 307 {
        return elsewhere(exam, &target, &head);
    }
    if !exam.is(200, Check::Blob, &format!("HEAD {target}"), &head) {
        return None;
    }
    let whole = whole(exam, wanted, &target, &head).await?;
    lifetime(exam, &target, &head);
    let mut broken = Vec::new();
    let start = wanted.artifact.size.saturating_sub(PART) / 2;
    let tag = head.header(ETAG);
    parts(exam, &target, start, whole.as_ref(), &tag, &mut broken).await?;
    if let Some(Came { target, tag, bytes, .. }) = package.filter(|_| !exam.has(Check::ContentEncoding)) {
        parts(exam, target, PART, bytes.as_ref(), tag, &mut broken).await?;
    }
    if !broken.is_empty() {
        let means = "an interrupted download starts again from its first byte, and on a bad line never ends";
        let mend =
            "let Range and If-Range through to whoever can answer 206, and do not compress or chunk what is sent";
        exam.problem(Check::Range, "parts of an artifact and a package", "206", broken.join("; "), means, mend);
    }
    Some(())
}

/// The artifact is somewhere else: not at the address that was asked.
fn elsewhere(exam: &mut Examination, target: &str, head: &Answered) -> Option<()> {
    let location = head.header(LOCATION);
    if location == format!("{}{target}", exam.endpoint) || location.contains(".lambda-url.") {
        let means = "the origin sends devices to the CDN for large artifacts, and the CDN asks the origin: a circle";
        let mend =
            "let the CDN fetch /blobs/* from the bucket (the template's behavior /blobs/*), not from the function";
        let found = format!("307 to {location}");
        exam.problem(Check::UrlBase, format!("HEAD {target}"), "200", found, means, mend);
    } else {
        exam.skip("ranges", format!("artifacts are elsewhere: 307 to {location}"));
    }
    None
}

/// The whole artifact, if it is small enough, checked against its address.
async fn whole(exam: &mut Examination, wanted: &Wanted, target: &str, head: &Answered) -> Option<Option<Bytes>> {
    let asked = format!("GET {target}");
    let size = wanted.artifact.size;
    let means = "devices reject these bytes: they are damaged in the store or on the way";
    let mend = "if the origin's log speaks of a digest, publish the same file once more, which puts the bytes back; if not, \
                something on the way changes them";
    if size > MOST_BYTES {
        if head.header(CONTENT_LENGTH) != size.to_string() {
            let found = format!("Content-Length: {}", head.header(CONTENT_LENGTH));
            exam.problem(Check::BlobBytes, asked, format!("{size} bytes"), found, means, mend);
            return None;
        }
        return Some(None);
    }
    let answered = exam.get(target, &[]).await?;
    if !exam.is(200, Check::Blob, &asked, &answered) {
        return None;
    }
    let found = match &answered.cut {
        Some(why) => format!("the transfer was cut after {} of {size} bytes ({why})", answered.body.len()),
        None => {
            let digest = Sha256::of(&answered.body);
            if digest == wanted.artifact.sha256 {
                return Some(Some(answered.body));
            }
            format!("{} bytes of SHA-256 {digest}", answered.body.len())
        }
    };
    exam.problem(Check::BlobBytes, asked, format!("{size} bytes that have the digest in the path"), found, means, mend);
    None
}

fn lifetime(exam: &mut Examination, target: &str, head: &Answered) {
    if head.max_age().unwrap_or(0) < BLOB_SECONDS {
        let found = format!("Cache-Control: {}", head.header(http::header::CACHE_CONTROL));
        let means = "what never changes is fetched from the origin again and again";
        let mend = "leave Cache-Control of /blobs/ as edgehop sends it; with the bucket as origin, a response headers policy \
                    sets it";
        let expected = format!("max-age={BLOB_SECONDS}");
        exam.problem(Check::BlobLifetime, format!("HEAD {target}"), expected, found, means, mend);
    }
}

/// Some bytes from the middle: alone, under a condition that holds, and under one that does not.
async fn parts(
    exam: &mut Examination,
    target: &str,
    start: u64,
    whole: Option<&Bytes>,
    tag: &str,
    broken: &mut Vec<String>,
) -> Option<()> {
    let range = format!("bytes={start}-{}", start + PART - 1);
    let plain = exam.get(target, &[(RANGE, &range)]).await?;
    if let Some(why) = wrong(&plain, start, whole) {
        broken.push(format!("{target}: {why}"));
        return Some(());
    }
    let held = exam.get(target, &[(RANGE, &range), (IF_RANGE, tag)]).await?;
    if let Some(why) = wrong(&held, start, whole) {
        broken.push(format!("{target} with If-Range: {why}"));
    }
    // Of a large one, the whole would come.
    if whole.is_some() {
        let changed = exam.get(target, &[(RANGE, &range), (IF_RANGE, "\"another\"")]).await?;
        if changed.status != 200 {
            broken.push(format!("{target} with an If-Range that does not hold: {}", changed.status.as_u16()));
        }
    }
    Some(())
}

/// What is wrong with a part.
fn wrong(answered: &Answered, start: u64, whole: Option<&Bytes>) -> Option<String> {
    if answered.status != 206 {
        return Some(answered.status.as_u16().to_string());
    }
    let said = answered.header(CONTENT_RANGE);
    let last = start + answered.body.len() as u64;
    let expected = format!("bytes {start}-{}/", last.saturating_sub(1));
    if !said.starts_with(&expected) {
        return Some(format!("Content-Range {said:?}"));
    }
    let from = usize::try_from(start).ok()?;
    let bytes = whole?.get(from..from + answered.body.len());
    (bytes != Some(&*answered.body)).then(|| "other bytes than in the whole".to_owned())
}
