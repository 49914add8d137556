use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::AttributeValue::{N, Ns, S, Ss};
use resolver::words::{AttributeName, ComponentName, Sha256};
use store::StoreError;

use super::names::{APP, CHECK, ENV, HIDDEN, LAYOUT, LISTED, RECORD, REVISION, SHA256, SPELLING, STEP};
use crate::limits::MAX_ITEM_BYTES;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Which layout of the table this code reads and writes. A component of any other is refused, not changed. Layout 1 had
/// channels under their bare names, where an item of the sample's may be.
const LAYOUT_VERSION: u64 = 2;

/// What a number takes in an item at most, in bytes (DynamoDB developer guide, "DynamoDB item sizes and formats").
const NUMBER_BYTES: usize = 21;

/// What the item of a component says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) name: ComponentName,
    /// The edits it has seen.
    pub(crate) revision: u64,
    /// The transactions it has seen: one an edit, as a rule.
    pub(crate) step: u64,
    /// What the channels and releases that count add up to ([`mark`]).
    pub(crate) check: u64,
    /// The transactions whose items do not count yet.
    pub(crate) hidden: BTreeSet<u64>,
    /// The attributes on whose lists the component is: those that its channels want, and maybe more.
    pub(crate) listed: BTreeSet<AttributeName>,
}

/// A channel or a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Which of its component's transactions it is of.
    pub(crate) step: u64,
    /// What it says, in JSON: the same text as in every other store. One string, because nothing in it is ever asked for
    /// by DynamoDB, and a later edgehop's records need no other table.
    pub(crate) record: String,
    /// The digest of its bytes, if it is a release.
    pub(crate) sha256: Option<Sha256>,
}

impl Head {
    /// A component that is not there yet.
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
        // A set is never empty.
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

/// What a channel or a release adds to its component's check: another state of it, and another one, add something else.
pub(crate) fn mark(slot: &str, step: u64) -> u64 {
    let digest = Sha256::of(format!("{slot}\n{step}").as_bytes()).0;
    digest.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}

/// The two keys of an item.
pub(crate) fn key(app: &str, env: &str) -> Item {
    [(APP, app), (ENV, env)].map(|(name, value)| (name.to_owned(), S(value.to_owned()))).into()
}

/// A string attribute.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| damaged(item, format!("{name} takes a string")))
}

/// What is wrong with an item.
pub(crate) fn damaged(item: &Item, problem: impl ToString) -> StoreError {
    let key = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
    StoreError::damaged(super::names::item(key(APP), key(ENV)), problem)
}

/// The size of an item with these keys, in bytes, as DynamoDB counts or a little more. An error if it is too large.
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
