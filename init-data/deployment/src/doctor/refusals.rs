//! What is wrong is said so, and forgotten soon.

use http::Method;
use http::header::ALLOW;

use super::client::Answered;
use super::examination::Examination;
use super::finding::Check;
use super::limits::MOST_ERROR_SECONDS;
use super::statuses::from_edgehop;

/// Asks what cannot be answered.
pub(super) async fn refusals(exam: &mut Examination) -> Option<()> {
    exam.checked("errors");
    let fresh = exam.fresh();
    let target = format!("/package?cpuArch=doctor{fresh:x}&ring=doctor");
    let asked = format!("GET {target}");
    let answered = exam.get(&target, &[]).await?;
    if exam.is(400, Check::Errors, &asked, &answered) {
        if !(from_edgehop(&answered) && String::from_utf8_lossy(&answered.body).contains("ring")) {
            let means = "whoever stands before the origin puts its own page in place of edgehop's errors";
            let mend = "let the origin's error pages through (CloudFront: no custom error responses)";
            exam.problem(Check::Errors, &asked, "JSON that names the key ring", answered.in_short(), means, mend);
        }
        lifetime(exam, &asked, &answered);
    }
    let target = format!("/doctor-{fresh:x}");
    let answered = exam.get(&target, &[]).await?;
    if exam.is(404, Check::Errors, &format!("GET {target}"), &answered) {
        lifetime(exam, &format!("GET {target}"), &answered);
    }
    let answered = exam.ask(Method::POST, "/package", &[]).await?;
    let by_the_cdn = answered.status == 403 && answered.header("server").eq_ignore_ascii_case("cloudfront");
    if !by_the_cdn && exam.is(405, Check::Errors, "POST /package", &answered) && answered.headers.get(ALLOW).is_none() {
        exam.skip("Allow", "405 came without it");
    }
    let long = format!("/package?cpuArch=doctor&hw.rev={}", "1".repeat(resolver::query::MAX_QUERY_BYTES));
    let answered = exam.get(&long, &[]).await?;
    exam.is(414, Check::Errors, "GET /package with a query of more than 4096 bytes", &answered);
    Some(())
}

/// An error says itself how long it lives.
pub(super) fn lifetime(exam: &mut Examination, asked: &str, answered: &Answered) {
    let seconds = answered.max_age().unwrap_or(0).max(answered.age());
    if seconds > MOST_ERROR_SECONDS && !exam.has(Check::ErrorLifetime) {
        let found = format!("{} that lives for {seconds} s", answered.status.as_u16());
        let means = "a mistake that is mended goes on for devices as long as that";
        let mend = "leave Cache-Control of errors as edgehop sends it (CloudFront: ErrorCachingMinTTL of seconds)";
        let expected = format!("{MOST_ERROR_SECONDS} s at most");
        exam.problem(Check::ErrorLifetime, asked, expected, found, means, mend);
    }
}
