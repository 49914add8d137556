use std::time::{Instant, SystemTime, UNIX_EPOCH};

use http::Method;
use http::header::HeaderName;

use super::client::{Answered, Client, Trouble};
use super::finding::{Check, Diagnosis, Finding, Severity, Skipped};
use super::statuses;

/// An examination that goes on: whom it asks, and what was found so far.
pub(super) struct Examination {
    /// What every URL starts with, without a final `/`.
    pub(super) endpoint: String,
    /// The same of the stack's own endpoint, where another one is asked.
    pub(super) home: Option<String>,
    client: Client,
    findings: Vec<Finding>,
    checked: Vec<&'static str>,
    skipped: Vec<Skipped>,
    started: Instant,
    /// Makes spellings that nobody has asked in yet.
    fresh: u64,
}

impl Examination {
    pub(super) fn new(endpoint: String, client: Client) -> Examination {
        let fresh = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
        let fresh = u64::from(fresh) << 16 | u64::from(std::process::id() & 0xff) << 8;
        let (findings, checked, skipped) = Default::default();
        Examination { endpoint, home: None, client, findings, checked, skipped, started: Instant::now(), fresh }
    }

    /// A number that no question held yet.
    pub(super) fn fresh(&mut self) -> u64 {
        self.fresh += 1;
        self.fresh
    }

    /// Asks for a path and query of the endpoint. No answer is a finding, and `None`.
    pub(super) async fn get(&mut self, target: &str, headers: &[(HeaderName, &str)]) -> Option<Answered> {
        self.ask(Method::GET, target, headers).await
    }

    /// The same with any method.
    pub(super) async fn ask(
        &mut self,
        method: Method,
        target: &str,
        headers: &[(HeaderName, &str)],
    ) -> Option<Answered> {
        let asked = format!("{method} {target}");
        match self.attempt(method, target, headers).await {
            Ok(answered) => Some(answered),
            Err(trouble) => {
                let (check, found, means, mend) = statuses::silence(&trouble);
                self.problem(check, asked, "an answer", found, means, mend);
                None
            }
        }
    }

    /// The same, where no answer is the caller's to judge.
    pub(super) async fn attempt(
        &self,
        method: Method,
        target: &str,
        headers: &[(HeaderName, &str)],
    ) -> Result<Answered, Trouble> {
        self.client.ask(method, &format!("{}{target}", self.endpoint), headers).await
    }

    /// Asks somebody else than the endpoint.
    pub(super) async fn elsewhere(&self, url: &str, headers: &[(HeaderName, &str)]) -> Result<Answered, Trouble> {
        self.client.ask(Method::GET, url, headers).await
    }

    /// Whether an answer has the status that it should have. Another one is a finding: of whoever stands between, if
    /// it tells, else of this check.
    pub(super) fn is(&mut self, status: u16, check: Check, asked: &str, answered: &Answered) -> bool {
        if answered.status.as_u16() == status {
            return true;
        }
        let (check, means, mend) = statuses::failure(answered).unwrap_or((
            check,
            "what stands between origin and device changes the answer, or the origin runs another version".to_owned(),
            "compare with what `edgehop explain` says, and with the origin's log".to_owned(),
        ));
        self.problem(check, asked, status.to_string(), answered.in_short(), means, mend);
        false
    }

    /// Something is not as it must be.
    pub(super) fn problem(
        &mut self,
        check: Check,
        asked: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        means: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.findings.push(Finding {
            check,
            severity: Severity::Problem,
            asked: asked.into(),
            expected: expected.into(),
            found: found.into(),
            means: means.into(),
            mend: mend.into(),
        });
    }

    /// The last finding may be meant.
    pub(super) fn only_a_note(&mut self) {
        if let Some(finding) = self.findings.last_mut() {
            finding.severity = Severity::Note;
        }
    }

    /// This check found something: what follows from it is not said again.
    pub(super) fn has(&self, check: Check) -> bool {
        self.findings.iter().any(|finding| finding.check == check)
    }

    /// Nothing is wrong so far.
    pub(super) fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Note)
    }

    /// A group of checks was done.
    pub(super) fn checked(&mut self, group: &'static str) {
        self.checked.push(group);
    }

    /// A check cannot be done.
    pub(super) fn skip(&mut self, what: &'static str, why: impl Into<String>) {
        self.skipped.push(Skipped { what, why: why.into() });
    }

    /// What was found.
    pub(super) fn end(self) -> Diagnosis {
        Diagnosis {
            endpoint: self.endpoint,
            findings: self.findings,
            checked: self.checked,
            skipped: self.skipped,
            requests: self.client.asked(),
            seconds: self.started.elapsed().as_secs_f64(),
        }
    }
}
