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

/// Pauses before a partition is read again that was read during a write. DynamoDB takes some milliseconds to apply a
/// transaction.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(10), Duration::from_millis(40), Duration::from_millis(160), Duration::from_millis(640)];

/// A component's items at one point in time.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) head: Option<Head>,
    /// Channels and releases by range key, including those that are not visible yet or no longer current.
    pub(crate) rows: BTreeMap<String, Row>,
    /// Range keys of items that edgehop did not write.
    pub(crate) foreign: BTreeSet<String>,
}

impl Partition {
    /// Reads a partition, usually with one Query.
    ///
    /// The read is strongly consistent. That costs twice the read units, so that an operator sees their own writes and a
    /// withdrawn release stays withdrawn; devices are answered from memory, so a partition is read once in some seconds.
    /// Even so, a Query is not isolated from a transaction: it may return some of the items that the transaction writes
    /// and not others (DynamoDB developer guide, "Isolation levels for transactions": read-committed), and could miss a
    /// barrier. The component's own item therefore has a checksum of the others, and is read with them.
    pub(crate) async fn read(table: &Table, key: &ComponentKey) -> Result<Partition, StoreError> {
        let mut pauses = PAUSES.iter();
        loop {
            let partition = Partition::sort(table.query(key.as_str()).await?)?;
            if partition.adds_up() {
                return Ok(partition);
            }
            let Some(pause) = pauses.next() else {
                let problem = "its channels and releases are not those of its last write: another program changed or \
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

    /// Returns true if the items match the checksum, so that no write is in progress.
    fn adds_up(&self) -> bool {
        let marks = self.current().into_iter().map(|(slot, (_, row))| mark(slot, row.step));
        match &self.head {
            Some(head) => marks.fold(0, u64::wrapping_add) == head.check,
            None => self.rows.is_empty(),
        }
    }

    /// Returns the component's revision.
    pub(crate) fn revision(&self) -> Revision {
        Revision(self.head.as_ref().map_or(0, |head| head.revision))
    }

    /// Returns the current item of each channel and release with its range key: the latest that is not hidden.
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

    /// Reads the channels.
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

    /// Reads the component, if it was ever written.
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
