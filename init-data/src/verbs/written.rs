use init_data::StoreOptions;
#[cfg(feature = "deploy")]
use init_data::known_words::{Edge, push};
use store::Catalog;

use super::report::Report;

/// Makes the CDN know what was written, where it looks words up. What was written stays so if that fails.
#[cfg(feature = "deploy")]
pub(crate) async fn written(options: &StoreOptions, catalog: &impl Catalog, report: Report) -> Report {
    match options.edge().await {
        Some(edge) => told(&edge, catalog, report).await,
        None => report,
    }
}

/// Nobody has to know in this build.
#[cfg(not(feature = "deploy"))]
pub(crate) async fn written(_: &StoreOptions, _: &impl Catalog, report: Report) -> Report {
    report
}

/// The same, of a place that looks words up.
#[cfg(feature = "deploy")]
pub(crate) async fn told(edge: &Edge, catalog: &impl Catalog, report: Report) -> Report {
    match push(edge, catalog).await {
        Ok(_) => report,
        Err(error) => {
            let what = "published, but the CDN will not know the new words until `edgehop known-words --push`";
            report.but(anyhow::Error::new(error).context(what))
        }
    }
}
