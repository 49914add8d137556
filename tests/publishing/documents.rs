//! A catalog as a text that is kept in git: what was exported is what is imported, whatever it is.

use proptest::prelude::*;
use proptest::test_runner::Config;
use publishing::{Document, plan};
use resolver::catalog::{Component, Edit};
use store::Catalog;

use crate::content::Content;
use crate::draw::catalogs;
use crate::place::{Embedded, Place};
use crate::{now, wait};

/// So many catalogs, and no file about those that failed: a failure prints what it takes to repeat it.
fn cases(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn what_was_exported_changes_nothing(catalog in catalogs()) {
        let place = Place::quick();
        wait(write(&place, &catalog));
        let document = wait(exported(&place.stores));
        let text = document.text().unwrap();
        let read = Document::read(&text).unwrap_or_else(|error| panic!("{}: {text}", crate::told(&error)));
        prop_assert_eq!(&read, &document);
        let planned = wait(plan(&place.stores, &read, None, now())).unwrap();
        prop_assert!(planned.changes.is_empty(), "{planned}");
        prop_assert_eq!(planned.to_string(), "nothing to change");

        prop_assert_eq!(&wait(exported(&place.reopened())).text().unwrap(), &text, "once more, it is the same text");
        let other = Place::quick();
        wait(write(&other, &catalog.into_iter().rev().collect::<Vec<_>>()));
        prop_assert_eq!(&wait(exported(&other.stores)).text().unwrap(), &text, "however it came about");
    }
}

#[test]
fn the_command_line_writes_the_same_text() {
    let place = Place::quick();
    for component in ["videoStreamer", "modemFW"] {
        wait(place.publish(component, "1", Content::new(1, 9_000)));
        wait(place.publish(component, "2", Content::new(2, 9_000)));
    }
    let edgehop = place.edgehop();
    let text = edgehop.done(&["export"]);
    assert_eq!(text.trim_end(), wait(exported(&place.stores)).text().unwrap().trim_end());
    let (all, one) = (place.path().join("all.toml"), place.path().join("one.toml"));
    let (all, one) = (all.to_str().unwrap(), one.to_str().unwrap());
    edgehop.done(&["export", "--output", all]);
    edgehop.done(&["export", "MODEMfw", "--output", one]);
    assert_eq!(std::fs::read_to_string(all).unwrap().trim_end(), text.trim_end());
    assert!(!std::fs::read_to_string(one).unwrap().contains("videoStreamer"));
    for file in [all, one] {
        for verb in [&["import", file][..], &["import", file, "--apply"]] {
            assert_eq!(edgehop.done(verb).trim_end(), "nothing to change");
        }
    }
    assert_eq!(edgehop.done(&["export"]), text);
}

#[test]
fn what_is_no_document_is_refused() {
    let place = Place::quick();
    wait(place.publish("app", "1", Content::new(1, 9_000)));
    let text = place.edgehop().done(&["export"]);
    let release = text[text.find("[[app.release]]").unwrap()..].to_owned();
    let cases = [
        (text.replace("target", "targte"), "is not a catalog in TOML"),
        (text.replace("published", "punished"), "is not a catalog in TOML"),
        (text.replace("[[app.release]]", "[[app.release]]\nbarier = \"x\""), "barier"),
        (text.replace("[[app.release]]", "[[app.release]]\nbarrier = \"\""), "is not a catalog in TOML"),
        (text.replace("app.release", "app.releases"), "app.releases"),
        (format!("{text}\n{release}"), "app 1 is in it twice"),
        (text.replace("size = 9000", "size = -1"), "is not a catalog in TOML"),
        (text.replace("app", "os"), "is not a catalog in TOML"),
        ("\u{0}".to_owned(), "is not a catalog in TOML"),
    ];
    let file = place.path().join("catalog.toml");
    for (wrong, said) in cases {
        assert_ne!(wrong, text, "{said}");
        std::fs::write(&file, &wrong).unwrap();
        for flags in [&[][..], &["--apply"]] {
            let ended = place.edgehop().run(&[&["import", file.to_str().unwrap()], flags].concat());
            assert_eq!(ended.code, Some(crate::edgehop::FAILED), "{wrong}");
            assert!(ended.err.contains(said), "{said}: {}", ended.err);
        }
    }
    assert_eq!(place.edgehop().done(&["export"]), text);
}

#[test]
fn two_spellings_of_a_component_are_refused() {
    let place = Place::quick();
    wait(place.publish("app", "1", Content::new(1, 9_000)));
    let text = place.edgehop().done(&["export"]);
    let twice = format!(
        "{}\n{}",
        text.replace("target = \"1\"", "target = \"1\"\nallow_downgrade = true"),
        text.replace("[app", "[App").replace("[[app", "[[App")
    );
    Document::read(&twice).unwrap_err();
}

async fn exported(stores: &Embedded) -> Document {
    let mut document = Document::default();
    for key in stores.catalog.components().await.unwrap() {
        document.add(&stores.catalog.component(&key).await.unwrap().unwrap());
    }
    document
}

/// Writes components as they are, proven or not.
async fn write(place: &Place, components: &[Component]) {
    for component in components {
        let releases = component.releases().iter().map(|release| (**release).clone()).collect();
        let channels = component.channels.iter().map(|(name, channel)| (name.clone(), Some(channel.clone())));
        let edit = Edit { releases, channels: channels.collect(), ..Edit::default() };
        place.stores.catalog.commit(&component.name, Default::default(), &edit).await.unwrap();
    }
}
