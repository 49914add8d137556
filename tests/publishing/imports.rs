//! What an import shows, does and refuses.

use publishing::{Document, Part};
use resolver::catalog::{Channel, Release, Withdrawal};
use resolver::words::Timestamp;
use store::Artifacts as _;

use crate::content::Content;
use crate::edgehop::{DONE, Ended, FAILED, REFUSED};
use crate::objects::{age, stored};
use crate::place::{Place, on, published};
use crate::{garbage, now, wait};

const SIZE: usize = 40_000;

/// A key of minisign's own documentation.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

type Change = (fn(&mut Part), &'static [&'static str]);

/// What is changed, and the lines of the plan, or what they have in them.
const CHANGES: [Change; 15] = [
    (|part| part.releases[2].notes = word("see\nthe ticket"), &["~ release 3: notes: nothing → \"see\\nthe ticket\""]),
    (|part| part.releases[2].barrier = word("moves TURN"), &["~ release 3: barrier: nothing → moves TURN"]),
    (|part| part.releases[2].dead_end = word("no way on"), &["~ release 3: dead_end: nothing → no way on"]),
    (|part| part.releases[2].floor = word("2"), &["~ release 3: floor: nothing → 2"]),
    (|part| part.releases[2].from = word(">=1"), &["~ release 3: from: nothing → >=1"]),
    (|part| part.releases[2].requires = set("hw.rev>=3"), &["~ release 3: requires: nothing → [\"hw.rev>=3\"]"]),
    (|part| part.releases[2].trusts = set(KEY), &["~ release 3: trusts: nothing → [\"RWQf6LRCGA9i53ml"]),
    (|part| part.releases[2].forced = word("I say so"), &["~ release 3: forced: nothing → I say so"]),
    (
        |part| part.releases[2].withdrawn = withdrawn(),
        &["~ release 3: withdrawn: nothing → {\"at\":\"1970-01-01T00:00:09Z\""],
    ),
    (
        |part| {
            part.releases[0].notes = word("old");
            part.releases[2].notes = word("new");
            part.releases[2].barrier = word("b");
        },
        &["~ release 1: notes: nothing → old", "~ release 3: barrier: nothing → b, notes: nothing → new"],
    ),
    (
        |part| {
            prod(part).target = "1".parse().unwrap();
            prod(part).allow_downgrade = true;
        },
        &["~ channel prod: allow_downgrade: nothing → true, target: 2 → 1"],
    ),
    (|part| prod(part).attributes = set("gamer"), &["~ channel prod: attributes: [] → [\"gamer\"]"]),
    (
        |part| {
            prod(part).allow_downgrade = true;
            prod(part).forced = word("x");
        },
        &["~ channel prod: allow_downgrade: nothing → true, forced: nothing → x"],
    ),
    (
        |part| {
            part.channels.insert("early".parse().unwrap(), Channel::new("3".parse().unwrap()));
        },
        &["+ channel early: points at 3"],
    ),
    (|part| part.channels.clear(), &["- channel beta", "- channel prod"]),
];

#[test]
fn every_field_that_changes_is_shown_and_changed() {
    for (change, said) in CHANGES {
        let place = Place::quick();
        wait(three(&place, "app"));
        let edgehop = place.edgehop();
        let mut changed = wait(document(&place, "app"));
        change(part(&mut changed, "app"));
        let [shown, done] = [&["--json"][..], &["--json", "--apply"]].map(|flags| {
            let ended = import(&place, &changed, flags);
            assert_eq!(ended.code, Some(DONE), "{said:?}: {ended:?}");
            serde_json::from_str::<serde_json::Value>(&ended.out).unwrap()
        });
        let lines = shown["changes"][0]["lines"].as_array().unwrap();
        assert_eq!(lines.len(), said.len(), "{lines:?}");
        assert!(lines.iter().zip(said).all(|(line, said)| line.as_str().unwrap().contains(said)), "{lines:?}");
        assert_eq!((&shown["changes"], &shown["applied"]), (&done["changes"], &false.into()));
        assert_eq!(done["applied"], true);
        assert_eq!(edgehop.done(&["export"]).trim_end(), changed.text().unwrap().trim_end(), "{said:?}");
        assert_eq!(import(&place, &changed, &["--apply"]).out.trim_end(), "nothing to change", "{said:?}");
    }
}

#[test]
fn what_the_document_does_not_name_stays() {
    let place = Place::quick();
    wait(three(&place, "app"));
    wait(three(&place, "other"));
    let other = wait(place.component("other"));
    let mut document = wait(document(&place, "app"));
    part(&mut document, "app").releases.remove(0);
    part(&mut document, "app").releases[1].notes = word("changed");
    let done = import(&place, &document, &["--apply"]);
    assert_eq!(done.out, "app\n  ~ release 3: notes: nothing → changed\ndone\n");
    assert_eq!(wait(place.component("app")).releases().len(), 3, "releases are never deleted");
    assert_eq!(wait(place.component("other")), other);
}

#[test]
fn a_component_that_only_the_document_has() {
    let place = Place::quick();
    wait(three(&place, "app"));
    let mut new = wait(document(&place, "app"));
    let part = new.components.remove(&"app".parse().unwrap()).unwrap();
    new.components.insert("videoStreamer".parse().unwrap(), part);
    let done = import(&place, &new, &["--apply"]);
    let said =
        ["videoStreamer\n", "+ release 1: 40000 bytes", "+ release 3: 40000 bytes", "+ channel prod: points at 2"];
    assert!(said.iter().all(|line| done.out.contains(line)), "{done:?}");
    assert_eq!(place.edgehop().json(&["explain", "videostreamer=prod"])["components"][0]["delivers"], "2");
    wait(place.assert_whole("the bytes were there, under another component"));
}

#[test]
fn a_release_without_its_bytes_is_refused() {
    let place = Place::quick();
    wait(three(&place, "app"));
    let known = wait(place.component("app")).releases()[1].artifact.clone();
    let before = place.edgehop().done(&["export"]);
    let mut gone = known.clone();
    gone.sha256.0[0] ^= 1;
    let (mut longer, mut odd, mut fragment) = (known.clone(), known.clone(), known.clone());
    longer.size += 1;
    odd.md5.0[0] ^= 1;
    fragment.fragment.as_mut().unwrap().size += 1;
    let mut missing = known.clone();
    missing.fragment.as_mut().unwrap().sha256.0[0] ^= 1;
    for (artifact, said) in [
        (&gone, "the bytes of app 4 are not as its record says"),
        (&missing, "the bytes of app 4 are not as its record says"),
        (&longer, "its length is not what the record says"),
        (&odd, "its MD5 is not what the record says"),
        (&fragment, "the bytes of app 4 are not as its record says"),
    ] {
        let mut document = wait(document(&place, "app"));
        let release = Release::new("4".parse().unwrap(), artifact.clone(), now());
        part(&mut document, "app").releases.push(release);
        refused(&place, &document, FAILED, &[said]);
    }
    let mut other = wait(document(&place, "app"));
    part(&mut other, "app").releases[2].artifact = known;
    refused(&place, &other, FAILED, &["app 3 is published already with other bytes"]);
    let mut dangling = wait(document(&place, "app"));
    prod(part(&mut dangling, "app")).target = "9".parse().unwrap();
    refused(&place, &dangling, REFUSED, &["prod points at 9, which is not published"]);
    assert_eq!(place.edgehop().done(&["export"]), before);
}

/// 2 becomes a barrier that 1 cannot be updated to.
#[test]
fn what_would_strand_devices_is_refused() {
    let place = Place::quick();
    wait(three(&place, "app"));
    wait(three(&place, "other"));
    let before = place.edgehop().done(&["export"]);
    let mut stranding = wait(document(&place, "other"));
    stranding.components.extend(wait(document(&place, "app")).components);
    part(&mut stranding, "app").releases[0].notes = word("this one is fine");
    let other = part(&mut stranding, "other");
    other.releases[1].barrier = word("moves the partitions");
    other.releases[1].from = word(">=1.5");
    prod(other).target = "3".parse().unwrap();
    refused(&place, &stranding, REFUSED, &["refused, other stays as it is", "1 is stranded on prod", "--force"]);
    assert_eq!(place.edgehop().done(&["export"]), before, "no component of a document that is refused is changed");

    let forced = import(&place, &stranding, &["--apply", "--force", "they are all in the lab"]);
    assert_eq!(forced.code, Some(DONE), "{forced:?}");
    assert!(forced.out.contains("forced: 1 is stranded on prod"), "{forced:?}");
    let other = wait(place.component("other"));
    let reason = Some("they are all in the lab".parse().unwrap());
    assert_eq!((&other.releases()[1].forced, &other.channels[&"prod".parse().unwrap()].forced), (&reason, &reason));
    assert_eq!(wait(place.component("app")).releases()[0].forced, None, "only where it was needed");
}

/// A channel goes: its devices are answered as before it was there.
#[test]
fn a_channel_that_is_not_in_the_document_goes() {
    let place = Place::quick();
    wait(three(&place, "app"));
    let mut document = wait(document(&place, "app"));
    part(&mut document, "app").channels.remove(&"beta".parse().unwrap());
    let explained = || place.edgehop().json(&["explain", "app=beta"])["status"].clone();
    assert_eq!(explained(), 200);
    assert_eq!(import(&place, &document, &["--apply"]).out, "app\n  - channel beta\ndone\n");
    assert_eq!(explained(), 404);
}

#[test]
fn a_record_that_is_not_true_of_its_bytes_is_refused() {
    let place = Place::quick();
    wait(three(&place, "app"));
    let mut checksum = wait(document(&place, "app"));
    part(&mut checksum, "app").releases[1].artifact.crc32 = Some(7);
    let mut fragment = wait(document(&place, "app"));
    let other = part(&mut fragment, "app").releases[0].artifact.fragment;
    part(&mut fragment, "app").releases[1].artifact.fragment = other;
    let codes = [checksum, fragment].map(|document| import(&place, &document, &[]).code);
    assert_eq!(codes, [Some(FAILED); 2]);
}

#[test]
fn a_release_that_has_lost_its_bytes_stays_withdrawn() {
    let place = Place::quick();
    wait(three(&place, "app"));
    let mut document = wait(document(&place, "app"));
    wait(garbage::withdraw(&place, "app", "3", Timestamp(0)));
    age(&place.data(), &stored(&place.data()), std::time::Duration::from_secs(7 * 24 * 3600));
    place.edgehop().done(&["gc", "--withdrawn"]);
    let blob = wait(place.component("app")).releases()[2].artifact.sha256;
    assert_eq!(wait(place.stores.artifacts.stat(&resolver::catalog::ObjectKey::Blob(blob))).unwrap(), None);
    prod(part(&mut document, "app")).target = "3".parse().unwrap();
    refused(&place, &document, FAILED, &["app 3 was withdrawn, and stays so"]);
}

/// 1, 2 and 3; `prod` and `beta` are at 2.
pub(crate) async fn three(place: &Place, component: &str) {
    place.publish(component, "1", Content::new(1, SIZE)).await;
    place.publish(component, "2", Content::new(2, SIZE)).await;
    published(&place.stores, on(place.publication(component, "2", Content::new(2, SIZE)), "beta")).await.unwrap();
    published(&place.stores, place.publication(component, "3", Content::new(3, SIZE))).await.unwrap();
}

pub(crate) async fn document(place: &Place, component: &str) -> Document {
    let mut document = Document::default();
    document.add(&place.component(component).await);
    document
}

pub(crate) fn part<'a>(document: &'a mut Document, component: &str) -> &'a mut Part {
    document.components.get_mut(&component.parse().unwrap()).unwrap()
}

pub(crate) fn import(place: &Place, document: &Document, flags: &[&str]) -> Ended {
    let file = place.path().join("catalog.toml");
    std::fs::write(&file, document.text().unwrap()).unwrap();
    place.edgehop().run(&[&["import", file.to_str().unwrap()], flags].concat())
}

/// Shown or carried out, the document is refused, and nothing is changed.
pub(crate) fn refused(place: &Place, document: &Document, code: i32, said: &[&str]) {
    let before = place.edgehop().done(&["export"]);
    for flags in [&[][..], &["--apply"]] {
        let ended = import(place, document, flags);
        assert_eq!(ended.code, Some(code), "{said:?}: {ended:?}");
        assert!(ended.err.contains("nothing was changed"), "{ended:?}");
        assert!(said.iter().all(|text| ended.err.contains(text)), "{said:?}: {}", ended.err);
        assert_eq!(place.edgehop().done(&["export"]), before);
    }
}

fn prod(part: &mut Part) -> &mut Channel {
    part.channels.get_mut(&"prod".parse().unwrap()).unwrap()
}

fn withdrawn() -> Option<Withdrawal> {
    Some(Withdrawal { reason: "it bricks".parse().unwrap(), at: Timestamp(9), superseded_by: None })
}

fn word<T: std::str::FromStr>(text: &str) -> Option<T> {
    Some(text.parse().ok().expect("a word of its kind"))
}

fn set<T: std::str::FromStr + Ord>(text: &str) -> std::collections::BTreeSet<T> {
    word(text).into_iter().collect()
}
