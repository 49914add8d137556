use init_data::AnyCatalog;
use init_data::StoreOptions;
#[cfg(feature = "deploy")]
use init_data::known_words::{Edge, KnownWordsError, push};

use super::report::Report;

/// Makes the CDNs know what was written that look words up. What was written stays so if that fails.
#[cfg(feature = "deploy")]
pub(crate) async fn written(
    options: &StoreOptions,
    catalog: &AnyCatalog,
    report: anyhow::Result<Report>,
) -> anyhow::Result<Report> {
    let report = report?;
    Ok(told(options.edges(catalog).await, catalog, report).await)
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
    let pushed = async {
        for edge in edges? {
            push(&edge, catalog).await?;
        }
        Ok::<_, KnownWordsError>(())
    };
    match pushed.await {
        Ok(()) => report,
        Err(error) => {
            let what = "published, but the CDN will not know the new words until `edgehop known-words --push`";
            report.but(anyhow::Error::new(error).context(what))
        }
    }
}
