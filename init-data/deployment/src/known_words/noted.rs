use aws::DynamoCatalog;
use store::{Either, StoreError};

use super::{KnownWordsError, KnownWordsPlace};
use open::AnyCatalog;

/// Where CDNs look a catalog's words up, as its table notes it. Files note nothing; nor does a table that is the sample's
/// still, to which nobody publishes.
pub async fn noted(catalog: &AnyCatalog) -> Result<Vec<KnownWordsPlace>, KnownWordsError> {
    match table(catalog) {
        Some(table) => noted_in(table).await,
        None => Ok(Vec::new()),
    }
}

/// The same, of a table.
pub async fn noted_in(table: &DynamoCatalog) -> Result<Vec<KnownWordsPlace>, KnownWordsError> {
    let places = table.vocabulary_stores().await?;
    let read = |place: String| place.parse().map_err(|error| StoreError::damaged(&place, error).into());
    places.into_iter().map(read).collect()
}

/// Notes a place, or takes it off the list. [`StoreError::ReadOnly`] if the catalog is in no table of edgehop's.
pub async fn note(catalog: &AnyCatalog, place: &KnownWordsPlace, is_read: bool) -> Result<(), StoreError> {
    let Some(table) = table(catalog) else {
        let problem = "only a table of edgehop's notes where words are looked up: give --catalog dynamodb:TABLE \
                       --artifacts s3:BUCKET";
        return Err(StoreError::ReadOnly { what: "this catalog".to_owned(), problem: problem.to_owned() });
    };
    match is_read {
        true => table.add_vocabulary_store(&place.to_string()).await,
        false => table.remove_vocabulary_store(&place.to_string()).await,
    }
}

fn table(catalog: &AnyCatalog) -> Option<&DynamoCatalog> {
    match catalog {
        Either::Right(Either::Left(table)) => Some(table),
        _ => None,
    }
}
