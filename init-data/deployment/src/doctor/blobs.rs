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
use super::lists::is_same;
use super::package::{Came, is_chunked, is_unreadable};
use super::question::Wanted;

/// How many bytes a part has that is asked for.
const PART: u64 = 100;

/// An artifact that came.
pub(super) struct Fetched {
    target: String,
    /// Its bytes, if they were few enough to read.
    bytes: Option<Bytes>,
    tag: String,
    size: u64,
}

/// Fetches an artifact by its address. `None` if it cannot be had there.
pub(super) async fn blobs(exam: &mut Examination, wanted: &Wanted) -> Option<Fetched> {
    exam.checked("artifacts");
    let target = format!("/blobs/{}", wanted.artifact.sha256);
    let size = wanted.artifact.size;
    let method = if size > MOST_BYTES { Method::HEAD } else { Method::GET };
    let answered = exam.ask(method.clone(), &target, &[]).await?;
    let asked = format!("{method} {target}");
    if answered.status == 307 {
        return elsewhere(exam, &target, &answered);
    }
    if !is_unreadable(&answered) && !exam.is(200, Check::Blob, &asked, &answered) {
        return None;
    }
    if let Some(found) = damage(wanted, &answered) {
        let means = "devices reject these bytes: they are damaged in the store or on the way";
        let mend = "if the origin's log speaks of a digest or a short object, publish the same file once more, which puts \
                    the bytes back; if not, something on the way changes them";
        let expected = format!("{size} bytes that have the digest in the path");
        exam.problem(Check::BlobBytes, asked, expected, found, means, mend);
        return None;
    }
    lifetime(exam, asked, &answered);
    let bytes = (method == Method::GET).then(|| answered.body.clone());
    Some(Fetched { target, bytes, tag: answered.header(ETAG), size })
}

/// What is wrong with an artifact's bytes. Of a large one only their number is known.
fn damage(wanted: &Wanted, answered: &Answered) -> Option<String> {
    let size = wanted.artifact.size;
    if answered.status != 200 {
        return Some(answered.in_short());
    }
    if let Some(why) = &answered.cut {
        return Some(format!("the transfer was cut after {} of {size} bytes ({why})", answered.body.len()));
    }
    if size > MOST_BYTES {
        let length = answered.header(CONTENT_LENGTH);
        return (length != size.to_string()).then(|| format!("Content-Length: {length}"));
    }
    let digest = Sha256::of(&answered.body);
    (digest != wanted.artifact.sha256).then(|| format!("{} bytes of SHA-256 {digest}", answered.body.len()))
}

/// Fetches parts of an artifact and of a package.
pub(super) async fn ranges(exam: &mut Examination, artifact: Option<&Fetched>, package: Option<&Came>) -> Option<()> {
    let mut found = Parts::default();
    if let Some(Fetched { target, bytes, tag, size }) = artifact.filter(|one| one.size > PART) {
        parts(exam, target, (size - PART) / 2, bytes.as_ref(), tag, &mut found.broken).await?;
        other_tag(exam, target, (size - PART) / 2, bytes.is_some(), &mut found.mixed).await?;
    }
    let explained = exam.has(Check::ContentEncoding) || exam.has(Check::PackageHeaders);
    if let Some(Came { target, tag, bytes, answered }) = package.filter(|_| !explained) {
        // CloudFront sends the whole of what its origin sends in chunks, as long as it does not have it ("How
        // CloudFront processes partial requests for an object").
        let into = if is_chunked(answered) { &mut found.whole } else { &mut found.broken };
        parts(exam, target, PART, bytes.as_ref(), tag, into).await?;
        other_tag(exam, target, PART, bytes.is_some(), &mut found.mixed).await?;
    }
    found.tell(exam);
    Some(())
}

/// What is not as it should be about parts.
#[derive(Default)]
struct Parts {
    /// No part came, or a wrong one.
    broken: Vec<String>,
    /// The same of what is sent in chunks.
    whole: Vec<String>,
    /// A part came where it should have been the whole.
    mixed: Vec<String>,
}

impl Parts {
    fn tell(self, exam: &mut Examination) {
        const ASKED: &str = "parts of an artifact and a package";
        let Parts { broken, whole, mixed } = self;
        let means = "an interrupted download starts again from its first byte, and on a bad line never ends";
        if !broken.is_empty() {
            let mend =
                "let Range and If-Range through to whoever can answer 206, and do not compress or chunk what is sent";
            exam.problem(Check::Range, ASKED, "206", broken.join("; "), means, mend);
        }
        if !whole.is_empty() {
            let mend = "what the function streams has no parts until the CDN has all of it: devices on bad lines fetch \
                        artifacts by their URLs, or the function answers in one piece (InvokeMode BUFFERED)";
            exam.problem(Check::Range, ASKED, "206", whole.join("; "), means, mend);
            exam.only_a_note();
        }
        if !mixed.is_empty() {
            let means =
                "a device that goes on with a download may join the parts of two packages: their digests tell it";
            let mend = "let the cache honour If-Range, or leave it to devices, which check digests";
            exam.problem(Check::Range, ASKED, "200", mixed.join("; "), means, mend);
            exam.only_a_note();
        }
    }
}

/// The artifact is somewhere else: not at the address that was asked.
fn elsewhere(exam: &mut Examination, target: &str, head: &Answered) -> Option<Fetched> {
    let location = head.header(LOCATION);
    if is_same(&location, &format!("{}{target}", exam.endpoint)) || location.contains(".lambda-url.") {
        let means = "the origin sends devices to the CDN for large artifacts, and the CDN asks the origin: a circle";
        let mend =
            "let the CDN fetch /blobs/* from the bucket (the template's behavior /blobs/*), not from the function";
        let found = format!("307 to {location}");
        exam.problem(Check::UrlBase, format!("GET {target}"), "200", found, means, mend);
    } else {
        exam.skip("ranges", format!("artifacts are elsewhere: 307 to {location}"));
    }
    None
}

fn lifetime(exam: &mut Examination, asked: String, head: &Answered) {
    if head.max_age().unwrap_or(0) < BLOB_SECONDS {
        let found = format!("Cache-Control: {}", head.header(http::header::CACHE_CONTROL));
        let means = "what never changes is fetched from the origin again and again";
        let mend = "leave Cache-Control of /blobs/ as edgehop sends it; with the bucket as origin, a response headers policy \
                    sets it";
        let expected = format!("max-age={BLOB_SECONDS}");
        exam.problem(Check::BlobLifetime, asked, expected, found, means, mend);
    }
}

/// Some bytes from the middle: alone, and under a condition that holds.
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
    Some(())
}

/// The same under a condition that does not hold: the whole is due. Of a large one it is not asked for.
async fn other_tag(
    exam: &mut Examination,
    target: &str,
    start: u64,
    is_small: bool,
    mixed: &mut Vec<String>,
) -> Option<()> {
    if is_small {
        let range = format!("bytes={start}-{}", start + PART - 1);
        let changed = exam.get(target, &[(RANGE, &range), (IF_RANGE, "\"another\"")]).await?;
        if changed.status != 200 {
            mixed.push(format!("{target} with an If-Range that does not hold: {}", changed.status.as_u16()));
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
