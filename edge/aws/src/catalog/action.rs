use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use resolver::words::{AttributeName, Sha256};
use store::StoreError;

use super::item::{Head, Item, Row, key, size};
use super::names::{APP, SHA256, STEP, item};

/// What is done at once. The first action is the component's own item.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// Which of the component's transactions it is.
    pub(crate) step: u64,
    pub(crate) actions: Vec<Action>,
    /// What was asked for is done without it.
    pub(crate) is_optional: bool,
}

/// What a write does to one item.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) app: String,
    pub(crate) env: String,
    pub(crate) change: Change,
    pub(crate) condition: Condition,
    /// What it takes of a transaction, in bytes.
    pub(crate) bytes: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// The component's own item.
    Head(Head),
    /// A channel or a release, of this transaction.
    Row(Row),
    /// A channel or a release goes away, or an item that does not count.
    Delete,
    /// The component is put on the list of every component.
    Enter,
    /// It is put on an attribute's list.
    List(AttributeName),
    /// It is taken off an attribute's list.
    Unlist(AttributeName),
}

/// What the item must be before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Any,
    Absent,
    /// Of this transaction.
    Step(u64),
    /// A release with these bytes.
    Bytes(Sha256),
}

impl Action {
    /// An error if the item is too large.
    pub(crate) fn new(app: &str, env: &str, change: Change, condition: Condition) -> Result<Action, StoreError> {
        let bytes = match &change {
            Change::Head(head) => size(app, env, &head.fields())?,
            Change::Row(row) => size(app, env, &row.fields())?,
            _ => size(app, env, &Item::new())?,
        };
        Ok(Action { app: app.to_owned(), env: env.to_owned(), change, condition, bytes })
    }

    /// The item, as messages name it.
    pub(crate) fn what(&self) -> String {
        item(&self.app, &self.env)
    }

    /// The action as the SDK has it.
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
