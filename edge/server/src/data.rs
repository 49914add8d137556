use std::time::SystemTime;

use anyhow::Context as _;
use init_data::{AnyArtifacts, AnyCatalog, Stores};
use resolver::words::Timestamp;
use store::Catalog as _;

use crate::settings::Settings;

/// A file in the data folder for as long as the sample data is being made: a first start that was killed is finished
/// by the next.
const UNFINISHED: &str = "sample.unfinished";

/// Opens the stores; puts the sample data into an empty data folder.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Stores<AnyCatalog, AnyArtifacts>> {
    if !settings.has_data_folder() {
        return addressed(settings.places()?.open().await?, settings);
    }
    let folder = settings.data.display();
    let stores = settings.places()?.open().await.with_context(|| format!("cannot open --data {folder}"))?;
    let mark = settings.data.join(UNFINISHED);
    let empty = stores.catalog.components().await.context("cannot read the catalog")?.is_empty();
    if !settings.no_sample && (empty || mark.exists()) {
        tracing::info!(%folder, artifact_bytes = settings.sample_size, "first start: making the sample data");
        let failed = || format!("cannot make the sample data in {folder}");
        std::fs::write(&mark, "").with_context(failed)?;
        init_data::samples(&stores, settings.sample_size, now()).await.with_context(failed)?;
        std::fs::remove_file(&mark).with_context(failed)?;
    }
    addressed(stores, settings)
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
