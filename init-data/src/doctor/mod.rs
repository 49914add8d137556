//! `edgehop doctor`: asks a live deployment what devices ask, and says what is wrong and how to mend it.
//!
//! ```text
//! reachable ─► stores ─► list ─► package ─► cache ─► conditions ─► artifacts ─► errors ─► lifetimes
//! name, TCP,   what is    what    gzip, tar,  hit,     304,          digest,      400,      max-age,
//! TLS, health  there to   the     digests,    one key  trimmed       Range        404,      errors gone
//!              ask for    catalog headers                                        405, 414  in time
//!                         says
//! ```
//!
//! What to ask is found in the catalog, so every answer is known before it comes. Checks stand in the order of causes: what
//! an earlier finding explains is not asked, or not said again. Nothing is written, and nothing is asked that devices could
//! not ask.

mod blobs;
mod cached;
mod client;
mod conditions;
mod examination;
mod finding;
mod lifetimes;
mod limits;
mod lists;
mod package;
mod question;
mod reachable;
mod refusals;
mod statuses;

use resolver::words::{Timestamp, UrlBase};
use store::{Artifacts, Catalog};

use crate::stores::Stores;
use client::Client;
use examination::Examination;
pub use finding::{Check, Diagnosis, Finding, Severity, Skipped};

/// What is examined.
pub struct Subject<'a, C, A> {
    /// What devices ask.
    pub endpoint: UrlBase,
    /// The stores behind it, or why they cannot be opened.
    pub stores: Result<&'a Stores<C, A>, String>,
}

/// Examines a deployment. The error is of this machine: it has no roots to trust.
pub async fn examine<C: Catalog, A: Artifacts>(
    subject: Subject<'_, C, A>,
    now: Timestamp,
) -> std::io::Result<Diagnosis> {
    let mut exam = Examination::new(subject.endpoint.to_string(), Client::new()?);
    all(&mut exam, subject.stores, now).await;
    Ok(exam.end())
}

async fn all<C: Catalog, A: Artifacts>(
    exam: &mut Examination,
    stores: Result<&Stores<C, A>, String>,
    now: Timestamp,
) -> Option<()> {
    if reachable::reachable(exam).await.is_none() {
        exam.skip("everything else", "the endpoint does not answer as edgehop");
        return None;
    }
    let planted = lifetimes::plant(exam).await;
    let question = match stores {
        Ok(stores) => question::question(exam, stores, now).await,
        Err(why) => {
            let means = "what devices should get cannot be known";
            let mend = "name the stores that the endpoint serves: --catalog and --artifacts, or --data";
            exam.problem(Check::Stores, "the catalog and the artifacts", "stores that can be opened", why, means, mend);
            None
        }
    };
    match question {
        Some(question) => answers(exam, &question).await,
        None => exam.skip("answers, cache and artifacts", "there is nothing known to ask for"),
    }
    if !exam.has(Check::Origin) {
        refusals::refusals(exam).await;
    }
    if let Some(planted) = planted {
        lifetimes::harvest(exam, planted).await;
    }
    Some(())
}

/// What follows from a question whose answer is known.
async fn answers(exam: &mut Examination, question: &question::Question) {
    if lists::lists(exam, question).await.is_none() && !exam.has(Check::UrlBase) {
        exam.skip("packages, cache and artifacts", "a list is not answered as it must be");
        return;
    }
    let package = package::package(exam, question).await;
    if let Some(package) = &package {
        lifetimes::answer(exam, &format!("GET {}", package.target), &package.answered);
    }
    cached::cached(exam, question).await;
    if let Some(package) = &package {
        conditions::conditions(exam, question, package).await;
    }
    if let Some(wanted) = question.smallest() {
        blobs::blobs(exam, wanted, package.as_ref()).await;
    }
}
