//! A record that changes between an operator's decision and the write: the write is refused, with exit code 4.

use std::fs::File;
use std::io::Write as _;
use std::process::Command;

use publishing::{Document, apply, plan};
use resolver::catalog::{Component, Release};
use store::StoreError;

use crate::content::Content;
use crate::edgehop::MOVED;
use crate::held::Held;
use crate::place::{Place, on, published};
use crate::sqlite::edit;
use crate::{now, wait};

const CONTENT: Content = Content { seed: 2, size: 30_000 };

/// Somebody else changes the last component as soon as the first one is written. A process of its own that waits for its
/// turn between two writes of an import gets it in time or not, as the disk pleases; SQLite itself is always in time.
const MEANWHILE: &str = "CREATE TRIGGER meanwhile AFTER INSERT ON release WHEN NEW.component = 'part0'
    BEGIN UPDATE component SET revision = revision + 1 WHERE key = 'the_last'; END";

/// The artifact comes through a pipe: whoever reads it has read the record before.
#[test]
fn a_publish_that_was_beaten() {
    let place = Place::new();
    wait(place.publish("app", "1", Content::new(1, 9_000)));
    let pipe = place.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let running = place.edgehop().start(&["publish", "app", "2", pipe.to_str().unwrap(), "--channel", "prod"]);
    let mut artifact = File::options().write(true).open(&pipe).unwrap();
    wait(note(&place, "app", "meanwhile"));
    let text = place.edgehop().done(&["export"]);
    artifact.write_all(&CONTENT.bytes()).unwrap();
    drop(artifact);
    let ended = running.ended();
    assert_eq!(ended.code, Some(MOVED), "{ended:?}");
    assert!(ended.err.contains("cannot publish"), "{ended:?}");
    assert!(ended.err.contains("component app has changed since it was read"), "{ended:?}");
    assert_eq!(place.edgehop().done(&["export"]), text);
    let again = ["publish", "app", "2", place.file(CONTENT).to_str().unwrap(), "--channel", "prod"].map(str::to_owned);
    place.edgehop().done(&again.each_ref().map(String::as_str));
    wait(place.assert_whole("tried again"));
}

/// Many components change before the one that somebody else is changing.
#[test]
fn an_import_that_was_beaten() {
    let place = Place::new();
    let artifact = wait(place.publish("the_last", "1", Content::new(1, 9_000))).release.artifact;
    let mut document = Document::default();
    for name in (0..50).map(|at| format!("part{at}")).chain(["the_last".to_owned()]) {
        let release = Release::new("2".parse().unwrap(), artifact.clone(), now());
        document.add(&Component::new(word(&name), Default::default(), Default::default(), vec![release.into()]));
    }
    let file = place.path().join("catalog.toml");
    std::fs::write(&file, document.text().unwrap()).unwrap();
    let before = wait(place.component("the_last"));
    edit(&place.data().join("catalog.sqlite"), MEANWHILE);

    let ended = place.edgehop().run(&["import", file.to_str().unwrap(), "--apply"]);
    assert_eq!(ended.code, Some(MOVED), "{ended:?}");
    assert!(ended.err.contains("is not imported to its end"), "{ended:?}");
    assert!(ended.err.contains("component the_last has changed since it was read"), "{ended:?}");
    let after = wait(place.component("the_last"));
    assert_eq!((after.revision.0, after.releases()), (before.revision.0 + 1, before.releases()));
    let left = place.edgehop().json(&["import", file.to_str().unwrap()]);
    assert_eq!(left["changes"].as_array().unwrap().len(), 1, "all the others were imported");
    place.edgehop().done(&["import", file.to_str().unwrap(), "--apply"]);
    assert_eq!(wait(place.component("the_last")).releases().len(), 2);
}

/// Reading is no writing: SQLite's readers and writers do not wait for each other.
#[test]
fn a_reader_does_not_wait_for_a_writer() {
    let place = Place::new();
    wait(place.publish("app", "1", Content::new(1, 9_000)));
    let held = Held::new(&place.data());
    for verb in [&["releases"][..], &["check"], &["explain", "app=prod"], &["export"]] {
        place.edgehop().done(verb);
    }
    drop(held);
}

/// A plan is carried out as it was made, or not at all.
#[tokio::test]
async fn a_plan_that_is_too_old() {
    let place = Place::quick();
    for name in ["app", "other"] {
        place.publish(name, "1", Content::new(1, 9_000)).await;
    }
    let mut document = Document::default();
    for name in ["app", "other"] {
        document.add(&place.component(name).await);
    }
    for part in document.components.values_mut() {
        part.releases[0].notes = Some("from git".parse().unwrap());
    }
    let planned = plan(&place.stores, &document, None, now()).await.unwrap();
    note(&place, "other", "from the command line").await;
    let before = place.component("other").await;
    let error = apply(&place.stores, planned).await.unwrap_err();
    assert!(matches!(&error, StoreError::Moved { what } if what.contains("other")), "{error}");
    assert_eq!(place.component("other").await, before);
    let notes = |component: &Component| component.releases()[0].notes.clone().unwrap();
    assert_eq!(notes(&place.component("app").await).as_str(), "from git", "each component by itself");

    let planned = plan(&place.stores, &document, None, now()).await.unwrap();
    let lines: Vec<_> = planned.changes.iter().flat_map(|change| change.lines.clone()).collect();
    assert_eq!(lines, ["~ release 1: notes: from the command line → from git"]);
    apply(&place.stores, planned).await.unwrap();
    assert_eq!(notes(&place.component("other").await).as_str(), "from git");
}

#[tokio::test]
async fn a_plan_for_a_component_that_came_into_being_meanwhile() {
    let place = Place::quick();
    let artifact = place.publish("shelf", "1", Content::new(1, 9_000)).await.release.artifact;
    let mut document = Document::default();
    let name = "app".parse().unwrap();
    let release = Release::new("1".parse().unwrap(), artifact, now());
    document.add(&Component::new(name, Default::default(), Default::default(), vec![release.into()]));
    let planned = plan(&place.stores, &document, None, now()).await.unwrap();
    published(&place.stores, on(place.publication("app", "2", CONTENT), "prod")).await.unwrap();
    let error = apply(&place.stores, planned).await.unwrap_err();
    assert!(matches!(error, StoreError::Moved { .. }), "{error}");
    assert_eq!(place.component("app").await.releases().len(), 1);
}

/// Somebody else changes a component.
async fn note(place: &Place, component: &str, notes: &str) {
    let mut terms = place.publication(component, "1", Content::new(1, 9_000));
    terms.terms.notes = Some(notes.parse().unwrap());
    published(&place.stores, terms).await.unwrap();
}

fn word<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}
