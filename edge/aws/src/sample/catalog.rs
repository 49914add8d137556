use std::sync::Arc;

use resolver::catalog::{Component, Edit, Revision};
use resolver::words::{AttributeName, ComponentKey, ComponentName};
use store::{Catalog, StoreError};
use tokio::sync::watch;

use super::directory::Directory;
use super::read_only;
use crate::TableName;

/// The catalog in a table that the sample's init script filled. Reads are from memory; every write is
/// [`StoreError::ReadOnly`].
#[derive(Debug, Clone)]
pub struct SampleCatalog {
    table: TableName,
    latest: watch::Receiver<Arc<Directory>>,
}

impl SampleCatalog {
    pub(crate) fn new(table: TableName, latest: watch::Receiver<Arc<Directory>>) -> SampleCatalog {
        SampleCatalog { table, latest }
    }

    /// The items that are not served, and why, in the order of their keys.
    pub fn left_out(&self) -> Vec<String> {
        self.directory().left_out.iter().cloned().collect()
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.latest.borrow())
    }
}

impl Catalog for SampleCatalog {
    async fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        Ok(self.directory().components.get(key).cloned())
    }

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        Ok(self.directory().wanting.get(attribute).cloned().unwrap_or_default())
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        Ok(self.directory().components.keys().cloned().collect())
    }

    async fn commit(&self, _: &ComponentName, _: Revision, _: &Edit) -> Result<Revision, StoreError> {
        Err(read_only(&self.table))
    }
}
