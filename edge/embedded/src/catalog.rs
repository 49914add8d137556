use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use resolver::catalog::{Channel, Component, Edit, Release, Revision};
use resolver::words::{AttributeName, ChannelName, ComponentKey, ComponentName, Version};
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use serde_json::{from_str, to_string};
use store::{Catalog, StoreError};

use crate::opened::OpenFile;

/// Most records that are read before other operations get the connection, such as health checks.
const READS_AT_ONCE: usize = 4;

/// A catalog in one SQLite file. The server and the command line may have it open concurrently. If another file replaces
/// it, the next read or write notices.
#[derive(Debug, Clone)]
pub struct SqliteCatalog {
    path: Arc<PathBuf>,
    /// The only connection, which suffices because the service reads through a cache and operators are few.
    open: Arc<Mutex<Option<OpenFile>>>,
}

impl SqliteCatalog {
    /// Opens the file, creating it if it does not exist.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(SqliteCatalog { path: Arc::new(path.to_owned()), open: Arc::new(Mutex::new(Some(OpenFile::make(path)?))) })
    }

    /// Runs `work` on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        behaviour: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (path, open) = (Arc::clone(&self.path), Arc::clone(&self.open));
        let done = tokio::task::spawn_blocking(move || {
            // A panic while the lock was held rolled the transaction back, so the connection can be used.
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = OpenFile::current(&mut open, &path)?;
            let transaction = connection.transaction_with_behavior(behaviour).map_err(StoreError::catalog)?;
            let result = work(&transaction)?;
            transaction.commit().map_err(StoreError::catalog)?;
            Ok(result)
        });
        done.await.map_err(StoreError::catalog)?
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(TransactionBehavior::Deferred, work).await
    }

    /// Reads several records on one thread, in one transaction if they are few. Between batches of many, other operations
    /// get the connection.
    async fn read_each<K: Clone + Send + 'static, T: Send + 'static>(
        &self,
        keys: &[K],
        read: fn(&Transaction<'_>, &K) -> Result<T, StoreError>,
    ) -> Vec<Result<T, StoreError>> {
        let mut found = Vec::new();
        for few in keys.chunks(READS_AT_ONCE) {
            let wanted = few.to_vec();
            match self.read(move |transaction| Ok(wanted.iter().map(|key| read(transaction, key)).collect())).await {
                Ok(read) => found.extend::<Vec<_>>(read),
                Err(error) => {
                    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                    // The other reads would fail, too, each after as long a wait.
                    found.resize_with(keys.len(), || Err(StoreError::catalog(cause.clone())));
                    break;
                }
            }
        }
        found
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(TransactionBehavior::Immediate, work).await
    }
}

impl Catalog for SqliteCatalog {
    async fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        let key = key.clone();
        self.read(move |transaction| read_component(transaction, &key)).await
    }

    async fn several(&self, keys: &[ComponentKey]) -> Vec<Result<Option<Component>, StoreError>> {
        self.read_each(keys, read_component).await
    }

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        let attribute = attribute.clone();
        self.read(move |transaction| wanting(transaction, &attribute)).await
    }

    async fn wanting_any(&self, attributes: &[AttributeName]) -> Vec<Result<Vec<ComponentKey>, StoreError>> {
        self.read_each(attributes, wanting).await
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        self.read(|transaction| keys(transaction, "SELECT key FROM component ORDER BY key", params![])).await
    }

    async fn commit(&self, component: &ComponentName, expected: Revision, edit: &Edit) -> Result<Revision, StoreError> {
        let (name, edit) = (component.clone(), edit.clone());
        self.write(move |transaction| {
            let key = name.key();
            let found = head(transaction, &key)?.map_or(Revision::default(), |(_, revision)| revision);
            if found != expected {
                return Err(StoreError::Moved { what: format!("component {name}") });
            }
            let revision = Revision(found.0 + 1);
            let sql = "INSERT INTO component VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET revision = ?3";
            execute(transaction, sql, params![key.as_str(), name.as_str(), revision.0 as i64])?;
            edit.releases.iter().try_for_each(|release| put_release(transaction, &key, release))?;
            edit.forgotten.iter().try_for_each(|version| {
                let sql = "DELETE FROM release WHERE component = ?1 AND version = ?2";
                execute(transaction, sql, params![key.as_str(), version.as_str()])
            })?;
            edit.channels
                .iter()
                .try_for_each(|(name, channel)| put_channel(transaction, &key, name, channel.as_ref()))?;
            index(transaction, &key, &edit.forgotten)?;
            Ok(revision)
        })
        .await
    }
}

/// Reads the spelling of a component's name, and its revision.
fn head(transaction: &Transaction<'_>, key: &ComponentKey) -> Result<Option<(String, Revision)>, StoreError> {
    let sql = "SELECT name, revision FROM component WHERE key = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?));
    let found: Option<(String, i64)> = transaction
        .prepare_cached(sql)
        .and_then(|mut select| select.query_row([key.as_str()], row).optional())
        .map_err(StoreError::catalog)?;
    let count =
        |revision| u64::try_from(revision).map_err(|error| StoreError::damaged(format!("component {key}"), error));
    found.map(|(name, revision)| Ok((name, Revision(count(revision)?)))).transpose()
}

fn put_release(transaction: &Transaction<'_>, key: &ComponentKey, release: &Release) -> Result<(), StoreError> {
    let what = format!("{key} {}", release.version);
    if let Some(there) = read_release(transaction, key, &release.version)?
        && there.artifact.sha256 != release.artifact.sha256
    {
        return Err(StoreError::Taken { release: what });
    }
    let text = to_string(release).map_err(|error| StoreError::damaged(what, error))?;
    let sql = "INSERT OR REPLACE INTO release VALUES (?1, ?2, ?3)";
    execute(transaction, sql, params![key.as_str(), release.version.as_str(), text])
}

/// Sets or deletes a channel.
fn put_channel(
    transaction: &Transaction<'_>,
    key: &ComponentKey,
    name: &ChannelName,
    channel: Option<&Channel>,
) -> Result<(), StoreError> {
    let what = format!("channel {name} of {key}");
    let Some(channel) = channel else {
        let sql = "DELETE FROM channel WHERE component = ?1 AND name = ?2";
        return execute(transaction, sql, params![key.as_str(), name.as_str()]);
    };
    if read_release(transaction, key, &channel.target)?.is_none() {
        return Err(StoreError::Dangling { channel: what, target: channel.target.to_string() });
    }
    let text = to_string(channel).map_err(|error| StoreError::damaged(what, error))?;
    let sql = "INSERT OR REPLACE INTO channel VALUES (?1, ?2, ?3)";
    execute(transaction, sql, params![key.as_str(), name.as_str(), text])
}

fn read_release(
    transaction: &Transaction<'_>,
    key: &ComponentKey,
    version: &Version,
) -> Result<Option<Release>, StoreError> {
    let text: Option<String> = transaction
        .prepare_cached("SELECT record FROM release WHERE component = ?1 AND version = ?2")
        .and_then(|mut select| select.query_row([key.as_str(), version.as_str()], |row| row.get(0)).optional())
        .map_err(StoreError::catalog)?;
    text.map(|text| from_str(&text).map_err(|error| StoreError::damaged(format!("{key} {version}"), error))).transpose()
}

fn read_component(transaction: &Transaction<'_>, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
    let Some((name, revision)) = head(transaction, key)? else { return Ok(None) };
    let damaged = |error: &dyn std::fmt::Display| StoreError::damaged(format!("component {key}"), error);

    let channels: Result<BTreeMap<_, _>, StoreError> =
        rows(transaction, "SELECT name, record FROM channel WHERE component = ?1", key.as_str())?
            .into_iter()
            .map(|(name, text)| {
                let name: ChannelName = name.parse().map_err(|error| damaged(&error))?;
                Ok((name, from_str(&text).map_err(|error| damaged(&error))?))
            })
            .collect();
    let releases: Result<Vec<Arc<Release>>, StoreError> =
        rows(transaction, "SELECT version, record FROM release WHERE component = ?1", key.as_str())?
            .into_iter()
            .map(|(_, text)| from_str(&text).map(Arc::new).map_err(|error| damaged(&error)))
            .collect();
    let name = name.parse().map_err(|error| damaged(&error))?;
    Ok(Some(Component::new(name, revision, channels?, releases?)))
}

/// Updates the attribute index to match a component's channels, none of which may point at a deleted release.
fn index(transaction: &Transaction<'_>, key: &ComponentKey, forgotten: &BTreeSet<Version>) -> Result<(), StoreError> {
    let key = key.as_str();
    let mut wanted = BTreeSet::new();
    for (name, text) in rows(transaction, "SELECT name, record FROM channel WHERE component = ?1", key)? {
        let channel: Channel =
            from_str(&text).map_err(|error| StoreError::damaged(format!("channel {name} of {key}"), error))?;
        if forgotten.contains(&channel.target) {
            let channel_name = format!("channel {name} of {key}");
            return Err(StoreError::Dangling { channel: channel_name, target: channel.target.to_string() });
        }
        wanted.extend(channel.attributes);
    }
    execute(transaction, "DELETE FROM attribute WHERE component = ?1", params![key])?;
    wanted.iter().try_for_each(|attribute| {
        execute(transaction, "INSERT INTO attribute VALUES (?1, ?2)", params![attribute.as_str(), key])
    })
}

fn wanting(transaction: &Transaction<'_>, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
    keys(transaction, "SELECT component FROM attribute WHERE name = ?1 ORDER BY component", params![attribute.as_str()])
}

fn rows(transaction: &Transaction<'_>, sql: &str, key: &str) -> Result<Vec<(String, String)>, StoreError> {
    transaction
        .prepare_cached(sql)
        .and_then(|mut select| select.query_map([key], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(StoreError::catalog)
}

fn keys(
    transaction: &Transaction<'_>,
    sql: &str,
    arguments: &[&dyn rusqlite::ToSql],
) -> Result<Vec<ComponentKey>, StoreError> {
    let found: Vec<String> = transaction
        .prepare_cached(sql)
        .and_then(|mut select| select.query_map(arguments, |row| row.get(0))?.collect())
        .map_err(StoreError::catalog)?;
    found.iter().map(|key| key.parse().map_err(|error| StoreError::damaged(key, error))).collect()
}

fn execute(transaction: &Transaction<'_>, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<(), StoreError> {
    let done = transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
    done.map(|_| ()).map_err(StoreError::catalog)
}
