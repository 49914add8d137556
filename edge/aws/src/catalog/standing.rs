use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use store::StoreError;

use super::item::{Item, key};
use super::names::{ADOPTION, APP, COMPONENTS, STATE};
use crate::failure;

/// An adoption that was begun and is not at its end.
const UNDER_WAY: &str = "under way";

/// One that is.
const DONE: &str = "done";

/// Whose items count in a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was published into it: they are the sample's, if its script wrote some.
    #[default]
    Unpublished,
    /// The sample's still: they are being adopted, and what edgehop wrote so far does not count.
    Adopting,
    /// Edgehop's.
    Own,
}

/// How a table stands: one Query of one item. What says that an adoption is under way is on the list of every component,
/// and sorts before all of them.
pub(crate) async fn standing(client: &Client, table: &str) -> Result<Standing, StoreError> {
    let query = client
        .query()
        .table_name(table)
        .consistent_read(true)
        .limit(1)
        .key_condition_expression("#app = :app")
        .expression_attribute_names("#app", APP)
        .expression_attribute_values(":app", AttributeValue::S(COMPONENTS.to_owned()));
    let found = query.send().await;
    let found = found.map_err(|error| failure::catalog(format!("Query of {COMPONENTS} in {table}"), &error))?;
    let is_under_way = |item: &Item| item.get(STATE) == Some(&AttributeValue::S(UNDER_WAY.to_owned()));
    Ok(match found.items().first() {
        None => Standing::Unpublished,
        Some(item) if is_under_way(item) => Standing::Adopting,
        Some(_) => Standing::Own,
    })
}

/// Notes that an adoption is under way, in a table where none was ever begun.
pub(crate) async fn begin(client: &Client, table: &str) -> Result<(), StoreError> {
    note(client, table, UNDER_WAY, "attribute_not_exists(#is)", APP, None).await
}

/// Notes that it is at its end: from now on edgehop's items count.
pub(crate) async fn finish(client: &Client, table: &str) -> Result<(), StoreError> {
    note(client, table, DONE, "#is = :was", STATE, Some(UNDER_WAY)).await
}

/// Writes the note if the condition holds. If not, somebody else did it: an adoption is begun once and ends once.
async fn note(
    client: &Client,
    table: &str,
    state: &str,
    condition: &str,
    is: &str,
    was: Option<&str>,
) -> Result<(), StoreError> {
    let mut item = key(COMPONENTS, ADOPTION);
    item.insert(STATE.to_owned(), AttributeValue::S(state.to_owned()));
    let put = client
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(condition)
        .expression_attribute_names("#is", is)
        .set_expression_attribute_values(
            was.map(|was| [(":was".to_owned(), AttributeValue::S(was.to_owned()))].into()),
        );
    match put.send().await {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => Ok(()),
        Err(error) => Err(failure::catalog(format!("a write of {ADOPTION} to {table}"), &error)),
    }
}
