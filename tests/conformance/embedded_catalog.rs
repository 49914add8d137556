//! What only the embedded catalog can show: its file is in reach of other programs and of later versions.

use std::fs;
use std::path::Path;

use edgehop_tests::writes::Writes as _;
use embedded::SqliteCatalog;
use store::{Catalog, StoreError};

use crate::sqlite::edit;
use crate::suite::{Embedded, Place as _};
use crate::words::{channel, release, word};

/// Two components, both wanted by gamers.
async fn two_components(catalog: &impl Catalog) {
    for name in ["good", "bad"] {
        catalog.add_release(&word(name), &release("1.0", 5)).await.unwrap();
        catalog.set_channel(&word(name), &word("prod"), &channel("1.0", &["gamer"]), None).await.unwrap();
    }
}

#[tokio::test]
async fn an_unreadable_record_is_damaged_and_says_of_which_component() {
    let update = |table: &str, column: &str, value: &str| {
        format!("PRAGMA foreign_keys=OFF; UPDATE {table} SET {column}='{value}' WHERE component='bad'")
    };
    let record = r#"{"version":"1.0","published":5,"artifact":{"sha256":"00","md5":"00","size":1}}"#;
    for statement in [
        update("release", "record", ""),
        update("release", "record", "not JSON"),
        update("release", "record", "{}"),
        update("release", "record", r#"{"kind":"of another age"}"#),
        update("release", "record", record),
        update("channel", "record", "[]"),
        update("channel", "record", r#"{"target":""}"#),
        update("channel", "record", r#"{"target":"1.0","attributes":["Upper Case"]}"#),
        update("channel", "name", "no channel!"),
        "UPDATE component SET name='attr bad' WHERE key='bad'".to_owned(),
    ] {
        let place = Embedded::new().await;
        let catalog = place.catalog().await;
        two_components(&catalog).await;
        let good = catalog.component(&word("good")).await.unwrap();
        edit(&place.catalog_file(), &statement);

        for handle in [&catalog, &place.catalog().await] {
            let refused = handle.component(&word("bad")).await;
            let Err(error @ StoreError::Damaged { .. }) = refused else { panic!("{statement}: {refused:?}") };
            assert!(error.to_string().contains("bad"), "{statement}: it does not say which: {error}");
            // The other component is as good as before, and both are still found.
            assert_eq!(handle.component(&word("good")).await.unwrap(), good, "{statement}");
            assert_eq!(handle.wanting(&word("gamer")).await.unwrap(), [word("bad"), word("good")], "{statement}");
            handle.add_release(&word("good"), &release("2.0", 6)).await.unwrap();
            let next = channel("2.0", &["gamer"]);
            handle.set_channel(&word("good"), &word("beta"), &next, None).await.unwrap();
            handle.set_channel(&word("good"), &word("beta"), &next, Some(&next)).await.unwrap();
            edit(
                &place.catalog_file(),
                "DELETE FROM channel WHERE name='beta'; DELETE FROM release WHERE version='2.0'; \
                 UPDATE component SET revision=2 WHERE key='good'",
            );
        }
    }
}

/// Nobody who publishes overwrites what cannot be read: it may be all that is left of something.
#[tokio::test]
async fn an_unreadable_record_is_not_written_over() {
    let place = Embedded::new().await;
    let catalog = place.catalog().await;
    two_components(&catalog).await;
    edit(&place.catalog_file(), "UPDATE release SET record='{}'; UPDATE channel SET record='{}'");
    let is_damaged = |result| matches!(result, Err(StoreError::Damaged { .. }));
    assert!(is_damaged(catalog.add_release(&word("bad"), &release("1.0", 5)).await));
    let (old, new) = (channel("1.0", &["gamer"]), channel("1.0", &[]));
    for expected in [None, Some(&old)] {
        assert!(is_damaged(catalog.set_channel(&word("bad"), &word("prod"), &new, expected).await));
        assert!(is_damaged(catalog.set_channel(&word("bad"), &word("beta"), &new, None).await));
    }
}

/// That opening a file fails with a message that tells what is wrong, and leaves the file as it was.
fn check_refused(file: &Path, problem: &str) {
    let before = fs::read(file).unwrap();
    for _ in 0..2 {
        let error = SqliteCatalog::open(file).err().unwrap_or_else(|| panic!("{} was opened", file.display()));
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let said = format!("{error} {}", cause.unwrap_or_default());
        assert!(said.contains(problem), "{said}");
    }
    assert!(fs::read(file).unwrap() == before, "the file was changed");
}

/// A file that a later edgehop wrote, in whatever journal mode that edgehop prefers.
async fn check_later_layout(journal: &str) {
    let place = Embedded::new().await;
    two_components(&place.catalog().await).await;
    edit(&place.catalog_file(), &format!("PRAGMA user_version=3; PRAGMA journal_mode={journal}"));
    check_refused(&place.catalog_file(), "its layout is 3, this edgehop knows 2: use the edgehop that wrote it");
    // With its own number back, it is all there.
    edit(&place.catalog_file(), "PRAGMA user_version=2");
    assert!(place.catalog().await.component(&word("good")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_catalog_of_a_later_layout_is_refused_and_not_changed() {
    check_later_layout("WAL").await;
}

#[tokio::test]
async fn a_catalog_of_a_later_layout_without_wal_is_refused_and_not_changed() {
    check_later_layout("DELETE").await;
}

#[tokio::test]
async fn what_is_no_catalog_is_refused_and_not_changed() {
    let place = Embedded::new().await;
    let file = place.catalog_file();
    fs::write(&file, "This is a text. ".repeat(100)).unwrap();
    check_refused(&file, "file is not a database");
}

/// The file of an edgehop that is running and has not yet moved its writes into the main file.
#[tokio::test]
async fn a_catalog_in_use_is_opened_by_others() {
    let place = Embedded::new().await;
    let first = place.catalog().await;
    two_components(&first).await;
    edit(&place.catalog_file(), "UPDATE component SET name='GOOD' WHERE key='good'");
    assert_eq!(first.component(&word("good")).await.unwrap().unwrap().name, word("GOOD"));
}
