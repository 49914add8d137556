//! Two operators at once on a table, and one who is killed: what is there is always a whole release.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use edgehop_tests::cloud::Cloud;
use edgehop_tests::sample::{manifest, members};
use edgehop_tests::server::Server;

use crate::desk::{Desk, Said};
use crate::device::ask;

/// How often two operators meet.
const ROUNDS: usize = 5;

/// At how many moments of its life a publisher is killed.
const MOMENTS: u32 = 10;

/// Enough that a publisher is in the middle of it for a while, in bytes.
const SIZE: usize = 3 << 20;

fn start(desk: &Desk, line: &str) -> Child {
    desk.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Bytes of one version that are like no other's.
fn content(version: usize) -> Vec<u8> {
    edgehop_tests::sample_table::noise(SIZE, version as u64)
}

#[test]
fn two_operators_at_once_lose_nothing() {
    let cloud = Cloud::new();
    let desks = [Desk::on(&cloud), Desk::on(&cloud)];
    desks[0].publish("app", "0", "--channel prod");
    let mut versions = vec!["0".to_owned()];
    for round in 1..=ROUNDS {
        let lines = [0, 1].map(|which: usize| {
            let version = format!("{round}.{which}");
            let file = format!("app-{version}.bin");
            desks[which].artifact(&file);
            versions.push(version.clone());
            format!("publish app {version} {file} --channel prod --allow-downgrade")
        });
        let running = [start(&desks[0], &lines[0]), start(&desks[1], &lines[1])];
        for ((desk, line), child) in desks.iter().zip(&lines).zip(running) {
            let said = Said::of(line, child.wait_with_output().unwrap());
            assert!(matches!(said.code, Some(0 | 4)), "{said:?}");
            // Somebody else was faster: try again, as it says.
            if said.code == Some(4) {
                desk.done(line);
            }
        }
        let listed = desks[0].json("releases app");
        let mut found: Vec<_> =
            listed["app"].as_array().unwrap().iter().map(|release| release["version"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, versions, "round {round}");
    }
    desks[1].done("check");
}

/// What a device gets from a server that remembers nothing: a whole release, and its version.
fn delivered(desk: &Desk) -> usize {
    let server: Server = desk.serve_aws();
    let answer = ask(&server, "/package?app=prod", &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
    let members = members(&answer.body);
    let version = manifest(&members)["app"]["latestVersion"].as_str().unwrap().parse().unwrap();
    assert!(members[1].1 == content(version), "{version} is not whole");
    version
}

#[test]
fn a_publisher_that_is_killed_leaves_the_old_release_or_the_new_one() {
    let desk = Desk::on(&Cloud::new());
    let publish = |version: usize| {
        desk.write("app.bin", content(version));
        start(&desk, &format!("publish app {version} app.bin --channel prod"))
    };
    let begun = Instant::now();
    assert!(publish(1).wait().unwrap().success());
    let (mut takes, mut before) = (begun.elapsed(), 1);
    let (mut old, mut new) = (0, 0);
    for moment in 0..MOMENTS {
        let version = before + 1;
        let begun = Instant::now();
        let mut child = publish(version);
        let at = takes.mul_f64(f64::from(moment) / f64::from(MOMENTS - 2)) + Duration::from_millis(1);
        thread::sleep(at.saturating_sub(begun.elapsed()));
        child.kill().unwrap();
        child.wait().unwrap();
        match delivered(&desk) {
            found if found == before => old += 1,
            found => {
                assert_eq!(found, version);
                new += 1;
            }
        }
        // Whoever tries again gets to the end, whatever was left.
        let begun = Instant::now();
        assert!(publish(version).wait().unwrap().success());
        takes = begun.elapsed().max(takes / 2);
        assert_eq!(desk.json("explain app=prod")["components"][0]["delivers"], version.to_string());
        before = version;
    }
    desk.done("check");
    assert_eq!(old + new, MOMENTS);
    assert!(old > 0, "nobody was killed in time");
}
