//! `edgehop doctor`: asks a live deployment what devices ask, and says what is wrong and how to mend it.
//!
//! ```text
//! stack ─► stores ─► doors ─► endpoint ─► list ─► artifacts ─► package ─► cache ─► conditions ─► ranges ─► errors
//! whole?   what is   closed   name, TCP,  as the  digest, a    gzip, tar, hit,     304,          206       400, 404,
//!          there to  but to   TLS,        catalog year        digests,   one key  trimmed                405, 414,
//!          ask for   the CDN  health      says                headers                                    soon gone
//! ```
//!
//! What to ask is found in the catalog, so every answer is known before it comes. Checks stand in the order of causes: what
//! an earlier finding explains is not asked, or not said again. Nothing is written, and nothing is asked that devices could
//! not ask.

mod behind;
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

use crate::stack::{Account, Stack};
use behind::Behind;
use client::Client;
use examination::Examination;
pub use finding::{Check, Diagnosis, Finding, Severity, Skipped};
use open::Stores;

/// What is examined.
pub struct Subject<'a, C, A> {
    /// What devices ask, if that is known.
    pub endpoint: Option<UrlBase>,
    /// The stack that it is, and its account, if it is one.
    pub stack: Option<(&'a Account, &'a Stack)>,
    /// The stores behind it, or why they cannot be opened.
    pub stores: Result<&'a Stores<C, A>, String>,
}

/// Examines a deployment. The error is of this machine: it has no roots to trust.
pub async fn examine<C: Catalog, A: Artifacts>(
    subject: Subject<'_, C, A>,
    now: Timestamp,
) -> std::io::Result<Diagnosis> {
    let Subject { endpoint, stack, stores } = subject;
    let behind = stack.map(|(account, stack)| Behind { account, stack });
    let mut exam = Examination::new(endpoint.as_deref().unwrap_or_default().to_owned(), Client::new()?);
    if let Some(behind) = &behind {
        behind.state(&mut exam);
        exam.home = behind.stack.outputs.endpoint.as_ref().map(|home| home.trim_end_matches('/').to_owned());
    }
    let question = match &stores {
        Ok(stores) => question::question(&mut exam, stores, behind.as_ref().is_some_and(Behind::restores), now).await,
        Err(why) => unopened(&mut exam, why.clone()),
    };
    if let Some(behind) = &behind {
        behind.doors(&mut exam, question.as_ref()).await;
        if let Ok(stores) = stores {
            behind.words(&mut exam, &stores.catalog).await;
        }
    }
    match (&endpoint, &behind) {
        (Some(_), _) => asked(&mut exam, question.as_ref()).await,
        (None, Some(behind)) => behind.nowhere(&mut exam),
        (None, None) => exam.skip("the endpoint", "nobody named one"),
    }
    Ok(exam.end())
}

fn unopened(exam: &mut Examination, why: String) -> Option<question::Question> {
    let means = "what devices should get cannot be known";
    let mend = "name the stores that the endpoint serves (--catalog and --artifacts, or --data), with credentials that may \
                read them";
    exam.problem(Check::Stores, "the catalog and the artifacts", "stores that can be opened", why, means, mend);
    None
}

/// Asks the endpoint what devices ask.
async fn asked(exam: &mut Examination, question: Option<&question::Question>) {
    if reachable::reachable(exam).await.is_none() {
        exam.skip("everything else", "the endpoint does not answer as edgehop");
        return;
    }
    let planted = lifetimes::plant(exam).await;
    match question {
        Some(question) => answers(exam, question).await,
        None => exam.skip("answers, cache and artifacts", "there is nothing known to ask for"),
    }
    if !exam.has(Check::Origin) {
        refusals::refusals(exam).await;
    }
    if let Some(planted) = planted {
        lifetimes::harvest(exam, planted).await;
    }
}

/// What follows from a question whose answer is known.
async fn answers(exam: &mut Examination, question: &question::Question) {
    if lists::lists(exam, question).await.is_none() && !exam.has(Check::UrlBase) {
        exam.skip("packages, cache and artifacts", "a list is not answered as it must be");
        return;
    }
    let artifact = match question.smallest() {
        Some(wanted) => blobs::blobs(exam, wanted).await,
        None => None,
    };
    let package = match exam.has(Check::BlobBytes) {
        true => None,
        false => package::package(exam, question).await,
    };
    if let Some(package) = &package {
        lifetimes::answer(exam, &format!("GET {}", package.target), &package.answered);
    }
    cached::cached(exam, question).await;
    if let Some(package) = &package {
        conditions::conditions(exam, question, package).await;
    }
    blobs::ranges(exam, artifact.as_ref(), package.as_ref()).await;
}
