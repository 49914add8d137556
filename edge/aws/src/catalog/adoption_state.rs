use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use store::StoreError;

use super::item::{Item, key};
use super::names::{ADOPTION, APP, COMPONENTS, STATE};
use crate::failure;

/// State of an adoption in progress.
const IN_PROGRESS: &str = "under way";

/// State of a finished adoption.
const DONE: &str = "done";

/// Adoption state of a table: whether edgehop's or the AWS sample's items are served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AdoptionState {
    /// Nothing has been published into the table, so the sample's items are served if there are any.
    #[default]
    Unpublished,
    /// An adoption is in progress: the sample's items are served, and edgehop's are not yet.
    Adopting,
    /// Edgehop's items are served.
    Own,
}

/// Reads a table's adoption state with one Query of one item. The state is on the list of all components, and sorts
/// before them.
pub(crate) async fn adoption_state(client: &Client, table: &str) -> Result<AdoptionState, StoreError> {
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
    let is_in_progress = |item: &Item| item.get(STATE) == Some(&AttributeValue::S(IN_PROGRESS.to_owned()));
    Ok(match found.items().first() {
        None => AdoptionState::Unpublished,
        Some(item) if is_in_progress(item) => AdoptionState::Adopting,
        Some(_) => AdoptionState::Own,
    })
}

/// Records the start of an adoption, in a table where none was ever started.
pub(crate) async fn begin(client: &Client, table: &str) -> Result<(), StoreError> {
    note(client, table, IN_PROGRESS, "attribute_not_exists(#is)", APP, None).await
}

/// Records the end of an adoption, after which edgehop's items are served.
pub(crate) async fn finish(client: &Client, table: &str) -> Result<(), StoreError> {
    note(client, table, DONE, "#is = :was", STATE, Some(IN_PROGRESS)).await
}

/// Writes the state if the condition holds. If not, another process has, because an adoption starts and ends once.
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
