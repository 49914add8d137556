use resolver::catalog::{Component, Edit, Revision};
use resolver::words::{AttributeName, ComponentKey, ComponentName};
use store::{Catalog, StoreError};

use super::latest::{Latest, Seen, read_only};
use crate::{DynamoCatalog, TableName};

/// The catalog in a table that the sample's init script filled. Reads are from memory; every write is
/// [`StoreError::ReadOnly`]. Once the table is adopted, reads are those of edgehop's own catalog in it.
#[derive(Debug, Clone)]
pub struct SampleCatalog {
    table: TableName,
    latest: Latest,
    own: DynamoCatalog,
    is_adopting: bool,
}

impl SampleCatalog {
    pub(crate) fn new(table: TableName, latest: Latest, own: DynamoCatalog, is_adopting: bool) -> SampleCatalog {
        SampleCatalog { table, latest, own, is_adopting }
    }

    /// The items that are not served, and why, in the order of their keys.
    pub fn left_out(&self) -> Vec<String> {
        match self.latest.last() {
            Seen::Sample(directory) => directory.left_out.iter().cloned().collect(),
            Seen::Adopted => Vec::new(),
        }
    }
}

impl Catalog for SampleCatalog {
    async fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        match self.latest.seen().await {
            Seen::Sample(directory) => Ok(directory.components.get(key).cloned()),
            Seen::Adopted => self.own.component(key).await,
        }
    }

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        match self.latest.seen().await {
            Seen::Sample(directory) => Ok(directory.wanting.get(attribute).cloned().unwrap_or_default()),
            Seen::Adopted => self.own.wanting(attribute).await,
        }
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        match self.latest.seen().await {
            Seen::Sample(directory) => Ok(directory.components.keys().cloned().collect()),
            Seen::Adopted => self.own.components().await,
        }
    }

    async fn commit(&self, _: &ComponentName, _: Revision, _: &Edit) -> Result<Revision, StoreError> {
        read_only(&self.table, self.is_adopting)
    }
}
