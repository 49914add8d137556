use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use resolver::catalog::{Channel, Component, Release, Revision};
use resolver::words::{ChannelName, ComponentKey};
use serde::de::DeserializeOwned;
use store::StoreError;

use super::item::{Head, Item, Row, mark, text};
use super::names::{ENV, HEAD, STEP, channel_name, is_release, item, slot};
use super::table::Table;

/// How long to wait before a partition that was read in the middle of a write is read again. Applying a transaction
/// takes DynamoDB some milliseconds.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(10), Duration::from_millis(40), Duration::from_millis(160), Duration::from_millis(640)];

/// A component's items as they are at one moment.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) head: Option<Head>,
    /// Channels and releases by range key, also those that do not count: not yet, or no more.
    pub(crate) rows: BTreeMap<String, Row>,
    /// The range keys of items that somebody else wrote.
    pub(crate) foreign: BTreeSet<String>,
}

impl Partition {
    /// Reads a partition: one Query, as a rule.
    ///
    /// It is strongly consistent. That costs a second half of a read unit for 4 KB, and buys that an operator sees what
    /// they wrote, and that a release that was taken back stays so; devices are answered from memory, so it is read
    /// once in some seconds. But even so a Query is not isolated from a transaction as a whole: it may see some of a
    /// write's items and not others (DynamoDB developer guide, "Isolation levels for transactions": read-committed).
    /// A barrier could be missed. So the component's own item says what the others add up to, and is read with them.
    pub(crate) async fn read(table: &Table, key: &ComponentKey) -> Result<Partition, StoreError> {
        let mut pauses = PAUSES.iter();
        loop {
            let partition = Partition::sort(table.query(key.as_str()).await?)?;
            if partition.adds_up() {
                return Ok(partition);
            }
            let Some(pause) = pauses.next() else {
                let problem = "its channels and releases are not those of its last write: somebody else changed or \
                               deleted some; restore the table";
                return Err(StoreError::damaged(format!("component {key}"), problem));
            };
            tokio::time::sleep(*pause).await;
        }
    }

    fn sort(items: Vec<Item>) -> Result<Partition, StoreError> {
        let mut partition = Partition { head: None, rows: BTreeMap::new(), foreign: BTreeSet::new() };
        for item in items {
            let env = text(&item, ENV)?;
            if !item.contains_key(STEP) {
                partition.foreign.insert(env.to_owned());
            } else if env == HEAD {
                partition.head = Some(Head::read(&item)?);
            } else {
                partition.rows.insert(env.to_owned(), Row::read(&item)?);
            }
        }
        Ok(partition)
    }

    /// No write is halfway through.
    fn adds_up(&self) -> bool {
        let marks = self.current().into_iter().map(|(slot, (_, row))| mark(slot, row.step));
        match &self.head {
            Some(head) => marks.fold(0, u64::wrapping_add) == head.check,
            None => self.rows.is_empty(),
        }
    }

    /// The edits that the component has seen.
    pub(crate) fn revision(&self) -> Revision {
        Revision(self.head.as_ref().map_or(0, |head| head.revision))
    }

    /// What counts of each channel and release, with its range key: of items that are not hidden, the latest.
    pub(crate) fn current(&self) -> BTreeMap<&str, (&str, &Row)> {
        let counts = |head: &Head, row: &Row| row.step <= head.step && !head.hidden.contains(&row.step);
        let mut current: BTreeMap<&str, (&str, &Row)> = BTreeMap::new();
        for (env, row) in &self.rows {
            let is_latest = current.get(slot(env)).is_none_or(|(_, other)| other.step < row.step);
            if is_latest && self.head.as_ref().is_some_and(|head| counts(head, row)) {
                current.insert(slot(env), (env, row));
            }
        }
        current
    }

    /// The channels.
    pub(crate) fn channels(&self, key: &ComponentKey) -> Result<BTreeMap<ChannelName, Channel>, StoreError> {
        let current = self.current().into_values();
        let channels = current.filter_map(|(env, row)| Some((env, channel_name(env)?, row)));
        channels
            .map(|(env, name, row)| {
                let name = name.parse().map_err(|error| StoreError::damaged(item(key.as_str(), env), error))?;
                Ok((name, record(key, env, row)?))
            })
            .collect()
    }

    /// The component, if it was ever written.
    pub(crate) fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        let Some(head) = &self.head else { return Ok(None) };
        let releases = self.current().into_values().filter(|(env, _)| is_release(env));
        let releases: Result<Vec<Arc<Release>>, StoreError> =
            releases.map(|(env, row)| record(key, env, row).map(Arc::new)).collect();
        Ok(Some(Component::new(head.name.clone(), self.revision(), self.channels(key)?, releases?)))
    }
}

fn record<T: DeserializeOwned>(key: &ComponentKey, env: &str, row: &Row) -> Result<T, StoreError> {
    serde_json::from_str(&row.record).map_err(|error| StoreError::damaged(item(key.as_str(), env), error))
}
