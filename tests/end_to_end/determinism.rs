//! The same decision gives the same bytes, on every machine, for ever.

use std::collections::{BTreeMap, BTreeSet};

use edgehop_tests::client::get;
use edgehop_tests::sample::GAMER;
use edgehop_tests::server::Server;
use serde::{Deserialize, Serialize};

use crate::help::{sha256, timeless};

/// What a package was on the day it was first published.
const GOLDEN: &str = include_str!("../golden/package-digests.json");

/// Packages of the sample data whose bytes are held fast, by a name for people.
const HELD: [(&str, &str); 3] = [
    ("all four of a gamer with a modem", GAMER),
    ("the beta OS alone", "/package?cpuArch=armv7&os=beta"),
    ("a component by its name", "/package?ipModule=prod&installed=ipModule@5.6.30"),
];

/// Its URLs are in the manifest, so they are part of the bytes.
const BASE: [&str; 2] = ["--url-base", "http://ota.test"];

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    target: String,
    sha256: String,
    etag: String,
}

/// A change of one of these is a change of every package in the field: all caches and resumed downloads start anew.
/// If that is meant, the test prints what belongs into the golden.
#[test]
fn packages_are_what_they_always_were() {
    let server = Server::start(&BASE);
    let now: BTreeMap<String, Held> = BTreeMap::from(HELD.map(|(name, target)| {
        let answer = get(server.address(), target, &[]);
        assert_eq!((answer.status, answer.complete), (200, true), "{name}");
        let (sha256, etag) = (sha256(&answer.body), answer.header("etag").unwrap());
        (name.to_owned(), Held { target: target.to_owned(), sha256, etag })
    }));
    let golden: BTreeMap<String, Held> = serde_json::from_str(GOLDEN).unwrap();
    // The whole maps: an entry of the golden that nothing looks at fails like one that is missing.
    assert!(golden == now, "golden/package-digests.json is not:\n{}", serde_json::to_string_pretty(&now).unwrap());
}

#[test]
fn two_data_folders_give_the_same_bytes() {
    // No multiple of a tar block, a piece of the sample or a read.
    let options = [&BASE[..], &["--sample-size", "300001"]].concat();
    let servers = [Server::start(&options), Server::start(&options)];
    let more = ["/package?cpuArch=armv8&os=beta", "/package?cpuArch=armv7&attrCamera=beta&attrGamer=beta"];
    for target in HELD.map(|(_, target)| target).into_iter().chain(more) {
        for payload in ["fullPayload", "metadataOnly"] {
            let target = format!("{target}&payloadType={payload}");
            let [one, other] = [&servers[0], &servers[1]].map(|server| get(server.address(), &target, &[]));
            assert_eq!((one.status, one.complete), (200, true));
            assert_eq!(timeless(&one), timeless(&other), "{target}");
            assert!(one.body == other.body, "{target}");
        }
    }
}

#[test]
fn different_packages_have_different_tags() {
    let server = Server::start(&["--sample-size", "4096"]);
    let targets = HELD
        .map(|(_, target)| target)
        .into_iter()
        .chain(["/package?ipModule=prod&cpuArch=armv7&installed=ipModule@5.6.30"]);
    let tags: BTreeSet<_> = targets.map(|target| get(server.address(), target, &[]).header("etag").unwrap()).collect();
    assert_eq!(tags.len(), HELD.len() + 1);
    // Nor may anything that is in the bytes be missing from the tag: here the URLs of the manifest.
    let elsewhere = Server::start(&["--sample-size", "4096", "--url-base", "http://elsewhere.test"]);
    assert!(!tags.contains(&get(elsewhere.address(), GAMER, &[]).header("etag").unwrap()));
}
