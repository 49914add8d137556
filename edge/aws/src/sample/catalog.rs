use resolver::catalog::{Component, Edit, Revision};
use resolver::words::{AttributeName, ComponentKey, ComponentName};
use store::{Catalog, StoreError};

use super::latest::{Latest, TableState, read_only};
use crate::{DynamoCatalog, TableName};

/// Catalog in a table that the AWS sample's init script filled. Reads are answered from memory; every write returns
/// [`StoreError::ReadOnly`]. After the table is adopted, reads go to edgehop's catalog in it.
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

    /// Returns the items that are not served, with the reasons, in the order of their keys.
    pub fn left_out(&self) -> Vec<String> {
        match self.latest.last() {
            TableState::Sample(directory) => directory.left_out.iter().cloned().collect(),
            TableState::Adopted => Vec::new(),
        }
    }
}

impl Catalog for SampleCatalog {
    async fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        match self.latest.seen().await {
            TableState::Sample(directory) => Ok(directory.components.get(key).cloned()),
            TableState::Adopted => self.own.component(key).await,
        }
    }

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        match self.latest.seen().await {
            TableState::Sample(directory) => Ok(directory.wanting.get(attribute).cloned().unwrap_or_default()),
            TableState::Adopted => self.own.wanting(attribute).await,
        }
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        match self.latest.seen().await {
            TableState::Sample(directory) => Ok(directory.components.keys().cloned().collect()),
            TableState::Adopted => self.own.components().await,
        }
    }

    async fn commit(&self, _: &ComponentName, _: Revision, _: &Edit) -> Result<Revision, StoreError> {
        read_only(&self.table, self.is_adopting)
    }
}
