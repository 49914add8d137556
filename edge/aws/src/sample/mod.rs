//! A table and a bucket that the AWS sample's init script filled, served as they are and never written to.
//!
//! ```text
//! table   app, env, version, url "s3://<bucket>/<object>", md5, deviceAttr? (a map: name, true)
//! bucket  <app>_<version>
//! ```
//!
//! An item is a channel and the release that it points at. What it does not say (SHA-256, size, CRC-32) is learned from
//! the object's bytes, once, and so is whether they are those of its MD5. What cannot be served is left out and named:
//! [`SampleCatalog::left_out`], and a warning in the log.
//!
//! The table has no index and its keys are as somebody spelled them, so it is read as a whole: at the start and then
//! once a minute ([`REFRESH`]), not because a device asks. What devices are answered from is in memory. A process that
//! was stopped meanwhile, as Lambda stops one between two requests, reads it again before it answers (`latest`).
//!
//! `edgehop adopt` puts edgehop's own items and objects beside these ([`Adoption`]). While it does, this view is what
//! devices see; when it is done, processes that run notice within a minute, and new ones at their start.

mod adoption;
mod artifacts;
mod catalog;
mod directory;
mod item;
mod latest;
mod learn;
mod reader;
mod reading;
mod scan;

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;

pub use adoption::{Adoption, Assembled, Glance, SampleItems};
pub use artifacts::SampleArtifacts;
pub use catalog::SampleCatalog;
use directory::Directory;
pub use item::SampleItem;
use latest::{Latest, Seen};
pub use learn::Learned;
use reader::Reader;
pub use reading::Reading;

use crate::{BucketName, Clients, DynamoCatalog, S3Artifacts, TableName};

/// How often the table is read again. A release of the sample's reaches devices after that and the age of what caches
/// keep.
pub const REFRESH: Duration = Duration::from_secs(60);

/// The sample's table and bucket, read once.
pub(crate) struct Sample {
    reader: Reader,
    first: Arc<Directory>,
}

impl Sample {
    /// Reads the table, and every object of the sample's items in it; `None` if there is no such item.
    ///
    /// [`StoreError::ReadOnly`] where the bucket has a prefix. Items name their objects in full, so a view would pass it
    /// over; but once the table is adopted, all would be looked for where nothing is.
    pub(crate) async fn find(
        clients: &Clients,
        table: &TableName,
        bucket: &BucketName,
    ) -> Result<Option<Sample>, StoreError> {
        let items = scan::scan(&clients.dynamodb, table.as_str()).await?;
        if !items.iter().any(item::is_samples) {
            return Ok(None);
        }
        if !bucket.prefix().is_empty() {
            let problem = format!(
                "the AWS sample's init script filled it, and its objects are in no folder: give s3:{} without a prefix",
                bucket.bucket()
            );
            return Err(StoreError::ReadOnly { what: table.to_string(), problem });
        }
        let mut reader = Reader::new(clients, table, bucket);
        let first = Arc::new(reader.first(&items).await?);
        Ok(Some(Sample { reader, first }))
    }

    /// An item of the sample's is in this table.
    pub(crate) async fn is_in(clients: &Clients, table: &TableName) -> Result<bool, StoreError> {
        Ok(scan::scan(&clients.dynamodb, table.as_str()).await?.iter().any(item::is_samples))
    }

    /// The stores over it. They are refreshed until both are dropped, or the table is adopted: then they are edgehop's
    /// own, which are these.
    pub(crate) fn serve(
        self,
        every: Duration,
        own: (DynamoCatalog, S3Artifacts),
        is_adopting: bool,
    ) -> (SampleCatalog, SampleArtifacts) {
        let Sample { reader, first } = self;
        let (table, bucket) = (reader.table.clone(), reader.bucket.clone());
        let (latest, refreshing) = Latest::new(Seen::Sample(first), every);
        tokio::spawn(reader.keep_reading(refreshing, every));
        (
            SampleCatalog::new(table, latest.clone(), own.0, is_adopting),
            SampleArtifacts::new(bucket, latest, own.1, is_adopting),
        )
    }
}
