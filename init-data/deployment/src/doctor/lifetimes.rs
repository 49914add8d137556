//! How long things live in the cache: answers for a hundred seconds, errors for five.
//!
//! Errors are waited for. Answers are not, for that takes minutes: a cache that keeps them longer than they say is
//! found if it changes what they say, or if one is met that is too old.

use std::time::{Duration, Instant};

use http::header::CACHE_CONTROL;
use resolver::answer::{MAX_AGE_SECONDS, STALE_REVALIDATE_SECONDS};

use super::cached::{Seen, seen};
use super::client::Answered;
use super::examination::Examination;
use super::finding::Check;
use super::limits::{MOST_ERROR_SECONDS, PAUSE, REPEATS};
use super::refusals;

/// An error that was asked for, to be looked at again when it must be gone.
pub(super) struct Planted {
    target: String,
    since: Instant,
    /// A cache may have it: it does not say that it asked the origin again.
    may_be_kept: bool,
}

/// What an answer says of its own lifetime.
pub(super) fn answer(exam: &mut Examination, asked: &str, answered: &Answered) {
    exam.checked("lifetimes");
    let (said, age) = (answered.max_age(), answered.age());
    let control = answered.header(CACHE_CONTROL);
    let expected = format!("max-age={MAX_AGE_SECONDS} at most");
    let mend = "leave Cache-Control as edgehop sends it, and let no cache lengthen it (CloudFront: MinTTL 0 in the \
                cache policy; Varnish: no beresp.ttl)";
    let means = "what is published, stopped or withdrawn reaches devices later than it should";
    match said {
        Some(seconds) if seconds > MAX_AGE_SECONDS => {
            exam.problem(Check::Lifetime, asked, expected, format!("Cache-Control: {control}"), means, mend);
        }
        None => {
            let found = format!("no max-age (Cache-Control: {control:?})");
            let means = "each cache on the way guesses how long it may keep the answer";
            exam.problem(Check::Lifetime, asked, expected, found, means, mend);
        }
        Some(seconds) if age > seconds + STALE_REVALIDATE_SECONDS => {
            let found = format!("Age: {age} with Cache-Control: {control}");
            exam.problem(Check::Lifetime, asked, "an age that max-age allows", found, means, mend);
        }
        Some(_) => {}
    }
}

/// Asks for what nobody has published, and sees whether a cache keeps that answer.
pub(super) async fn plant(exam: &mut Examination) -> Option<Planted> {
    let target = format!("/package?doctor{:x}=prod", exam.fresh());
    let first = exam.get(&target, &[]).await?;
    // Not before: an origin may take its time, and the cache has had the answer only since then.
    let since = Instant::now();
    if !exam.is(404, Check::Errors, &format!("GET {target}"), &first) {
        return None;
    }
    refusals::lifetime(exam, &format!("GET {target}"), &first);
    let again = exam.get(&target, &[]).await?;
    // CloudFront says of an error that it is one, and not whether it was kept: only its age will tell.
    Some(Planted { may_be_kept: seen(&again) != Seen::Miss, target, since })
}

/// Waits until the error must be gone, and looks.
pub(super) async fn harvest(exam: &mut Examination, planted: Planted) -> Option<()> {
    if !planted.may_be_kept {
        return None;
    }
    if !exam.is_well() {
        exam.skip("whether errors are gone in time", "that takes 10 s: ask again once the rest is mended");
        return None;
    }
    // Two seconds more, because ages are whole seconds and some caches round them down.
    let due = Duration::from_secs(MOST_ERROR_SECONDS + 2);
    tokio::time::sleep(due.saturating_sub(planted.since.elapsed())).await;
    let mut answered = exam.get(&planted.target, &[]).await?;
    for _ in 0..REPEATS {
        if answered.age() <= MOST_ERROR_SECONDS {
            break;
        }
        // Whoever asks first may be given the old answer while a new one is fetched, which takes seconds if the origin is
        // asleep. What is kept only gets older.
        tokio::time::sleep(PAUSE).await;
        answered = exam.get(&planted.target, &[]).await?;
    }
    if seen(&answered) == Seen::Hit && answered.age() > MOST_ERROR_SECONDS {
        let found = format!("still the cache's answer after {} s", answered.age());
        let means = "a mistake that is mended goes on for devices, however soon edgehop says that errors end";
        let mend = "let the cache keep errors no longer than Cache-Control says (CloudFront: MinTTL 0 in the cache policy, \
                    ErrorCachingMinTTL 5 for 400, 404, 500, 502, 503 and 504)";
        let asked = format!("GET {}", planted.target);
        exam.problem(Check::ErrorLifetime, asked, format!("{MOST_ERROR_SECONDS} s at most"), found, means, mend);
    }
    Some(())
}
