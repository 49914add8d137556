//! What every catalog does for one operator after another.

use std::collections::BTreeMap;
use std::sync::Arc;

use edgehop_tests::writes::Writes as _;
use resolver::catalog::{Artifact, Component, Release, Revision};
use resolver::words::{ComponentKey, ComponentName};
use store::{Catalog, StoreError};

use crate::suite::Place;
use crate::words::{channel, release, word};

macro_rules! suite {
    ($place:ty) => {
        $crate::suite::tests! { catalog, $place:
            nothing_is_there_at_first
            what_was_written_is_read_back
            names_as_long_as_they_may_be_are_kept
            releases_come_in_the_order_of_their_versions
            the_first_release_fixes_the_spelling_of_the_name
            versions_that_differ_in_case_are_two_releases
            adding_a_release_again_changes_nothing
            other_bytes_under_a_version_are_refused
            a_channel_is_set_only_if_it_is_as_expected
            a_channel_never_points_at_nothing
            an_attribute_lists_the_components_that_want_it
        }
    };
}
pub(crate) use suite;

/// The component as it must be read after so many writes.
fn component(name: &str, writes: u64, channels: &[(&str, &str, &[&str])], releases: &[Release]) -> Component {
    let channels: BTreeMap<_, _> =
        channels.iter().map(|(name, target, attributes)| (word(name), channel(target, attributes))).collect();
    Component::new(word(name), Revision(writes), channels, releases.iter().cloned().map(Arc::new).collect())
}

async fn read(catalog: &impl Catalog, key: &str) -> Option<Component> {
    catalog.component(&word(key)).await.unwrap()
}

async fn wanting(catalog: &impl Catalog, attribute: &str) -> Vec<String> {
    let keys = catalog.wanting(&word(attribute)).await.unwrap();
    keys.iter().map(ComponentKey::to_string).collect()
}

fn is_moved(result: Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Moved { .. }))
}

pub(crate) async fn nothing_is_there_at_first(place: &impl Place) {
    let catalog = place.catalog().await;
    assert_eq!(read(&catalog, "os_armv8").await, None);
    assert!(wanting(&catalog, "gamer").await.is_empty());
    assert!(catalog.components().await.unwrap().is_empty());
}

pub(crate) async fn what_was_written_is_read_back(place: &impl Place) {
    let catalog = place.catalog().await;
    let full = release("6.15.008", 1_700_000_000);
    // An adopted release says less, and an artifact may be as large or as small as can be.
    let adopted = Artifact { crc32: None, fragment: None, size: 0o77_777_777_777, ..release("v5.6.30", 0).artifact };
    let adopted = Release { artifact: adopted, ..release("v5.6.30", 1_700_000_001) };
    let least = Artifact { crc32: Some(u32::MAX), size: 1, fragment: None, ..release("1", 0).artifact };
    let least = Release { artifact: least, ..release("2.1.0-rc2+b:1~x_y", 1_700_000_002) };
    let releases = [full, adopted, least];
    for release in &releases {
        catalog.add_release(&word("videoStreamer"), release).await.unwrap();
    }
    assert_eq!(read(&catalog, "videostreamer").await, Some(component("videoStreamer", 3, &[], &releases)));
    assert!(wanting(&catalog, "camera").await.is_empty(), "no channel wants it yet");

    let channels: [(&str, &str, &[&str]); 3] =
        [("beta", "v5.6.30", &[]), ("prod", "6.15.008", &["camera", "gamer"]), ("x.y_z-1", "v5.6.30", &["camera"])];
    for (name, target, attributes) in channels {
        let target = channel(target, attributes);
        catalog.set_channel(&word("videostreamer"), &word(name), &target, None).await.unwrap();
    }
    assert_eq!(read(&catalog, "videostreamer").await, Some(component("videoStreamer", 6, &channels, &releases)));
    assert_eq!(catalog.components().await.unwrap(), [word("videostreamer")]);
}

pub(crate) async fn names_as_long_as_they_may_be_are_kept(place: &impl Place) {
    let catalog = place.catalog().await;
    let (name, version, line) = ("N".repeat(48), "9".repeat(48), "c".repeat(64));
    let attributes: Vec<String> = (0..40).map(|n| format!("{n:02}{}", "a".repeat(62))).collect();
    let attributes: Vec<&str> = attributes.iter().map(String::as_str).collect();
    let (key, only) = (name.to_lowercase(), release(&version, u64::from(u32::MAX) + 1));
    catalog.add_release(&word(&name), &only).await.unwrap();
    catalog.set_channel(&word(&key), &word(&line), &channel(&version, &attributes), None).await.unwrap();
    let expected = component(&name, 2, &[(&line, &version, &attributes)], &[only]);
    assert_eq!(read(&catalog, &key).await, Some(expected));
    for attribute in attributes {
        assert_eq!(wanting(&catalog, attribute).await, [&*key]);
    }
}

pub(crate) async fn releases_come_in_the_order_of_their_versions(place: &impl Place) {
    let catalog = place.catalog().await;
    // Neither the order of publication, nor that of writing, nor that of text.
    for (version, published) in [("10", 10), ("v2.1", 30), ("2.0", 20), ("9", 20), ("2.00", 9), ("2.0-rc2", 40)] {
        catalog.add_release(&word("app"), &release(version, published)).await.unwrap();
    }
    let found = read(&catalog, "app").await.unwrap();
    let versions: Vec<_> = found.releases().iter().map(|release| release.version.as_str()).collect();
    assert_eq!(versions, ["2.0-rc2", "2.0", "2.00", "v2.1", "9", "10"], "two spellings of one version as text");
}

pub(crate) async fn the_first_release_fixes_the_spelling_of_the_name(place: &impl Place) {
    let catalog = place.catalog().await;
    for (name, version) in [("modemFW", "1.0"), ("MODEMfw", "1.1"), ("modemfw", "1.0")] {
        catalog.add_release(&word(name), &release(version, 5)).await.unwrap();
    }
    let expected = component("modemFW", 2, &[], &[release("1.0", 5), release("1.1", 5)]);
    assert_eq!(read(&catalog, "modemfw").await, Some(expected));
    assert_eq!(catalog.components().await.unwrap(), [word("modemfw")]);
}

pub(crate) async fn versions_that_differ_in_case_are_two_releases(place: &impl Place) {
    let catalog = place.catalog().await;
    for version in ["1.0-RC", "1.0-rc"] {
        catalog.add_release(&word("app"), &release(version, 5)).await.unwrap();
    }
    let found = read(&catalog, "app").await.unwrap();
    assert_eq!(found.release(&word("1.0-rc")).map(|found| &**found), Some(&release("1.0-rc", 5)));
    assert_eq!(found.releases().len(), 2);
}

pub(crate) async fn adding_a_release_again_changes_nothing(place: &impl Place) {
    let catalog = place.catalog().await;
    let name: ComponentName = word("app");
    catalog.add_release(&name, &release("1.0", 100)).await.unwrap();
    catalog.add_release(&name, &release("1.1", 200)).await.unwrap();
    catalog.set_channel(&name.key(), &word("prod"), &channel("1.0", &["gamer"]), None).await.unwrap();
    let before = read(&catalog, "app").await;
    // Earlier, at the same moment, later: a publish that was killed is tried again.
    for published in [50, 100, 300] {
        catalog.add_release(&name, &release("1.0", published)).await.unwrap();
        assert_eq!(read(&catalog, "app").await, before);
    }
    assert_eq!(wanting(&catalog, "gamer").await, ["app"]);
}

pub(crate) async fn other_bytes_under_a_version_are_refused(place: &impl Place) {
    let catalog = place.catalog().await;
    let name: ComponentName = word("app");
    catalog.add_release(&name, &release("1.0", 100)).await.unwrap();
    catalog.set_channel(&name.key(), &word("prod"), &channel("1.0", &[]), None).await.unwrap();
    let before = read(&catalog, "app").await;
    let other = Release { version: word("1.0"), ..release("1.1", 100) };
    for name in ["app", "APP"] {
        let refused = catalog.add_release(&word(name), &other).await.unwrap_err();
        assert!(matches!(refused, StoreError::Taken { .. }), "{refused:?}");
        assert!(refused.to_string().contains("1.0"), "it does not say which: {refused}");
        assert_eq!(read(&catalog, "app").await, before);
    }
}

pub(crate) async fn a_channel_is_set_only_if_it_is_as_expected(place: &impl Place) {
    let catalog = place.catalog().await;
    let (key, prod): (ComponentKey, _) = (word("app"), word("prod"));
    for version in ["1", "2", "3"] {
        catalog.add_release(&word("app"), &release(version, 5)).await.unwrap();
    }
    let [one, two, three] = ["1", "2", "3"].map(|version| channel(version, &["gamer"]));
    let other_attributes = channel("1", &["gamer", "camera"]);

    assert!(is_moved(catalog.set_channel(&key, &prod, &one, Some(&one)).await), "it is not there yet");
    assert!(read(&catalog, "app").await.unwrap().channels.is_empty());
    catalog.set_channel(&key, &prod, &one, None).await.unwrap();
    for stale in [None, Some(&two), Some(&three), Some(&other_attributes)] {
        assert!(is_moved(catalog.set_channel(&key, &prod, &three, stale).await), "{stale:?}");
        assert_eq!(read(&catalog, "app").await.unwrap().channels[&prod], one);
    }
    catalog.set_channel(&key, &prod, &two, Some(&one)).await.unwrap();
    assert!(is_moved(catalog.set_channel(&key, &prod, &three, Some(&one)).await), "it has moved on");
    // Said again, it is as it was.
    catalog.set_channel(&key, &prod, &two, Some(&two)).await.unwrap();
    // Another channel is another matter.
    catalog.set_channel(&key, &word("beta"), &three, None).await.unwrap();
    let channels = read(&catalog, "app").await.unwrap().channels;
    assert_eq!(channels, [(word("beta"), three), (prod, two)].into());
}

pub(crate) async fn a_channel_never_points_at_nothing(place: &impl Place) {
    let catalog = place.catalog().await;
    let (key, prod) = (word("app"), word("prod"));
    let is_dangling = |result| matches!(result, Err(StoreError::Dangling { .. }));
    assert!(is_dangling(catalog.set_channel(&key, &prod, &channel("1", &["gamer"]), None).await));
    assert_eq!(read(&catalog, "app").await, None, "a channel makes no component");
    assert!(catalog.components().await.unwrap().is_empty());

    catalog.add_release(&word("app"), &release("1.0", 5)).await.unwrap();
    // The release of another component does not count, nor does another spelling.
    catalog.add_release(&word("other"), &release("2.0", 5)).await.unwrap();
    catalog.add_release(&word("app"), &release("3.0-RC", 5)).await.unwrap();
    let good = channel("1.0", &[]);
    catalog.set_channel(&key, &prod, &good, None).await.unwrap();
    let before = read(&catalog, "app").await;
    for missing in ["1", "1.00", "2.0", "3.0-rc"] {
        let missing = channel(missing, &["gamer"]);
        assert!(is_dangling(catalog.set_channel(&key, &prod, &missing, Some(&good)).await), "{missing:?}");
        assert!(is_dangling(catalog.set_channel(&key, &word("beta"), &missing, None).await), "{missing:?}");
    }
    assert_eq!(read(&catalog, "app").await, before);
    assert!(wanting(&catalog, "gamer").await.is_empty());
}

pub(crate) async fn an_attribute_lists_the_components_that_want_it(place: &impl Place) {
    let catalog = place.catalog().await;
    // Written in no order; keys come sorted.
    for name in ["zoo", "videoStreamer", "Alpha"] {
        catalog.add_release(&word(name), &release("1", 5)).await.unwrap();
        let key = name.to_lowercase();
        for line in ["prod", "beta"] {
            catalog.set_channel(&word(&key), &word(line), &channel("1", &["gamer"]), None).await.unwrap();
        }
    }
    assert_eq!(wanting(&catalog, "gamer").await, ["alpha", "videostreamer", "zoo"]);
    assert!(wanting(&catalog, "game").await.is_empty() && wanting(&catalog, "gamerx").await.is_empty());

    let (key, both) = (word("zoo"), channel("1", &["gamer"]));
    let camera = channel("1", &["camera"]);
    catalog.set_channel(&key, &word("prod"), &camera, Some(&both)).await.unwrap();
    assert_eq!(wanting(&catalog, "gamer").await, ["alpha", "videostreamer", "zoo"], "beta wants it still");
    assert_eq!(wanting(&catalog, "camera").await, ["zoo"]);
    catalog.set_channel(&key, &word("beta"), &channel("1", &[]), Some(&both)).await.unwrap();
    assert_eq!(wanting(&catalog, "gamer").await, ["alpha", "videostreamer"]);
    // What was refused is not listed.
    assert!(is_moved(catalog.set_channel(&key, &word("prod"), &both, Some(&both)).await));
    assert_eq!(wanting(&catalog, "gamer").await, ["alpha", "videostreamer"]);
    catalog.set_channel(&key, &word("prod"), &channel("1", &[]), Some(&camera)).await.unwrap();
    assert!(wanting(&catalog, "camera").await.is_empty());
}
