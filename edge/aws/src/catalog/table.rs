use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason};
use resolver::words::ComponentName;
use store::StoreError;

use super::action::{Change, Condition, Transaction};
use super::item::Item;
use super::names::APP;
use crate::failure;

/// Most attempts of a transaction that conflicts with others or is throttled, which the SDK does not retry.
const CONFLICT_ATTEMPTS: u32 = 7;

/// Longest wait before the second attempt. It doubles with every further attempt, and a random part of it is waited.
const FIRST_PAUSE: Duration = Duration::from_millis(40);

/// A table with the client for it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    /// Most items of a transaction.
    pub(crate) items: usize,
}

impl Table {
    /// Reads all items of a partition in the order of the range keys, strongly consistently. Makes one call for each
    /// started MB (DynamoDB developer guide, "Query": 1 MB a page).
    pub(crate) async fn query(&self, app: &str) -> Result<Vec<Item>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("#app = :app")
            .expression_attribute_names("#app", APP)
            .expression_attribute_values(":app", AttributeValue::S(app.to_owned()));
        let (mut items, mut next) = (Vec::new(), None);
        loop {
            let page = query.clone().set_exclusive_start_key(next).send().await;
            let page = page.map_err(|error| failure::catalog(format!("Query of {app} in {}", self.name), &error))?;
            items.extend(page.items.unwrap_or_default());
            next = page.last_evaluated_key.filter(|key| !key.is_empty());
            if next.is_none() {
                return Ok(items);
            }
        }
    }

    /// Performs a transaction completely or not at all.
    ///
    /// After [`StoreError::Unavailable`] the transaction may have been performed, because only the answer may be lost. A
    /// retry then returns [`StoreError::Moved`], and the caller reads its own write.
    pub(crate) async fn write(&self, component: &ComponentName, transaction: &Transaction) -> Result<(), StoreError> {
        let writes: Result<Vec<_>, StoreError> =
            transaction.actions.iter().map(|action| action.write(&self.name, transaction.step)).collect();
        // The SDK adds a token, so that its own retries do not perform the transaction twice.
        let write = self.client.transact_write_items().set_transact_items(Some(writes?));
        let mut left = CONFLICT_ATTEMPTS;
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = write.clone().send().await else { return Ok(()) };
            left -= 1;
            let reasons = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    cancelled.cancellation_reasons()
                }
                _ => return Err(failure::catalog(format!("a write of {component} to {}", self.name), &error)),
            };
            match verdict(component, transaction, reasons) {
                Some(verdict) => return Err(verdict),
                None if left == 0 => {
                    return Err(StoreError::catalog(format!("{component}: {}", failure::describe(&error))));
                }
                None => tokio::time::sleep(pause.mul_f64(fastrand::f64())).await,
            }
            pause *= 2;
        }
    }
}

/// Returns the error of a cancelled transaction; `None` if a retry may succeed. The reasons are in the order of the
/// actions (DynamoDB API reference, CancellationReason).
fn verdict(component: &ComponentName, transaction: &Transaction, reasons: &[CancellationReason]) -> Option<StoreError> {
    let moved = || StoreError::Moved { what: format!("component {component}") };
    let mut refused = None;
    for (action, reason) in transaction.actions.iter().zip(reasons) {
        match reason.code() {
            // If the component's own item, the first, has changed, other reasons do not matter.
            Some("ConditionalCheckFailed") if matches!(action.change, Change::Head(_)) => return Some(moved()),
            Some("ConditionalCheckFailed") if refused.is_none() => {
                let is_release = matches!(action.condition, Condition::Bytes(_));
                refused = Some(if is_release { StoreError::Taken { release: action.what() } } else { moved() });
            }
            Some("ValidationError") => {
                return Some(StoreError::damaged(action.what(), reason.message().unwrap_or("DynamoDB refuses it")));
            }
            _ => {}
        }
    }
    refused
}
