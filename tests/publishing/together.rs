//! Two operators at the same moment, as processes: nobody's change is lost, and no device is stranded by two changes of
//! which each is good.

use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use crate::content::Content;
use crate::edgehop::{DONE, Edgehop, Ended, FAILED, MOVED, REFUSED, Running};
use crate::place::{Place, published, quick_folder};
use crate::wait;

/// How often each pair meets.
const ROUNDS: usize = 20;

/// How often, if the two have always missed each other so far.
const MOST_ROUNDS: usize = 200;

const SIZE: usize = 4_000;

#[test]
fn two_releases_at_once() {
    let begun = Instant::now();
    let place = Place::quick();
    let edgehop = place.edgehop();
    wait(place.publish("app", "0", Content::new(0, SIZE)));
    let (mut lost, mut rounds) = (0, 0);
    while rounds < ROUNDS || lost == 0 && rounds < MOST_ROUNDS {
        rounds += 1;
        let round = rounds;
        let versions = [format!("{round}.1"), format!("{round}.2")];
        let files = [1, 2].map(|which| place.file(Content::new((round * 2 + which) as u64, SIZE)));
        let publish = |which: usize| -> Vec<&str> {
            vec![
                "publish",
                "app",
                &versions[which],
                files[which].to_str().unwrap(),
                "--channel",
                "prod",
                "--allow-downgrade",
            ]
        };
        lost += both(&edgehop, &publish(0), &publish(1));
        let listed = versions_of(&edgehop, "app");
        assert!(versions.iter().all(|version| listed.contains(version)), "{round}: {listed:?}");
        assert_eq!(listed.len(), 1 + 2 * round);
        assert!(versions.contains(&target(&edgehop, "app", "prod")));
    }
    edgehop.done(&["check"]);
    wait(place.assert_whole("all"));
    eprintln!("{rounds} times two releases at once in {:?}: {lost} tried again", begun.elapsed());
    assert!(lost > 0, "the two never met");
}

#[test]
fn the_same_release_twice_at_once() {
    let place = Place::new();
    let edgehop = place.edgehop();
    for round in 1..=ROUNDS / 2 {
        let (version, file) = (format!("{round}"), place.file(Content::new(round as u64, SIZE)));
        let publish = ["publish", "app", &version, file.to_str().unwrap(), "--channel", "prod"];
        both(&edgehop, &publish, &publish);
        assert_eq!((versions_of(&edgehop, "app").len(), target(&edgehop, "app", "prod")), (round, version));
    }
    // The name of a file with other bytes: one of the two has the version, the other is told so.
    for round in 1..=ROUNDS / 2 {
        let version = format!("9.{round}");
        let files = [1, 2].map(|which| place.file(Content::new((round * 2 + which + 900) as u64, SIZE)));
        let publish = |which: usize| vec!["publish", "app", &version, files[which].to_str().unwrap()];
        let [one, other] = at_once(&edgehop, [&publish(0), &publish(1)]);
        let won = usize::from(one.code != Some(DONE));
        assert!(one.code == Some(DONE) || other.code == Some(DONE), "{one:?} {other:?}");
        let again = edgehop.run(&publish(1 - won));
        assert_eq!(again.code, Some(FAILED), "{again:?}");
        assert!(again.err.contains("is published already with other bytes"), "{again:?}");
    }
    wait(place.assert_whole("all"));
}

#[test]
fn the_first_release_of_all_twice_at_once() {
    for round in 0..ROUNDS / 2 {
        let names = if round.is_multiple_of(2) { ["app", "app"] } else { ["app", "other"] };
        let (edgehop, _folder, ended) = first_releases(&names);
        for ended in &ended {
            // Of two who make the catalog's file at once, one may be told that it is locked, and try again.
            let locked = ended.code == Some(FAILED) && ended.err.contains("database is locked");
            assert!(locked || matches!(ended.code, Some(DONE | MOVED)), "{ended:?}");
        }
        assert!(ended.iter().any(|ended| ended.code == Some(DONE)), "{ended:?}");
        for ((ended, name), version) in ended.iter().zip(names).zip(["1", "2"]) {
            let there = versions_of(&edgehop, name).contains(&version.to_owned());
            assert_eq!(there, ended.code == Some(DONE), "{ended:?}");
        }
    }
}

#[test]
fn nobody_is_told_that_the_catalog_is_locked() {
    for _ in 0..100 {
        let (_, _, ended) = first_releases(&["one", "two", "three", "four"]);
        assert!(ended.iter().all(|ended| ended.code == Some(DONE)), "{ended:?}");
    }
}

/// Publishes a first release of each component at once: 1, 2 and so on. Even the folder and the catalog's file are made
/// by all of them.
fn first_releases(components: &[&str]) -> (Edgehop, TempDir, Vec<Ended>) {
    let folder = quick_folder();
    let edgehop = Edgehop::new(&folder.path().join("data"));
    let running: Vec<_> = components
        .iter()
        .zip(1..)
        .map(|(component, version)| {
            let file = folder.path().join(format!("{version}"));
            Content::new(version, SIZE).write(&file);
            edgehop.start(&["publish", component, &version.to_string(), file.to_str().unwrap()])
        })
        .collect();
    let ended = running.into_iter().map(Running::ended).collect();
    (edgehop, folder, ended)
}

#[test]
fn two_channels_at_once() {
    let place = Place::quick();
    let edgehop = place.edgehop();
    for (version, seed) in [("1", 1), ("2", 2)] {
        wait(place.publish("app", version, Content::new(seed, SIZE)));
    }
    for round in 0..ROUNDS {
        let to = if round.is_multiple_of(2) { ["1", "2"] } else { ["2", "1"] };
        both(
            &edgehop,
            &["channel", "set", "app", "prod", to[0], "--allow-downgrade", "true"],
            &["channel", "set", "app", "beta", to[1], "--allow-downgrade", "--attribute", &format!("round{round}")],
        );
        assert_eq!([target(&edgehop, "app", "prod"), target(&edgehop, "app", "beta")], to);
        let shown = edgehop.json(&["channel", "show", "app", "beta"]);
        assert_eq!(shown["app"]["beta"]["attributes"][0], format!("round{round}"));
    }
}

/// Each of the two alone is good; after the one, the other strands the devices on the first release.
#[test]
fn the_bridge_goes_while_a_channel_needs_it() {
    let begun = Instant::now();
    let place = Place::new();
    let edgehop = place.edgehop();
    let (mut yanked, mut refused, mut moved) = (0, 0, 0);
    for round in 0..ROUNDS {
        let component = format!("app{round}");
        wait(bridged(&place, &component));
        let [yank, set] = at_once(
            &edgehop,
            [&["yank", &component, "2", "--reason", "it bricks"], &["channel", "set", &component, "prod", "3"]],
        );
        let (loser, winner) = if yank.code == Some(DONE) { (&set, &yank) } else { (&yank, &set) };
        assert_eq!(winner.code, Some(DONE), "one of the two is done: {yank:?} {set:?}");
        match loser.code {
            Some(MOVED) => {
                assert!(loser.err.contains("has changed since it was read"), "{loser:?}");
                moved += 1;
            }
            code => {
                assert_eq!(code, Some(REFUSED), "{loser:?}");
                assert!(loser.err.contains("1 is stranded on prod"), "{loser:?}");
                refused += 1;
            }
        }
        yanked += usize::from(yank.code == Some(DONE));
        edgehop.done(&["check", &component]);
        let again = if yank.code == Some(DONE) {
            edgehop.run(&["channel", "set", &component, "prod", "3"])
        } else {
            edgehop.run(&["yank", &component, "2", "--reason", "it bricks"])
        };
        assert_eq!(again.code, Some(REFUSED), "{again:?}");
        edgehop.done(&["check", &component]);
    }
    eprintln!(
        "{ROUNDS} bridges in {:?}: {yanked} yanked, the other was refused {refused} times and had to try again {moved} \
         times",
        begun.elapsed()
    );
}

/// A component of which devices on 1 need 2 to get to 3, and nobody is sent there yet.
pub(crate) async fn bridged(place: &Place, component: &str) {
    place.publish(component, "1", Content::new(1, SIZE)).await;
    let mut bridge = place.publication(component, "2", Content::new(2, SIZE));
    bridge.terms.barrier = Some("moves the partitions".parse().unwrap());
    published(&place.stores, bridge).await.unwrap();
    let mut beyond = place.publication(component, "3", Content::new(3, SIZE));
    beyond.terms.from = Some(">=2".parse().unwrap());
    published(&place.stores, beyond).await.unwrap();
}

/// Runs two commands at the same moment. One that was beaten to it is told so, and done then. Returns how many were.
fn both(edgehop: &Edgehop, one: &[&str], other: &[&str]) -> usize {
    let ended = at_once(edgehop, [one, other]);
    let mut lost = 0;
    for (ended, command) in ended.iter().zip([one, other]) {
        if ended.code != Some(DONE) {
            assert_eq!(ended.code, Some(MOVED), "{ended:?}");
            assert!(ended.err.contains("has changed since it was read"), "{ended:?}");
            edgehop.done(command);
            lost += 1;
        }
    }
    assert!(lost < 2, "one of the two wins: {ended:?}");
    lost
}

fn at_once(edgehop: &Edgehop, commands: [&[&str]; 2]) -> [Ended; 2] {
    commands.map(|command| edgehop.start(command)).map(|running| running.ended())
}

fn versions_of(edgehop: &Edgehop, component: &str) -> Vec<String> {
    let releases = edgehop.json(&["releases"]);
    let versions = releases[component].as_array().into_iter().flatten().map(|release| &release["version"]);
    versions.map(|version| version.as_str().unwrap().to_owned()).collect()
}

fn target(edgehop: &Edgehop, component: &str, channel: &str) -> String {
    let shown: Value = edgehop.json(&["channel", "show", component, channel]);
    shown[component][channel]["target"].as_str().unwrap().to_owned()
}
