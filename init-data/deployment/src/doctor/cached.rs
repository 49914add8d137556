//! The cache: is there one, does it answer, and does it know one question by one name?

use http::header::{AGE, CACHE_CONTROL, DATE, VIA};
use resolver::query::{Ladder, Query};

use super::client::Answered;
use super::examination::Examination;
use super::finding::Check;
use super::limits::{PAUSE, REPEATS};
use super::question::Question;

/// What an answer says of where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// From a cache.
    Hit,
    /// From the origin.
    Miss,
    /// It does not say.
    Unsaid,
}

/// Asks a question again and again, then in other spellings.
pub(super) async fn cached(exam: &mut Examination, question: &Question) -> Option<()> {
    exam.checked("cache");
    let query = format!("{}&payloadType=metadataOnly", question.query());
    let first = device(exam.fresh());
    let cohort = first.1;
    let target = format!("/package?{query}&device={}", first.0);
    let kept = repeated(exam, &target).await?;
    for _ in 0..REPEATS {
        let (name, junk) = (of_cohort(exam, cohort), exam.fresh());
        let all =
            format!("/package?device={name}&_={junk}&PAYLOADTYPE=metadataONLY&{}", question.shouted_in_other_order());
        let answered = exam.get(&all, &[]).await?;
        if !exam.is(200, Check::CacheKey, &format!("GET {all}"), &answered) {
            return None;
        }
        if is_kept(&answered, &kept) {
            return Some(());
        }
    }
    apart(exam, question, &kept, cohort).await
}

/// Asks the same until a cache has it; the answer that came from there. `None` if none ever does, which is a finding.
async fn repeated(exam: &mut Examination, target: &str) -> Option<Answered> {
    let asked = format!("GET {target}, {} times", REPEATS + 1);
    let mut before = exam.get(target, &[]).await?;
    for _ in 0..REPEATS {
        if seen(&before) == Seen::Unsaid {
            tokio::time::sleep(PAUSE).await;
        }
        let again = exam.get(target, &[]).await?;
        if is_kept(&again, &before) {
            return Some(again);
        }
        before = again;
    }
    let expected = "a hit in the cache";
    let control = before.header(CACHE_CONTROL).to_ascii_lowercase();
    if before.headers.contains_key(http::header::SET_COOKIE) || is_forbidden(&control) {
        let found = format!("never a hit; Cache-Control: {control}");
        let means = "the answer forbids caches to keep it, so every device reaches the origin";
        let mend = "leave Cache-Control as the origin sends it, and add no cookies";
        exam.problem(Check::CacheHit, asked, expected, found, means, mend);
    } else if is_there(&before) {
        let found = "never a hit".to_owned();
        let means = "the cache passes every question on, so every device reaches the origin";
        let mend = "let the cache keep GET and HEAD of /package and /blobs for as long as Cache-Control says (CloudFront: a \
                    cache policy with MinTTL 0 and MaxTTL over 0; Varnish: no return (pass))";
        exam.problem(Check::CacheHit, asked, expected, found, means, mend);
    } else {
        let means = "no cache stands before the origin, or it does not say so: every device reaches the origin";
        let mend = "put a cache before the origin, and give its address as the endpoint";
        exam.problem(Check::Cache, asked, expected, "no sign of a cache", means, mend);
    }
    None
}

/// No other spelling was a hit: which differences does the cache's key keep?
async fn apart(exam: &mut Examination, question: &Question, kept: &Answered, cohort: Option<u8>) -> Option<()> {
    let query = question.query();
    let name = of_cohort(exam, cohort);
    let (other, junk) = (of_cohort(exam, cohort), exam.fresh());
    // Every spelling here was not asked before, save for the difference that it stands for: the first fills the cache.
    let plain = format!("{query}&payloadType=metadataOnly&device={name}");
    exam.get(&format!("/package?{plain}"), &[]).await?;
    let spellings = [
        ("their order", format!("device={name}&payloadType=metadataOnly&{}", question.other_order())),
        ("their case", format!("{}&payloadType=metadataOnly&device={name}", question.shouted())),
        ("unknown keys", format!("{plain}&_={junk}")),
        ("device=", format!("{query}&payloadType=metadataOnly&device={other}")),
    ];
    let mut differences = Vec::new();
    for (what, spelled) in spellings {
        if !is_kept(&exam.get(&format!("/package?{spelled}"), &[]).await?, kept) {
            differences.push(what);
        }
    }
    let found = match differences.is_empty() {
        true => "another entry of the cache each".to_owned(),
        false => format!("another entry of the cache by {}", differences.join(", ")),
    };
    let asked = "the same question with its keys spelled differently";
    let means = "the canonical query is not made before the cache's key: nearly every device is a miss, and what devices \
                 send in If-None-Match does not reach the origin";
    let mend = "run the viewer-request function (edge/viewer-request) before the cache: in the stack's template it is \
                associated with every behavior";
    exam.problem(Check::CacheKey, asked, "one entry", found, means, mend);
    None
}

/// A device that nobody is called, and the cohort that it hashes to.
fn device(number: u64) -> (String, Option<u8>) {
    let name = format!("edgehop-doctor-{number:x}");
    let asked = Query::parse(&format!("cpuArch=x&device={name}"), None, &Ladder::default());
    let cohort = asked.ok().and_then(|asked| asked.query.cohort).map(|cohort| cohort.0);
    (name, cohort)
}

/// Another device of the same cohort: it asks the same.
fn of_cohort(exam: &mut Examination, cohort: Option<u8>) -> String {
    loop {
        let (name, of) = device(exam.fresh());
        if of == cohort {
            return name;
        }
    }
}

/// An answer came from a cache, the same one as an earlier answer at least a moment before.
fn is_kept(answered: &Answered, before: &Answered) -> bool {
    match seen(answered) {
        Seen::Hit => true,
        Seen::Miss => false,
        // Time went by, and the answer is no younger: somebody kept it.
        Seen::Unsaid => !answered.header(DATE).is_empty() && answered.header(DATE) == before.header(DATE),
    }
}

/// What an answer's headers say of a cache: RFC 9211, and what CDNs said before it.
pub(super) fn seen(answered: &Answered) -> Seen {
    let standard = answered.header("cache-status").to_ascii_lowercase();
    if !standard.is_empty() {
        let hit = standard.split([',', ';']).any(|parameter| parameter.trim() == "hit");
        return if hit { Seen::Hit } else { Seen::Miss };
    }
    for name in ["x-cache", "cf-cache-status", "x-cache-status"] {
        let said = answered.header(name).to_ascii_lowercase();
        if said.contains("hit") {
            return Seen::Hit;
        }
        if ["miss", "expired", "bypass", "dynamic", "stale", "updating", "pass"].iter().any(|word| said.contains(word))
        {
            return Seen::Miss;
        }
    }
    // Varnish names its request, and the one that filled the cache.
    let varnish = answered.header("x-varnish");
    if !varnish.is_empty() {
        return if varnish.trim().contains(' ') { Seen::Hit } else { Seen::Miss };
    }
    if answered.age() > 0 { Seen::Hit } else { Seen::Unsaid }
}

/// A cache left its mark.
fn is_there(answered: &Answered) -> bool {
    let marks =
        ["x-cache", "cf-cache-status", "x-cache-status", "cache-status", "x-varnish", VIA.as_str(), AGE.as_str()];
    marks.iter().any(|mark| answered.headers.contains_key(*mark))
}

fn is_forbidden(control: &str) -> bool {
    control.split(',').map(str::trim).any(|one| matches!(one, "no-store" | "no-cache" | "private" | "max-age=0"))
}
