//! Components, channels and releases in DynamoDB.

mod action;
mod adoption_state;
mod cache_vocabulary;
mod item;
mod names;
mod partition;
mod plan;
mod table;

use aws_sdk_dynamodb::Client;
use resolver::catalog::{Component, Edit, Revision};
use resolver::words::{AttributeName, ComponentKey, ComponentName};
use store::{Catalog, StoreError};

pub use adoption_state::AdoptionState;
pub(crate) use adoption_state::{adoption_state, begin, finish};
pub(crate) use item::{Item, text};
use names::{ADOPTION, COMPONENTS};
pub(crate) use names::{APP, ENV, STEP, item};
use partition::Partition;
use table::Table;

use crate::limits::MAX_TRANSACTION_ITEMS;

/// A catalog in one DynamoDB table, with the hash key `app` and the range key `env`, both strings.
///
/// | method | calls |
/// |---|---|
/// | [`component`](Catalog::component) | 1 Query; one more for each further MB, and for each time that it meets an unfinished write |
/// | [`wanting`](Catalog::wanting), [`components`](Catalog::components) | 1 Query; one more for each further MB |
/// | [`commit`](Catalog::commit) | 1 Query, 1 TransactWriteItems; more for an edit that does not fit into one |
#[derive(Debug, Clone)]
pub struct DynamoCatalog {
    table: Table,
}

impl DynamoCatalog {
    /// Creates a catalog in this table, without any call to DynamoDB.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        DynamoCatalog { table: Table { client, name: table.into(), items: MAX_TRANSACTION_ITEMS } }
    }

    /// Sets the most items of a transaction, for engines that allow fewer than DynamoDB; at least 2.
    pub fn with_transaction_items(mut self, most: usize) -> Self {
        self.table.items = most.clamp(2, MAX_TRANSACTION_ITEMS);
        self
    }

    async fn list(&self, app: &str) -> Result<Vec<ComponentKey>, StoreError> {
        let items = self.table.query(app).await?;
        let key = |item| match text(item, ENV) {
            Ok(ADOPTION) => None,
            Ok(key) => Some(key.parse().map_err(|error| self::item::damaged(item, error))),
            Err(error) => Some(Err(error)),
        };
        items.iter().filter_map(key).collect()
    }
}

impl Catalog for DynamoCatalog {
    async fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        Partition::read(&self.table, key).await?.component(key)
    }

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        self.list(&names::wanting(attribute)).await
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        self.list(COMPONENTS).await
    }

    async fn commit(&self, component: &ComponentName, expected: Revision, edit: &Edit) -> Result<Revision, StoreError> {
        let before = Partition::read(&self.table, &component.key()).await?;
        if before.revision() != expected {
            return Err(StoreError::Moved { what: format!("component {component}") });
        }
        for transaction in plan::plan(component, &before, edit, self.table.items)? {
            match self.table.write(component, &transaction).await {
                Ok(()) => {}
                // The next edit performs it.
                Err(_) if transaction.is_optional => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Revision(expected.0 + 1))
    }
}
