use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use resolver::catalog::{Channel, Component, Release};
use resolver::words::{AttributeName, ChannelName, ComponentKey, ComponentName};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde_json::{from_str, to_string};
use store::{Catalog, StoreError};

use crate::schema;

/// A catalog in one SQLite file. The server and the command line may have it open at once.
#[derive(Debug, Clone)]
pub struct SqliteCatalog {
    /// One connection is enough: the service reads through a cache, and operators are few.
    connection: Arc<Mutex<Connection>>,
}

impl SqliteCatalog {
    /// Opens the file, making it if it is not there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(SqliteCatalog { connection: Arc::new(Mutex::new(schema::connect(path)?)) })
    }

    /// Runs `work` where blocking is allowed.
    async fn run<T: Send + 'static>(
        &self,
        behaviour: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        let done = tokio::task::spawn_blocking(move || {
            // A panic while the lock was held rolled its transaction back, so the connection is fine.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
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

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        let sql = "SELECT component FROM attribute WHERE name = ?1 ORDER BY component";
        let attribute = attribute.to_string();
        self.read(move |transaction| keys(transaction, sql, params![attribute])).await
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        self.read(|transaction| keys(transaction, "SELECT key FROM component ORDER BY key", params![])).await
    }

    async fn add_release(&self, component: &ComponentName, release: &Release) -> Result<(), StoreError> {
        let (name, release) = (component.clone(), release.clone());
        self.write(move |transaction| {
            let (key, version) = (name.key().to_string(), release.version.to_string());
            let sql = "SELECT record FROM release WHERE component = ?1 AND version = ?2";
            if let Some(there) = record::<Release>(transaction, sql, [&key, &version])? {
                let same = there.artifact.sha256 == release.artifact.sha256;
                return if same { Ok(()) } else { Err(StoreError::Taken { release: format!("{name} {version}") }) };
            }
            insert(transaction, "INSERT OR IGNORE INTO component VALUES (?1, ?2)", params![key, name.as_str()])?;
            let text = to_string(&release).map_err(|error| StoreError::damaged("a new release", error))?;
            insert(transaction, "INSERT INTO release VALUES (?1, ?2, ?3)", params![key, version, text])
        })
        .await
    }

    async fn set_channel(
        &self,
        component: &ComponentKey,
        name: &ChannelName,
        channel: &Channel,
        expected: Option<&Channel>,
    ) -> Result<(), StoreError> {
        let (key, name) = (component.to_string(), name.to_string());
        let (channel, expected) = (channel.clone(), expected.cloned());
        self.write(move |transaction| {
            let what = format!("channel {name} of {key}");
            let sql = "SELECT record FROM channel WHERE component = ?1 AND name = ?2";
            if record::<Channel>(transaction, sql, [&key, &name])? != expected {
                return Err(StoreError::Moved { what });
            }
            let sql = "SELECT record FROM release WHERE component = ?1 AND version = ?2";
            if record::<Release>(transaction, sql, [&key, channel.target.as_str()])?.is_none() {
                return Err(StoreError::Dangling { channel: what, target: channel.target.to_string() });
            }
            let text = to_string(&channel).map_err(|error| StoreError::damaged(what, error))?;
            insert(transaction, "INSERT OR REPLACE INTO channel VALUES (?1, ?2, ?3)", params![key, name, text])?;
            index(transaction, &key)
        })
        .await
    }
}

fn read_component(transaction: &Transaction<'_>, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
    let sql = "SELECT name FROM component WHERE key = ?1";
    let name: Option<String> = transaction
        .prepare_cached(sql)
        .and_then(|mut select| select.query_row([key.as_str()], |row| row.get(0)).optional())
        .map_err(StoreError::catalog)?;
    let Some(name) = name else { return Ok(None) };
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
    Ok(Some(Component::new(name, channels?, releases?)))
}

/// Makes the attribute index say what a component's channels say.
fn index(transaction: &Transaction<'_>, key: &str) -> Result<(), StoreError> {
    let mut wanted = BTreeSet::new();
    for (name, text) in rows(transaction, "SELECT name, record FROM channel WHERE component = ?1", key)? {
        let channel: Channel =
            from_str(&text).map_err(|error| StoreError::damaged(format!("channel {name} of {key}"), error))?;
        wanted.extend(channel.attributes);
    }
    insert(transaction, "DELETE FROM attribute WHERE component = ?1", params![key])?;
    wanted.iter().try_for_each(|attribute| {
        insert(transaction, "INSERT INTO attribute VALUES (?1, ?2)", params![attribute.as_str(), key])
    })
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

fn record<T: serde::de::DeserializeOwned>(
    transaction: &Transaction<'_>,
    sql: &str,
    key: [&str; 2],
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = transaction
        .prepare_cached(sql)
        .and_then(|mut select| select.query_row(key, |row| row.get(0)).optional())
        .map_err(StoreError::catalog)?;
    text.map(|text| from_str(&text).map_err(|error| StoreError::damaged(key.join(" "), error))).transpose()
}

fn insert(transaction: &Transaction<'_>, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<(), StoreError> {
    let done = transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
    done.map(|_| ()).map_err(StoreError::catalog)
}
