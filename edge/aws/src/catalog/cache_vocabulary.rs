use aws_sdk_dynamodb::error::SdkError;
use store::StoreError;

use super::DynamoCatalog;
use super::item::{key, text};
use super::names::{ENV, KNOWN_WORDS};
use crate::failure;

/// The key-value stores that hold the catalog's cache vocabulary. The table lists them, so that every publisher updates
/// them: an outdated vocabulary would hide new releases.
impl DynamoCatalog {
    /// Returns the listed stores in their order: 1 Query.
    pub async fn vocabulary_stores(&self) -> Result<Vec<String>, StoreError> {
        let items = self.table.query(KNOWN_WORDS).await?;
        items.iter().map(|item| text(item, ENV).map(str::to_owned)).collect()
    }

    /// Adds a store to the list, if it is not on it: 1 PutItem.
    pub async fn add_vocabulary_store(&self, place: &str) -> Result<(), StoreError> {
        let put = self.table.client.put_item().table_name(&self.table.name);
        let put = put.set_item(Some(key(KNOWN_WORDS, place))).send().await;
        put.map(drop).map_err(|error| failure::catalog(self.note(place), &error))
    }

    /// Removes a store from the list: 1 DeleteItem. A store that is not on it is no error, and neither is a missing table.
    pub async fn remove_vocabulary_store(&self, place: &str) -> Result<(), StoreError> {
        let delete = self.table.client.delete_item().table_name(&self.table.name);
        let delete = delete.set_key(Some(key(KNOWN_WORDS, place))).send().await;
        match delete {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(refused)) if refused.err().is_resource_not_found_exception() => Ok(()),
            Err(error) => Err(failure::catalog(self.note(place), &error)),
        }
    }

    fn note(&self, place: &str) -> String {
        format!("a write of {KNOWN_WORDS} {place} to {}", self.table.name)
    }
}
