use aws_sdk_dynamodb::error::SdkError;
use store::StoreError;

use super::DynamoCatalog;
use super::item::{key, text};
use super::names::{ENV, KNOWN_WORDS};
use crate::failure;

/// Where CDNs look the catalog's words up. It stands in the table, so that whoever publishes there knows without being told:
/// a list that is not kept current hides what is new.
impl DynamoCatalog {
    /// The places that are noted, in their order: 1 Query.
    pub async fn known_words_places(&self) -> Result<Vec<String>, StoreError> {
        let items = self.table.query(KNOWN_WORDS).await?;
        items.iter().map(|item| text(item, ENV).map(str::to_owned)).collect()
    }

    /// Notes a place; one that is noted stays so: 1 PutItem.
    pub async fn note_known_words(&self, place: &str) -> Result<(), StoreError> {
        let put = self.table.client.put_item().table_name(&self.table.name);
        let put = put.set_item(Some(key(KNOWN_WORDS, place))).send().await;
        put.map(drop).map_err(|error| failure::catalog(self.note(place), &error))
    }

    /// Takes a place off the list; one that is not on it is no error, nor is it that there is no table any more: 1
    /// DeleteItem.
    pub async fn forget_known_words(&self, place: &str) -> Result<(), StoreError> {
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
