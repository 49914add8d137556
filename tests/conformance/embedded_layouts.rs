//! Catalog files of earlier layouts are brought up to date when they are opened, with all that is in them.

use std::path::Path;

use edgehop_tests::tools;
use embedded::SqliteCatalog;
use resolver::catalog::Revision;
use store::Catalog as _;

use crate::sqlite::edit;
use crate::suite::{Embedded, Place as _};
use crate::words::{channel, release, word};

/// Layout 1, and two components in it, as the edgehop that knew no other wrote them.
fn write_first_layout(file: &Path) {
    let record = |version: &str, published| {
        let mut record = serde_json::to_value(release(version, published)).unwrap();
        // Nothing that is newer than the layout.
        record.as_object_mut().unwrap().retain(|name, _| ["version", "artifact", "published"].contains(&name.as_str()));
        record.to_string()
    };
    let (old, new, alpha) = (record("0.0.9", 7), record("0.0.10", 5), record("2.0-RC", 6));
    let statements = format!(
        r#"
        PRAGMA journal_mode=WAL;
        CREATE TABLE component (key TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE release (
            component TEXT NOT NULL REFERENCES component (key), version TEXT NOT NULL, record TEXT NOT NULL,
            PRIMARY KEY (component, version)) STRICT, WITHOUT ROWID;
        CREATE TABLE channel (
            component TEXT NOT NULL REFERENCES component (key), name TEXT NOT NULL, record TEXT NOT NULL,
            PRIMARY KEY (component, name)) STRICT, WITHOUT ROWID;
        CREATE TABLE attribute (
            name TEXT NOT NULL, component TEXT NOT NULL REFERENCES component (key),
            PRIMARY KEY (name, component)) STRICT, WITHOUT ROWID;
        PRAGMA user_version=1;
        INSERT INTO component VALUES ('videostreamer', 'videoStreamer'), ('alpha', 'Alpha');
        INSERT INTO release VALUES
            ('videostreamer', '0.0.9', '{old}'), ('videostreamer', '0.0.10', '{new}'), ('alpha', '2.0-RC', '{alpha}');
        INSERT INTO channel VALUES
            ('videostreamer', 'prod', '{{"target":"0.0.9","attributes":["camera","gamer"]}}'),
            ('videostreamer', 'beta', '{{"target":"0.0.10","attributes":[]}}'),
            ('alpha', 'prod', '{{"target":"2.0-RC","attributes":["gamer"]}}');
        INSERT INTO attribute VALUES ('camera', 'videostreamer'), ('gamer', 'videostreamer'), ('gamer', 'alpha');
        "#
    );
    edit(file, &statements);
    assert_eq!(ask(file, "PRAGMA user_version"), "1");
}

/// The one value that a query finds, as text.
fn ask(file: &Path, query: &str) -> String {
    let program = "import sqlite3, sys\n\
                   catalog = sqlite3.connect(sys.argv[1], timeout=10)\n\
                   print(catalog.execute(sys.argv[2]).fetchone()[0], end='')";
    let done = tools::command("python3").args(["-c", program]).arg(file).arg(query).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// That everything of the first layout is there.
async fn check_kept(catalog: &SqliteCatalog) {
    let found = catalog.component(&word("videostreamer")).await.unwrap().unwrap();
    assert_eq!((&found.name, found.revision), (&word("videoStreamer"), Revision::default()));
    let releases: Vec<_> = found.releases().iter().map(|release| release.as_ref().clone()).collect();
    assert_eq!(releases, [release("0.0.9", 7), release("0.0.10", 5)]);
    let channels = [(word("prod"), channel("0.0.9", &["camera", "gamer"])), (word("beta"), channel("0.0.10", &[]))];
    assert_eq!(found.channels, channels.into());
    let alpha = catalog.component(&word("alpha")).await.unwrap().unwrap();
    assert_eq!((&alpha.name, alpha.channels.len()), (&word("Alpha"), 1));
    assert_eq!(alpha.releases()[0].version, word("2.0-RC"));
    assert_eq!(catalog.components().await.unwrap(), [word("alpha"), word("videostreamer")]);
    assert_eq!(catalog.wanting(&word("gamer")).await.unwrap(), [word("alpha"), word("videostreamer")]);
    assert_eq!(catalog.wanting(&word("camera")).await.unwrap(), [word("videostreamer")]);
}

#[tokio::test]
async fn a_catalog_of_the_first_layout_keeps_its_records_and_takes_writes() {
    let place = Embedded::new().await;
    write_first_layout(&place.catalog_file());
    let catalog = place.catalog().await;
    check_kept(&catalog).await;
    // Opened once more, nothing is left to do.
    check_kept(&place.catalog().await).await;

    let before = catalog.component(&word("videostreamer")).await.unwrap().unwrap();
    let next = crate::words::edit(&[release("0.1", 9)], &[("prod", Some(channel("0.1", &["cellular"])))]);
    let revision = catalog.commit(&word("VIDEOSTREAMER"), before.revision, &next).await.unwrap();
    assert!(revision > before.revision);
    let stale = catalog.commit(&before.name, before.revision, &next).await;
    assert!(matches!(stale, Err(store::StoreError::Moved { .. })), "{stale:?}");
    let after = place.catalog().await.component(&word("videostreamer")).await.unwrap().unwrap();
    assert_eq!((&after.name, after.revision), (&before.name, revision));
    assert_eq!(after.releases().len(), 3);
    assert_eq!(catalog.wanting(&word("gamer")).await.unwrap(), [word("alpha")]);
    assert_eq!(catalog.wanting(&word("cellular")).await.unwrap(), [word("videostreamer")]);
}

/// A server and a command line may start at one moment.
#[test]
fn many_who_open_a_catalog_of_the_first_layout_at_once_find_it_whole() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for _ in 0..5 {
        let place = runtime.block_on(Embedded::new());
        let file = place.catalog_file();
        write_first_layout(&file);
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    let catalog = SqliteCatalog::open(&file).unwrap();
                    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(check_kept(&catalog));
                });
            }
        });
    }
}

/// An edgehop that knows layout 1 refuses what says more, as this one does (`embedded_catalog`).
#[tokio::test]
async fn a_catalog_says_the_layout_it_has() {
    let (fresh, old) = (Embedded::new().await, Embedded::new().await);
    write_first_layout(&old.catalog_file());
    for place in [&fresh, &old] {
        drop(place.catalog().await);
        assert_eq!(ask(&place.catalog_file(), "PRAGMA user_version"), "2");
    }
    // Both ways lead to the same tables.
    let columns = "SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" || ' ' || coalesce(dflt_value, ''))
                   FROM pragma_table_info('component')";
    assert_eq!(ask(&fresh.catalog_file(), columns), ask(&old.catalog_file(), columns));
}
