use std::fmt;

use serde::Serialize;

/// What an examination found, in the order of causes: what comes first may explain what comes later.
#[derive(Debug, Serialize)]
pub struct Diagnosis {
    /// What was examined.
    pub endpoint: String,
    /// What is not as it must be, and what is worth knowing.
    pub findings: Vec<Finding>,
    /// The groups of checks that were done.
    pub checked: Vec<&'static str>,
    /// What could not be checked.
    pub skipped: Vec<Skipped>,
    /// How many requests were sent.
    pub requests: u32,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// One thing that is not as it must be.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// Which check found it.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// What was asked.
    pub asked: String,
    /// What a healthy deployment answers.
    pub expected: String,
    /// What came.
    pub found: String,
    /// What that means.
    pub means: String,
    /// How to mend it.
    pub mend: String,
}

/// A check that was left out.
#[derive(Debug, Serialize)]
pub struct Skipped {
    /// What would have been checked.
    pub what: &'static str,
    /// Why it was not.
    pub why: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Devices or the operator suffer from it: the process ends with another code than 0.
    Problem,
    /// It may be meant.
    Note,
}

/// The checks, by what is wrong where one fails. Programs read these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The stack is there, and nothing changes it.
    Stack,
    /// The stores can be opened and read.
    Stores,
    /// Something is published that a device can be given.
    Published,
    /// What the catalog names lies in the artifact store.
    Artifacts,
    /// Something is in cold storage, and nobody restores it.
    Archived,
    /// The endpoint's name has an address.
    Name,
    /// Somebody listens there.
    Connection,
    /// TLS, and a certificate that this machine trusts.
    Tls,
    /// What answers speaks HTTP and ends its answers in time.
    Http,
    /// Whoever stands before the origin is let in there.
    Access,
    /// The origin answers.
    Origin,
    /// The CDN's viewer-request function runs.
    EdgeFunction,
    /// The origin reaches its stores.
    Health,
    /// What answers is edgehop.
    Edgehop,
    /// A list says what the catalog says.
    List,
    /// URLs in manifests lead to this endpoint.
    UrlBase,
    /// A package is whole, and its members have the manifest's digests.
    Package,
    /// A package is sent as it is stored.
    ContentEncoding,
    /// A package has the headers that resuming and caching need, and HEAD says the same as GET.
    PackageHeaders,
    /// There is a cache.
    Cache,
    /// A repeated question is a hit.
    CacheHit,
    /// One question, however it is spelled, is one entry of the cache.
    CacheKey,
    /// A device that has the answer gets 304.
    NotModified,
    /// A device that names digests gets what it does not have.
    Digests,
    /// Artifacts can be fetched.
    Blob,
    /// An artifact's bytes have its digest.
    BlobBytes,
    /// A part of an artifact or a package can be fetched.
    Range,
    /// Answers live as long as they may, and no longer.
    Lifetime,
    /// Artifacts live for a year.
    BlobLifetime,
    /// Errors live for seconds.
    ErrorLifetime,
    /// What is wrong is answered with the status that says so.
    Errors,
    /// The bucket answers nobody but the CDN and the operator.
    BucketOpen,
    /// The function's own URL answers nobody but the CDN.
    FunctionOpen,
    /// The CDN's list of known words is there.
    KnownWords,
}

impl Diagnosis {
    /// Nothing is as it must not be.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Note)
    }
}

impl Check {
    /// The check's name, as programs read it.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { check, severity, asked, found, means, mend, .. } = self;
        let severity = if *severity == Severity::Note { " (note)" } else { "" };
        write!(f, "{}{severity}: {asked}: {found}: {means}; to mend it: {mend}", check.name())
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnosis { endpoint, findings, checked, skipped, requests, seconds } = self;
        findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))?;
        skipped.iter().try_for_each(|Skipped { what, why }| writeln!(f, "not checked: {what}: {why}"))?;
        let problems = findings.iter().filter(|finding| finding.severity == Severity::Problem).count();
        let verdict = match problems {
            0 if skipped.is_empty() => "is well".to_owned(),
            0 => "is well as far as it was checked".to_owned(),
            1 => "has a problem".to_owned(),
            many => format!("has {many} problems"),
        };
        let checked = checked.join(", ");
        let subject = if endpoint.is_empty() { "what was looked at" } else { endpoint };
        writeln!(f, "{subject} {verdict}; checked: {checked}; {requests} requests, {seconds:.1} s")
    }
}
