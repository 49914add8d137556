use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use resolver::words::{AttributeName, Sha256};
use store::StoreError;

use super::item::{Head, Item, Row, key, size};
use super::names::{APP, SHA256, STEP, item};

/// Actions that DynamoDB performs as one transaction. The first is the component's own item.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// Number of the transaction among the component's.
    pub(crate) step: u64,
    pub(crate) actions: Vec<Action>,
    /// Whether the edit is complete without this transaction.
    pub(crate) is_optional: bool,
}

/// Change to one item, with its condition.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) app: String,
    pub(crate) env: String,
    pub(crate) change: Change,
    pub(crate) condition: Condition,
    /// Bytes of a transaction that the action takes.
    pub(crate) bytes: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Writes the component's own item.
    Head(Head),
    /// Writes a channel or a release.
    Row(Row),
    /// Deletes a channel or a release, or an item that is not current.
    Delete,
    /// Adds the component to the list of all components.
    Enter,
    /// Adds the component to an attribute's list.
    List(AttributeName),
    /// Removes the component from an attribute's list.
    Unlist(AttributeName),
}

/// State of the item that the write requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Any,
    Absent,
    /// The item was written by this transaction.
    Step(u64),
    /// The item is a release with these bytes.
    Bytes(Sha256),
}

impl Action {
    /// Creates an action. Fails if the item is too large.
    pub(crate) fn new(app: &str, env: &str, change: Change, condition: Condition) -> Result<Action, StoreError> {
        let bytes = match &change {
            Change::Head(head) => size(app, env, &head.fields())?,
            Change::Row(row) => size(app, env, &row.fields())?,
            _ => size(app, env, &Item::new())?,
        };
        Ok(Action { app: app.to_owned(), env: env.to_owned(), change, condition, bytes })
    }

    /// Returns the item's name in messages.
    pub(crate) fn what(&self) -> String {
        item(&self.app, &self.env)
    }

    /// Converts the action for the SDK.
    pub(crate) fn write(&self, table: &str, step: u64) -> Result<TransactWriteItem, StoreError> {
        let key = key(&self.app, &self.env);
        let (expression, name, value) = match &self.condition {
            Condition::Any => (None, None, None),
            Condition::Absent => (Some("attribute_not_exists(#is)"), Some(APP), None),
            Condition::Step(was) => (Some("#is = :is"), Some(STEP), Some(AttributeValue::N(was.to_string()))),
            Condition::Bytes(was) => (Some("#is = :is"), Some(SHA256), Some(AttributeValue::S(was.to_string()))),
        };
        let names = name.map(|name| [("#is".to_owned(), name.to_owned())].into());
        let values = value.map(|value| [(":is".to_owned(), value)].into());
        let fields = match &self.change {
            Change::Head(head) => Some(head.fields()),
            Change::Row(row) => Some(Row { step, ..row.clone() }.fields()),
            Change::Enter | Change::List(_) => Some(Item::new()),
            Change::Delete | Change::Unlist(_) => None,
        };
        let write = match fields {
            Some(fields) => Put::builder()
                .table_name(table)
                .set_item(Some(fields.into_iter().chain(key).collect()))
                .set_condition_expression(expression.map(str::to_owned))
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .build()
                .map(|put| TransactWriteItem::builder().put(put)),
            None => Delete::builder()
                .table_name(table)
                .set_key(Some(key))
                .set_condition_expression(expression.map(str::to_owned))
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .build()
                .map(|delete| TransactWriteItem::builder().delete(delete)),
        };
        write.map(|write| write.build()).map_err(|error| StoreError::damaged(self.what(), error))
    }
}
