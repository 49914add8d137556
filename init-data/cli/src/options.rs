use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

#[cfg(feature = "deploy")]
use deployment::known_words::{Edge, KnownWordsError, KnownWordsPlace, noted};
use open::Stores;
use open::{AnyArtifacts, AnyCatalog};
use open::{ArtifactsPlace, CatalogPlace, DEFAULT_DATA, HalfGiven, Places};
use resolver::words::line_fit_to_show;

/// The options that say which stores are meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreOptions {
    /// The folder of catalog and artifacts; publish, import and sample make it if it is not there
    #[arg(long, global = true, env = "EDGEHOP_DATA", default_value = DEFAULT_DATA, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// The catalog, where it is not in the data folder: sqlite:FILE or dynamodb:TABLE. Both stores are
    /// named, or neither
    #[arg(long, global = true, env = "EDGEHOP_CATALOG", value_name = "STORE")]
    pub(crate) catalog: Option<CatalogPlace>,
    /// The artifacts, where they are not in the data folder: folder:FOLDER, s3:BUCKET or s3:BUCKET/PREFIX. Both stores
    /// are named, or neither
    #[arg(long, global = true, env = "EDGEHOP_ARTIFACTS", value_name = "STORE")]
    pub(crate) artifacts: Option<ArtifactsPlace>,
    /// Where the CDN looks known words up, kept current by every verb that writes to the catalog: kvs:ARN. A table that a
    /// stack was made with knows it
    #[cfg(feature = "deploy")]
    #[arg(long, global = true, env = "EDGEHOP_KNOWN_WORDS", value_name = "STORE")]
    pub(crate) known_words: Option<KnownWordsPlace>,
}

impl StoreOptions {
    /// Opens the stores, making what is not there. A catalog that was lost is not replaced by an empty one.
    pub(crate) async fn make(&self) -> anyhow::Result<Stores<AnyCatalog, AnyArtifacts>> {
        self.places()?.refuse_lost_catalog()?;
        self.restore().await
    }

    /// Opens the stores, making what is not there, be it the catalog of artifacts that have lost theirs.
    pub(crate) async fn restore(&self) -> anyhow::Result<Stores<AnyCatalog, AnyArtifacts>> {
        let stores = self.places()?.open_patiently().await?;
        for what in stores.left_out() {
            terminal::complain(&format!("edgehop: not served: {}\n", line_fit_to_show(&what)));
        }
        Ok(stores)
    }

    /// Opens stores that are there: whoever only looks makes nothing.
    pub(crate) async fn open(&self) -> anyhow::Result<Stores<AnyCatalog, AnyArtifacts>> {
        if let Some(place) = self.places()?.missing() {
            let place = place.display();
            bail!("there is no {place}: name what was published with --data, or --catalog and --artifacts");
        }
        self.make().await
    }

    /// Where CDNs look the catalog's words up: where this says, else where the catalog notes it.
    #[cfg(feature = "deploy")]
    pub(crate) async fn edges(&self, catalog: &AnyCatalog) -> Result<Vec<Edge>, KnownWordsError> {
        let places = match &self.known_words {
            Some(place) => vec![place.clone()],
            None => noted(catalog).await?,
        };
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let patience = aws::Patience::Operator;
        let settings = aws::settings(&aws::Options { patience, ..aws::Options::default() }).await;
        Ok(places.into_iter().map(|place| Edge::new(&settings, place, None)).collect())
    }

    /// Where the stores are: both as they were named, or both in the data folder.
    pub(crate) fn places(&self) -> Result<Places, HalfGiven> {
        Places::new(&self.data, self.catalog.clone(), self.artifacts.clone())
    }
}
