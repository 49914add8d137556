use crate::options::StoreOptions;
#[cfg(feature = "deploy")]
use anyhow::anyhow;
#[cfg(feature = "deploy")]
use deployment::known_words::{Edge, KnownWordsError, push};
use open::AnyCatalog;

use super::report::Report;

/// Makes the CDNs know what was written that look words up. What was written stays so if that fails. A verb that failed
/// may have written before, such as the first components of an import.
#[cfg(feature = "deploy")]
pub(crate) async fn written(
    options: &StoreOptions,
    catalog: &AnyCatalog,
    report: anyhow::Result<Report>,
) -> anyhow::Result<Report> {
    let edges = options.edges(catalog).await;
    match report {
        Ok(report) => Ok(told(edges, catalog, report).await),
        Err(error) => {
            let untold = told(edges, catalog, Report::of(&"")?).await.failed;
            // Whoever cannot read the catalog is told so by the verb's own error.
            let is_of_the_catalog = |untold: &anyhow::Error| {
                matches!(untold.downcast_ref::<KnownWordsError>(), Some(KnownWordsError::Catalog(_)))
            };
            Err(match untold.filter(|untold| !is_of_the_catalog(untold)) {
                None => error,
                Some(untold) => error.context(format!("something may have been {untold:#}; what failed first")),
            })
        }
    }
}

/// Nobody has to know in this build.
#[cfg(not(feature = "deploy"))]
pub(crate) async fn written(
    _: &StoreOptions,
    _: &AnyCatalog,
    report: anyhow::Result<Report>,
) -> anyhow::Result<Report> {
    report
}

/// The same, of these places.
#[cfg(feature = "deploy")]
pub(crate) async fn told(
    edges: Result<Vec<Edge>, KnownWordsError>,
    catalog: &impl store::Catalog,
    report: Report,
) -> Report {
    let failed = match edges {
        Ok(edges) => {
            let mut errors = Vec::new();
            for edge in edges {
                // A place that is gone keeps nobody from telling the others.
                errors.extend(push(&edge, catalog).await.err());
            }
            together(errors)
        }
        Err(error) => Some(error.into()),
    };
    match failed {
        None => report,
        Some(error) => {
            let what = "published, but the CDN will not know the new words until `edgehop known-words --push`";
            report.but(error.context(what))
        }
    }
}

/// Several errors as one; `None` if there is none.
#[cfg(feature = "deploy")]
pub(crate) fn together(errors: Vec<KnownWordsError>) -> Option<anyhow::Error> {
    let mut errors = errors.into_iter().map(anyhow::Error::from);
    let first = errors.next()?;
    Some(errors.fold(first, |all, error| anyhow!("{all:#}; and {error:#}")))
}
