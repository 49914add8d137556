//! Read-only stores over a table and a bucket that the AWS sample's init script filled.
//!
//! ```text
//! table   app, env, version, url "s3://<bucket>/<object>", md5, deviceAttr? (a map: name, true)
//! bucket  <app>_<version>
//! ```
//!
//! An item is a channel and the release that it points at. Values that it does not have (SHA-256, size, CRC-32) are
//! computed by reading the object once, which also verifies its MD5. Items that cannot be served are left out, listed by
//! [`SampleCatalog::left_out`] and reported by a warning in the log.
//!
//! The table has no index, and its keys have any spelling, so the whole table is read at the start and then once a minute
//! ([`REFRESH`]), independently of requests, which are answered from memory. A process that was frozen meanwhile, as
//! Lambda does between two requests, reads the table again before it answers (`latest`).
//!
//! `edgehop adopt` adds edgehop's items and objects beside these ([`Adoption`]). Until it has finished, devices are
//! answered from this view; afterwards running processes switch within a minute, and new ones at their start.

mod adoption;
mod artifacts;
mod catalog;
mod directory;
mod item;
mod latest;
mod reader;
mod reading;
mod scan;

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;

pub use adoption::{Adoption, Assembled, ObjectMetadata, SampleItems};
pub use artifacts::SampleArtifacts;
pub use catalog::SampleCatalog;
use directory::Directory;
pub use item::SampleItem;
use latest::{Latest, TableState};
use reader::Reader;
pub use reading::{Inspected, Reading};

use crate::{BucketName, Clients, DynamoCatalog, S3Artifacts, TableName};

/// Interval at which the table is read. A new release of the sample reaches devices after this time and the lifetime of
/// cached answers.
pub const REFRESH: Duration = Duration::from_secs(60);

/// The sample's table and bucket after their first reading.
pub(crate) struct Sample {
    reader: Reader,
    first: Arc<Directory>,
}

impl Sample {
    /// Reads the table, and the objects of all of the sample's items; `None` if there are no such items.
    ///
    /// [`StoreError::ReadOnly`] if the bucket has a prefix. Items have their objects' full names, so this view could ignore
    /// it, but after an adoption all objects would be looked up below it, where none are.
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

    /// Returns true if the table has items of the sample.
    pub(crate) async fn is_in(clients: &Clients, table: &TableName) -> Result<bool, StoreError> {
        Ok(scan::scan(&clients.dynamodb, table.as_str()).await?.iter().any(item::is_samples))
    }

    /// Creates the stores. They are refreshed until both are dropped, or until the table is adopted, after which they
    /// forward to `own`.
    pub(crate) fn serve(
        self,
        every: Duration,
        own: (DynamoCatalog, S3Artifacts),
        is_adopting: bool,
    ) -> (SampleCatalog, SampleArtifacts) {
        let Sample { reader, first } = self;
        let (table, bucket) = (reader.table.clone(), reader.bucket.clone());
        let (latest, refreshing) = Latest::new(TableState::Sample(first), every);
        tokio::spawn(reader.keep_reading(refreshing, every));
        (
            SampleCatalog::new(table, latest.clone(), own.0, is_adopting),
            SampleArtifacts::new(bucket, latest, own.1, is_adopting),
        )
    }
}
