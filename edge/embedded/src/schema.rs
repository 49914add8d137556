use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use store::StoreError;

/// Version of the tables' layout that this code reads and writes, stored in `user_version`.
const SCHEMA: u32 = 2;

/// Timeout of waiting for another connection's write.
const BUSY: Duration = Duration::from_secs(5);

/// Pause between attempts where SQLite does not wait by itself.
const PAUSE: Duration = Duration::from_millis(10);

/// Tables of the catalog. `attribute` is derived from `channel` and written in one transaction with it.
const TABLES: &str = "
    CREATE TABLE component (
        key TEXT PRIMARY KEY, name TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
    CREATE TABLE release (
        component TEXT NOT NULL REFERENCES component (key), version TEXT NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (component, version)) STRICT, WITHOUT ROWID;
    CREATE TABLE channel (
        component TEXT NOT NULL REFERENCES component (key), name TEXT NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (component, name)) STRICT, WITHOUT ROWID;
    CREATE TABLE attribute (
        name TEXT NOT NULL, component TEXT NOT NULL REFERENCES component (key),
        PRIMARY KEY (name, component)) STRICT, WITHOUT ROWID;
";

/// Migration from layout 1, whose components had no revision.
const COUNT_WRITES: &str = "ALTER TABLE component ADD COLUMN revision INTEGER NOT NULL DEFAULT 0";

/// Opens the catalog file and updates its tables. A file of a later version of edgehop is refused.
pub(crate) fn connect(path: &Path) -> Result<Connection, StoreError> {
    prepared(path, Connection::open_with_flags(path, OpenFlags::default()).map_err(StoreError::catalog)?)
}

/// Opens a file that replaced another one like [`connect`], but refuses an empty file.
pub(crate) fn reconnect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::default().difference(OpenFlags::SQLITE_OPEN_CREATE);
    let connection = Connection::open_with_flags(path, flags).map_err(StoreError::catalog)?;
    connection.busy_timeout(BUSY).map_err(StoreError::catalog)?;
    let layout: u32 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(StoreError::catalog)?;
    if layout == 0 {
        let problem = "it is empty: put the catalog back from a backup";
        return Err(StoreError::damaged(path.display(), problem));
    }
    prepared(path, connection)
}

fn prepared(path: &Path, mut connection: Connection) -> Result<Connection, StoreError> {
    prepare(&mut connection).map_err(StoreError::catalog)?.map_or(Ok(connection), |found| {
        let problem = format!("its layout is {found}, this edgehop knows {SCHEMA}: use the edgehop that wrote it");
        Err(StoreError::damaged(path.display(), problem))
    })
}

/// Retries a change of the journal, because SQLite itself does not wait for another connection that changes a new file's
/// journal.
fn waiting(mut change: impl FnMut() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    let started = Instant::now();
    loop {
        match change() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && started.elapsed() < BUSY => {
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

/// Updates the tables; returns the file's layout if it is a later one.
fn prepare(connection: &mut Connection) -> rusqlite::Result<Option<u32>> {
    connection.busy_timeout(BUSY)?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > SCHEMA {
        return Ok(Some(found));
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    // With WAL, readers never wait for a writer; FULL makes a publish that returned survive a power cut.
    waiting(|| connection.pragma_update(None, "journal_mode", "WAL"))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // A connection that only reads takes no write lock.
    if found == SCHEMA {
        return Ok(None);
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > SCHEMA {
        return Ok(Some(found));
    }
    match found {
        0 => transaction.execute_batch(TABLES)?,
        1 => transaction.execute_batch(COUNT_WRITES)?,
        _ => return transaction.commit().map(|()| None),
    }
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    transaction.commit()?;
    Ok(None)
}
