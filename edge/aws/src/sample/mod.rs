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
//! once a minute ([`REFRESH`]), never because a device asks. What devices are answered from is in memory.

mod artifacts;
mod catalog;
mod directory;
mod item;
mod learn;
mod reader;
mod scan;

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use tokio::sync::watch;

pub use artifacts::SampleArtifacts;
pub use catalog::SampleCatalog;
use directory::Directory;
use reader::Reader;

use crate::{BucketName, Clients, TableName};

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
    pub(crate) async fn find(
        clients: &Clients,
        table: &TableName,
        bucket: &BucketName,
    ) -> Result<Option<Sample>, StoreError> {
        let items = scan::scan(&clients.dynamodb, table.as_str()).await?;
        if !items.iter().any(item::is_samples) {
            return Ok(None);
        }
        let mut reader = Reader::new(clients, table, bucket);
        let first = Arc::new(reader.first(&items).await?);
        Ok(Some(Sample { reader, first }))
    }

    /// An item of the sample's is in this table.
    pub(crate) async fn is_in(clients: &Clients, table: &TableName) -> Result<bool, StoreError> {
        Ok(scan::scan(&clients.dynamodb, table.as_str()).await?.iter().any(item::is_samples))
    }

    /// The stores over it. They are refreshed until both are dropped.
    pub(crate) fn serve(self, every: Duration) -> (SampleCatalog, SampleArtifacts) {
        let Sample { reader, first } = self;
        let (table, bucket) = (reader.table.clone(), reader.bucket.clone());
        let (sender, receiver) = watch::channel(first);
        tokio::spawn(reader.keep_reading(sender, every));
        (SampleCatalog::new(table, receiver.clone()), SampleArtifacts::new(bucket, receiver))
    }
}

/// What every write is refused with.
fn read_only(what: impl ToString) -> StoreError {
    let problem = "the AWS sample's init script filled the table: publish into another one, or wait for `edgehop adopt`, \
                   which takes this one over";
    StoreError::ReadOnly { what: what.to_string(), problem: problem.to_owned() }
}
