use std::time::SystemTime;

use anyhow::Context as _;
use open::{AnyArtifacts, AnyCatalog, Stores};
use resolver::words::{ChannelName, ComponentName, Timestamp};
use store::{Catalog as _, StoreError};

use crate::settings::Settings;

/// Name of a file in the data folder that exists while sample data is created, so that the next start finishes an
/// interrupted first start.
const UNFINISHED: &str = "sample.unfinished";

/// Content of the stores at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Nothing is published.
    Nothing,
    /// Sample data is published, and perhaps more.
    Sample,
    /// The operator's releases are published; the first channel found is given.
    Own(Option<(ComponentName, ChannelName)>),
}

/// Opens the stores. Sample data is created in the data folder if that is requested, or if the default folder does not
/// exist yet.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<(Stores<AnyCatalog, AnyArtifacts>, Contents)> {
    let (places, folder) = (settings.places()?, settings.data.display());
    places.refuse_lost_catalog()?;
    let is_new = places.missing().is_some();
    let failed = || format!("cannot create the sample data in {folder}");
    let mark = settings.data.join(UNFINISHED);
    if !settings.no_sample && settings.is_first_start() {
        std::fs::create_dir_all(&settings.data).with_context(failed)?;
        std::fs::write(&mark, "").with_context(failed)?;
    }
    let stores = match settings.has_data_folder() {
        true => places.open().await.with_context(|| format!("cannot open --data {folder}"))?,
        false => places.open().await?,
    };
    if settings.has_data_folder() {
        let empty = stores.catalog.components().await.context("cannot read the catalog")?.is_empty();
        if !settings.no_sample && (mark.exists() || settings.sample && empty) {
            tracing::info!(%folder, artifact_bytes = settings.sample_size, "first start: creating the sample data");
            std::fs::write(&mark, "").with_context(failed)?;
            publishing::samples(&stores, settings.sample_size, now()).await.with_context(failed)?;
            std::fs::remove_file(&mark).with_context(failed)?;
        }
    }
    let contents = contents(&stores).await.unwrap_or_else(|error| {
        // The record may be readable when the first device asks, and other records can be served.
        tracing::warn!(%error, cause = std::error::Error::source(&error), "cannot tell whether there is sample data");
        Contents::Own(None)
    });
    match contents {
        Contents::Sample => tracing::warn!(
            "devices are given sample data, made-up bytes: `edgehop sample --remove` takes it out of the catalog"
        ),
        Contents::Nothing if is_new => tracing::warn!(
            %places.catalog, %places.artifacts,
            "the stores are new and empty: if releases should be there, look for a typing error, or a volume that is \
             not mounted"
        ),
        Contents::Nothing | Contents::Own(_) => {}
    }
    Ok((addressed(stores, settings)?, contents))
}

/// Looks for sample data, and for the first channel in the catalog.
async fn contents(stores: &Stores<AnyCatalog, AnyArtifacts>) -> Result<Contents, StoreError> {
    if publishing::has_samples(stores).await? {
        return Ok(Contents::Sample);
    }
    let mut contents = Contents::Nothing;
    for key in stores.catalog.components().await? {
        let Some(component) = stores.catalog.component(&key).await? else { continue };
        if let Some(channel) = component.channels.keys().next() {
            return Ok(Contents::Own(Some((component.name.clone(), channel.clone()))));
        }
        if !component.releases().is_empty() {
            contents = Contents::Own(None);
        }
    }
    Ok(contents)
}

/// Enables presigned URLs if they are requested.
#[cfg(feature = "aws")]
fn addressed(
    stores: Stores<AnyCatalog, AnyArtifacts>,
    settings: &Settings,
) -> anyhow::Result<Stores<AnyCatalog, AnyArtifacts>> {
    match settings.presign {
        Some(lifetime) => {
            stores.with_addresses(lifetime).context("--presign takes artifacts that edgehop put into s3:BUCKET")
        }
        None => Ok(stores),
    }
}

#[cfg(not(feature = "aws"))]
fn addressed(
    stores: Stores<AnyCatalog, AnyArtifacts>,
    _: &Settings,
) -> anyhow::Result<Stores<AnyCatalog, AnyArtifacts>> {
    Ok(stores)
}

/// Returns the current time.
pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}
