//! What can be done with an adopted table, and what the sample's script adds to it later.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use edgehop_tests::cloud::{patient_clients, wait};
use edgehop_tests::sample_table::noise;
use edgehop_tests::server::folder;
use store::{Artifacts as _, Either};

use crate::place::{Place, SIZE};

#[test]
fn every_verb_works_on_an_adopted_table_and_leaves_the_samples_as_they_are() {
    let place = Place::filled();
    let before = place.cloud.content();
    let refused = place.run("channel set scoreboard prod 2.0.0");
    refused.check_failure(&["can only be read", "`edgehop adopt`", "publish into another one"]);
    place.adopted();
    let work = folder();
    let file = work.path().join("app.bin");
    std::fs::write(&file, noise(SIZE, 100)).unwrap();
    place.done(&format!("publish scoreboard 3.0.0 {} --channel prod", file.display()));
    place.done("channel set os_armv8 prod 2.0.0");
    place.done("yank os_armv8 1.1.0 --reason broken");
    place.done("check");
    place.done("export");
    place.done("gc");
    place.check_kept(&before);
    let manifest = place.json("explain scoreboard=prod&installed=scoreboard@1.0.0");
    assert_eq!(manifest["components"][0]["delivers"], "3.0.0", "{manifest}");

    // Whatever garbage is, it is none of the sample's: a collector does not even see these.
    wait(async {
        let (_, artifacts) = place.open().await;
        assert!(matches!(artifacts, Either::Left(_)));
        assert_eq!(artifacts.list().await.unwrap().len(), 10, "blobs and fragments alone");
    });
}

#[test]
fn what_the_samples_script_adds_later_the_next_run_adopts() {
    let place = Place::filled();
    place.adopted();
    // What was decided here since stays; what the script moves is said.
    place.done("channel set os_armv8 prod 2.0.0");
    place.add_noise("scoreboard", "prod", "1.5.0", 200);
    place.add_noise("scoreboard", "qa", "1.6.0", 201);
    place.add_noise("newApp", "prod", "1", 202);
    let before = place.cloud.content();
    let plan = place.json(&place.adopt());
    assert_eq!((&plan["releases"], &plan["channels"], &plan["done"]), (&3.into(), &2.into(), &false.into()), "{plan}");
    assert_eq!(plan["bytes"], 3 * SIZE);
    let done = place.adopted();
    let stays: Vec<&str> = done["kept"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let expected = [
        "os_armv8 prod points at 2.0.0 here, and in the sample's item at 1.1.0: `edgehop channel set os_armv8 prod 1.1.0` \
         follows it",
        "scoreboard prod points at 1.0.0 here, and in the sample's item at 1.5.0: `edgehop channel set scoreboard prod \
         1.5.0` follows it",
    ];
    assert_eq!(stays, expected);
    place.check_kept(&before);
    let shown = place.done("channel show");
    for (component, channel, target) in [
        ("os_armv8", "prod", "2.0.0"),
        ("scoreboard", "prod", "1.0.0"),
        ("scoreboard", "qa", "1.6.0"),
        ("newApp", "prod", "1"),
    ] {
        let line = format!("{component:<16} {channel:<10} {target}");
        assert!(shown.lines().any(|shown| shown.starts_with(&line)), "{line:?} is not in {shown}");
    }
    // Who follows is told of nothing more. The item names no attributes; the channel here kept its own.
    place.done("channel set scoreboard prod 1.5.0 --no-attributes --allow-downgrade");
    let again = place.done(&format!("{} --yes", place.adopt()));
    assert!(again.contains("nothing to adopt") && again.contains("stays: os_armv8 prod"), "{again}");
    assert!(!again.contains("stays: scoreboard"), "{again}");
}

#[test]
fn a_channel_that_was_removed_here_does_not_come_back() {
    let place = Place::filled();
    place.adopted();
    place.done("channel remove scoreboard beta");
    let told = place.told();
    let again = place.done(&format!("{} --yes", place.adopt()));
    let stays = "stays: scoreboard has no channel beta here, and the sample's item points at 2.0.0: `edgehop channel set \
                 scoreboard beta 2.0.0` makes it\n";
    assert!(again.contains(stays) && again.contains("nothing to adopt"), "{again}");
    assert_eq!(place.told(), told);
}

/// As many as an operator publishes in years.
#[test]
fn what_edgehop_published_is_not_held_against_the_sample() {
    let place = Place::filled();
    place.adopted();
    wait(async {
        let clients = patient_clients().await;
        let put = |number: usize| {
            let fields = [("app", S("os".into())), ("env", S(format!("release#{number}"))), ("step", N("1".into()))];
            let item = fields.map(|(name, value)| (name.to_owned(), value));
            let put = PutRequest::builder().set_item(Some(item.into())).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        let all: Vec<usize> = (0..10_001).collect();
        for some in all.chunks(25) {
            let some = some.iter().map(|number| put(*number)).collect();
            clients.dynamodb.batch_write_item().request_items(&place.cloud.table, some).send().await.unwrap();
        }
    });
    let again = place.done(&format!("{} --yes", place.adopt()));
    assert!(again.starts_with("nothing to adopt"), "{again}");
}

/// The same version with other bytes: a release never changes.
#[test]
fn a_version_that_the_script_overwrites_is_named() {
    let place = Place::filled();
    place.adopted();
    let before = place.told();
    place.add_noise("modemFW", "prod", "1.0", 300);
    let done = place.adopted();
    let left_out = done["left_out"][0].as_str().unwrap();
    assert!(left_out.starts_with("item modemFW prod: 1.0 is published here with the MD5 "), "{left_out}");
    assert!(left_out.ends_with("publish those bytes under another version"), "{left_out}");
    assert_eq!(place.told(), before);
}
