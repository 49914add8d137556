use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::AttributeValue::{N, Ns, S, Ss};
use resolver::words::{AttributeName, ComponentName, Sha256};
use store::StoreError;

use super::names::{APP, CHECK, ENV, HIDDEN, LAYOUT, LISTED, RECORD, REVISION, SHA256, SPELLING, STEP};
use crate::limits::MAX_ITEM_BYTES;

/// An item in the SDK's representation.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Version of the table's layout that this code reads and writes. Components of another version are refused. Layout 1
/// had channels under their bare names, where items of the AWS sample may be.
const LAYOUT_VERSION: u64 = 2;

/// Largest size of a number in an item, in bytes (DynamoDB developer guide, "DynamoDB item sizes and formats").
const NUMBER_BYTES: usize = 21;

/// Content of a component's own item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) name: ComponentName,
    /// Number of edits.
    pub(crate) revision: u64,
    /// Number of transactions, which is usually one for each edit.
    pub(crate) step: u64,
    /// Checksum of the current channels and releases: the sum of their [`mark`]s.
    pub(crate) check: u64,
    /// Transactions whose items are not visible yet.
    pub(crate) hidden: BTreeSet<u64>,
    /// Attributes on whose lists the component is: those that select its channels, and perhaps more.
    pub(crate) listed: BTreeSet<AttributeName>,
}

/// Content of a channel's or a release's item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Transaction of the component that wrote the item.
    pub(crate) step: u64,
    /// Record in JSON, as in every other store. It is one string, because DynamoDB never queries its content, so that
    /// records of later versions of edgehop fit into this table.
    pub(crate) record: String,
    /// Digest of the bytes, if the item is a release.
    pub(crate) sha256: Option<Sha256>,
}

impl Head {
    /// Creates the item of a component that does not exist yet.
    pub(crate) fn new(name: ComponentName) -> Head {
        Head { name, revision: 0, step: 0, check: 0, hidden: BTreeSet::new(), listed: BTreeSet::new() }
    }

    pub(crate) fn read(item: &Item) -> Result<Head, StoreError> {
        let layout = number(item, LAYOUT)?;
        if layout != LAYOUT_VERSION {
            let advice = match layout > LAYOUT_VERSION {
                true => "use the edgehop that wrote it",
                false => "no release of edgehop wrote it: publish into a new table",
            };
            return Err(damaged(
                item,
                format!("its layout is {layout}, this edgehop knows {LAYOUT_VERSION}: {advice}"),
            ));
        }
        let name = text(item, SPELLING)?.parse().map_err(|error| damaged(item, error))?;
        let numbers = item.get(HIDDEN).map_or(Ok(&[][..]), |value| value.as_ns().map(Vec::as_slice));
        let numbers = numbers.map_err(|_| damaged(item, "hidden takes a set of numbers"))?;
        let hidden = numbers.iter().map(|number| number.parse().map_err(|error| damaged(item, error)));
        let words = item.get(LISTED).map_or(Ok(&[][..]), |value| value.as_ss().map(Vec::as_slice));
        let words = words.map_err(|_| damaged(item, "listed takes a set of strings"))?;
        let listed = words.iter().map(|word| word.parse().map_err(|error| damaged(item, error)));
        Ok(Head {
            name,
            revision: number(item, REVISION)?,
            step: number(item, STEP)?,
            check: number(item, CHECK)?,
            hidden: hidden.collect::<Result<_, _>>()?,
            listed: listed.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn fields(&self) -> Item {
        let mut fields = Item::from([
            (LAYOUT.to_owned(), N(LAYOUT_VERSION.to_string())),
            (SPELLING.to_owned(), S(self.name.to_string())),
            (REVISION.to_owned(), N(self.revision.to_string())),
            (STEP.to_owned(), N(self.step.to_string())),
            (CHECK.to_owned(), N(self.check.to_string())),
        ]);
        // DynamoDB has no empty sets.
        if !self.hidden.is_empty() {
            fields.insert(HIDDEN.to_owned(), Ns(self.hidden.iter().map(u64::to_string).collect()));
        }
        if !self.listed.is_empty() {
            fields.insert(LISTED.to_owned(), Ss(self.listed.iter().map(AttributeName::to_string).collect()));
        }
        fields
    }
}

impl Row {
    pub(crate) fn read(item: &Item) -> Result<Row, StoreError> {
        let sha256 = item.get(SHA256).map(|_| text(item, SHA256)?.parse().map_err(|error| damaged(item, error)));
        let (step, record) = (number(item, STEP)?, text(item, RECORD)?.to_owned());
        Ok(Row { step, record, sha256: sha256.transpose()? })
    }

    pub(crate) fn fields(&self) -> Item {
        let mut fields =
            Item::from([(RECORD.to_owned(), S(self.record.clone())), (STEP.to_owned(), N(self.step.to_string()))]);
        if let Some(sha256) = &self.sha256 {
            fields.insert(SHA256.to_owned(), S(sha256.to_string()));
        }
        fields
    }
}

/// Returns the contribution of a channel or a release to its component's checksum. Every state of every item has its own.
pub(crate) fn mark(slot: &str, step: u64) -> u64 {
    let digest = Sha256::of(format!("{slot}\n{step}").as_bytes()).0;
    digest.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}

/// Returns the two keys of an item.
pub(crate) fn key(app: &str, env: &str) -> Item {
    [(APP, app), (ENV, env)].map(|(name, value)| (name.to_owned(), S(value.to_owned()))).into()
}

/// Reads a string attribute.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| damaged(item, format!("{name} takes a string")))
}

/// Creates the error for a damaged item.
pub(crate) fn damaged(item: &Item, problem: impl ToString) -> StoreError {
    let key = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
    StoreError::damaged(super::names::item(key(APP), key(ENV)), problem)
}

/// Returns the size of an item with these keys, in bytes, as DynamoDB counts or slightly more. Fails if it is too large.
pub(crate) fn size(app: &str, env: &str, fields: &Item) -> Result<usize, StoreError> {
    let value = |value: &AttributeValue| match value {
        S(text) => text.len(),
        Ss(texts) => texts.iter().map(|text| text.len() + 1).sum::<usize>() + 3,
        Ns(numbers) => numbers.len() * (NUMBER_BYTES + 1) + 3,
        _ => NUMBER_BYTES,
    };
    let keys = APP.len() + app.len() + ENV.len() + env.len();
    let size = fields.iter().fold(keys, |sum, (name, field)| sum + name.len() + value(field));
    if size > MAX_ITEM_BYTES {
        let problem = format!("it takes {size} bytes, and an item {MAX_ITEM_BYTES} at most");
        return Err(StoreError::TooLarge { what: super::names::item(app, env), problem });
    }
    Ok(size)
}

fn number(item: &Item, name: &str) -> Result<u64, StoreError> {
    let value = item.get(name).and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok());
    value.ok_or_else(|| damaged(item, format!("{name} takes a whole number")))
}
