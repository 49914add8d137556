//! Readiness check: whether the stores can be read now.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use futures_util::future::join;
use futures_util::lock::Mutex;
use resolver::answer::Answer;
use resolver::route;
use store::{Artifacts, Catalog, StoreError};

use crate::catalog_cache::CatalogCache;

/// Time for which one check of the stores answers all probes, so that a flood of probes costs one check a second.
const LOOK_LASTS: Duration = Duration::from_secs(1);

/// Result of the last check of the stores: its time, and the problem if there was one.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Option<String>)>>);

impl Readiness {
    /// Answers 200, or 503 with the store that cannot be read. Details are in the log only.
    pub(crate) async fn answer<C: Catalog, A: Artifacts>(&self, catalog: &CatalogCache<C>, artifacts: &A) -> Answer {
        let mut last = self.0.lock().await;
        let fresh = last.as_ref().filter(|(at, _)| at.elapsed() < LOOK_LASTS);
        let problem = match fresh {
            Some((_, problem)) => problem.clone(),
            None => {
                let (catalog, artifacts) = join(catalog.probe(), artifacts.ready()).await;
                let problems = [problem("catalog", catalog), problem("artifact store", artifacts)];
                let problems: Vec<String> = problems.into_iter().flatten().collect();
                let problem = (!problems.is_empty()).then(|| problems.join("; ") + "; the server's log says more");
                last.insert((Instant::now(), problem)).1.clone()
            }
        };
        problem.map_or_else(route::healthy, |problem| route::not_ready(&problem))
    }
}

/// Logs the error of a store; returns the part of it that names no file.
fn problem(store: &str, looked: Result<(), StoreError>) -> Option<String> {
    let error = looked.err()?;
    let cause = error.source();
    tracing::error!(%error, cause, "not ready");
    let kind = cause.and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let why = kind.map(|kind| format!(": {kind}")).unwrap_or_default();
    Some(format!("the {store} cannot be read{why}"))
}
