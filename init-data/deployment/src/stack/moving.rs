//! A stack that goes to another table: publishing into the old one must not tell its CDN any more.

use super::account::Account;
use super::deployment::Deployment;
use super::error::StackError;
use super::found::Stack;
use super::parameters::EXISTING_TABLE;
use super::progress::{Tell, Told};
use crate::known_words::clear;

/// Whether a stack will use another table.
pub(super) fn moves(stack: &Stack, deployment: &Deployment) -> bool {
    let given = deployment.parameters.get(EXISTING_TABLE);
    given.is_some_and(|given| given != stack.existing(EXISTING_TABLE).unwrap_or_default())
}

/// Takes the stack's place off the old table's list, and empties the place: the words there are the old catalog's, and
/// what the new one has besides would be hidden. Without a list the CDN keeps every word, until somebody publishes.
///
/// This comes before the change, so that a run that was killed in between is gone on with by the next.
pub(super) async fn leave(account: &Account, stack: &Stack, tell: Tell<'_>) -> Result<(), StackError> {
    let Some(place) = stack.known_words_place() else { return Ok(()) };
    let table = stack.table(account).await?;
    tell(Told::Step(&format!(
        "publishing into the table {table} tells the stack {}'s CDN no words any more",
        stack.name
    )));
    stack.catalog(account).await?.remove_vocabulary_store(&place.to_string()).await?;
    Ok(clear(&account.edge(place)).await?)
}
