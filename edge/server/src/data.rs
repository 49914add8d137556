use std::time::SystemTime;

use anyhow::Context as _;
use open::{AnyArtifacts, AnyCatalog, Stores};
use resolver::words::{ChannelName, ComponentName, Timestamp};
use store::{Catalog as _, StoreError};

use crate::settings::Settings;

/// A file in the data folder for as long as the sample data is being made: a first start that was killed is finished
/// by the next.
const UNFINISHED: &str = "sample.unfinished";

/// Contents of the stores at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Nothing is published.
    Nothing,
    /// The sample data, and maybe more.
    Sample,
    /// Releases of the operator's own, with the first channel that was found.
    Own(Option<(ComponentName, ChannelName)>),
}

/// Opens the stores. Sample data goes into the data folder where that is asked for, or where the default folder is not
/// there yet.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<(Stores<AnyCatalog, AnyArtifacts>, Contents)> {
    let (places, folder) = (settings.places()?, settings.data.display());
    places.refuse_lost_catalog()?;
    let is_new = places.missing().is_some();
    let failed = || format!("cannot make the sample data in {folder}");
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
            tracing::info!(%folder, artifact_bytes = settings.sample_size, "first start: making the sample data");
            std::fs::write(&mark, "").with_context(failed)?;
            publishing::samples(&stores, settings.sample_size, now()).await.with_context(failed)?;
            std::fs::remove_file(&mark).with_context(failed)?;
        }
    }
    let contents = contents(&stores).await.unwrap_or_else(|error| {
        // A record that cannot be read now may be readable for the first device, and the others are served.
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

/// Looks for sample data, and through the catalog until a channel is found.
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

/// The stores, giving presigned URLs away if they shall.
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

/// This moment.
pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}
