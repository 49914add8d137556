//! A device says what it has, in any spelling, and gets exactly the rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use edgehop_tests::client::{Response, get};
use edgehop_tests::sample::{GAMER, manifest, md5, members};
use edgehop_tests::server::Server;

use crate::help::{Shared, list, timeless};

static SERVER: Shared = Shared::new(&["--sample-size", "65536"]);

const PAYLOADS: [&str; 2] = ["fullPayload", "metadataOnly"];

/// What the gamer's device gets if it has nothing.
struct Sample {
    server: Arc<Server>,
    artifacts: BTreeMap<String, Artifact>,
}

struct Artifact {
    member: String,
    md5: String,
    bytes: Vec<u8>,
}

impl Sample {
    fn new() -> Self {
        let server = SERVER.server();
        let artifacts = list(server.address(), GAMER).into_iter().map(|(component, entry)| {
            let text = |key: &str| entry[key].as_str().unwrap().to_owned();
            let bytes = get(server.address(), &format!("/blobs/{}", text("sha256")), &[]).body;
            let member = format!("{component}_{}", text("latestVersion"));
            (component, Artifact { member, md5: text("md5"), bytes })
        });
        let artifacts: BTreeMap<_, _> = artifacts.collect();
        assert_eq!(artifacts.keys().collect::<Vec<_>>(), ["modemFW", "os_armv8", "scoreboard", "videoStreamer"]);
        Sample { server, artifacts }
    }

    /// All sixteen sets of digests that a device may have.
    fn subsets(&self) -> impl Iterator<Item = Vec<String>> + '_ {
        (0..16u32).map(|set| {
            let digests = self.artifacts.values().map(|artifact| artifact.md5.clone()).enumerate();
            digests.filter(|(index, _)| set & 1 << index != 0).map(|(_, digest)| digest).collect()
        })
    }

    fn get(&self, payload: &str, more: &str, headers: &[(&str, &str)]) -> Response {
        get(self.server.address(), &format!("{GAMER}&payloadType={payload}{more}"), headers)
    }

    /// That an answer is right for a device that has these digests.
    fn check(&self, answer: &Response, payload: &str, has: &[String]) {
        assert!(answer.complete, "{has:?}");
        if has.len() == self.artifacts.len() && answer.header("vary").is_some() {
            assert_eq!((answer.status, answer.body.len()), (304, 0));
            return;
        }
        assert_eq!(answer.status, 200, "{has:?}");
        let missing = || self.artifacts.values().filter(|artifact| !has.contains(&artifact.md5));
        let entries = match payload {
            // One who has everything and set no condition gets the list that says so.
            _ if has.len() == self.artifacts.len() => serde_json::from_slice(&answer.body).unwrap(),
            "metadataOnly" => serde_json::from_slice(&answer.body).unwrap(),
            _ => {
                let members = members(&answer.body);
                let expected = missing().map(|artifact| (&artifact.member, &artifact.bytes));
                assert!(members[1..].iter().map(|(name, bytes)| (name, bytes)).eq(expected), "{has:?}");
                manifest(&members)
            }
        };
        let codes: Vec<_> =
            entries.iter().map(|(name, entry)| (name, entry["status_code"].as_u64().unwrap())).collect();
        let code = |artifact: &Artifact| if has.contains(&artifact.md5) { 304 } else { 200 };
        let expected: Vec<_> = self.artifacts.iter().map(|(name, artifact)| (name, code(artifact))).collect();
        assert_eq!(codes, expected, "{has:?}");
    }

    /// That every subset gets its own answer, and the same one in each spelling.
    fn compare(&self, payload: &str, spelled: impl Fn(&[String]) -> Vec<(String, Vec<String>)>) {
        for has in self.subsets() {
            let plain = self.get(payload, &format!("&have={}", has.join(",")), &[]);
            self.check(&plain, payload, &has);
            assert_eq!(plain.header("vary"), None, "only a header makes an answer depend on it");
            for (query, lines) in spelled(&has) {
                let headers: Vec<_> = lines.iter().map(|line| ("If-None-Match", line.as_str())).collect();
                let answer = self.get(payload, &query, &headers);
                if !lines.is_empty() && has.len() == self.artifacts.len() {
                    self.check(&answer, payload, &has);
                    assert_eq!(answer.header("etag"), plain.header("etag"), "{query} {lines:?}");
                    continue;
                }
                let mut expected = timeless(&plain);
                if !lines.is_empty() {
                    expected.push(("vary".into(), "If-None-Match".into()));
                }
                let (mut got, context) = (timeless(&answer), format!("{query} {lines:?}"));
                got.sort();
                expected.sort();
                assert_eq!((answer.status, got), (plain.status, expected), "{context}");
                assert!(answer.complete && answer.body == plain.body, "{context}");
            }
        }
    }
}

/// Every order of some digests.
fn orders(digests: &[String]) -> Vec<Vec<String>> {
    if digests.is_empty() {
        return vec![vec![]];
    }
    let starting = |index: usize| {
        let mut rest = digests.to_vec();
        let first = rest.remove(index);
        orders(&rest).into_iter().map(move |order| [vec![first.clone()], order].concat())
    };
    (0..digests.len()).flat_map(starting).collect()
}

/// One list in every dress a header may wear: each a list of header lines.
fn header_spellings(has: &[String]) -> Vec<Vec<String>> {
    let dressed = |before: &str, after: &str, between: &str| {
        has.iter().map(|digest| format!("{before}{digest}{after}")).collect::<Vec<_>>().join(between)
    };
    let (first, second) = has.split_at(has.len() / 2);
    let mixed = has.iter().zip(["", "W/\"", "\"", "w/\""]).map(|(digest, before)| {
        let after = if before.is_empty() { "" } else { "\"" };
        format!("{before}{}{after}", if before == "\"" { digest.to_uppercase() } else { digest.clone() })
    });
    vec![
        vec![dressed("", "", ",")],
        vec![dressed("\"", "\"", ",")],
        vec![dressed("W/\"", "\"", ",")],
        vec![dressed("", "", ",").to_uppercase()],
        vec![dressed("\"", "\"", ",").to_uppercase()],
        vec![dressed("", "", ", ")],
        vec![dressed("\"", "\"", " ,\t ")],
        vec![dressed("", "", ",") + ","],
        vec![format!(",, {} ,,", dressed("\"", "\"", ","))],
        vec![dressed("", "", ","), dressed("\"", "\"", ",")],
        vec![first.join(","), second.join(", ")],
        vec![mixed.collect::<Vec<_>>().join(", ")],
        vec![dressed("\"", "\"", ",") + ", \"p-00000000000000000000000000000000\", junk"],
    ]
}

/// Header lines for every order and every dress. All orders in two dresses, two orders in all dresses.
fn in_the_header(has: &[String]) -> Vec<(String, Vec<String>)> {
    let reversed: Vec<_> = has.iter().rev().cloned().collect();
    let dresses = [header_spellings(has), header_spellings(&reversed)].concat();
    let quoted =
        |order: &Vec<String>| vec![order.iter().map(|digest| format!("\"{digest}\"")).collect::<Vec<_>>().join(",")];
    let ordered = orders(has).into_iter().flat_map(|order| [quoted(&order), vec![order.join(",")]]);
    dresses.into_iter().chain(ordered).map(|lines| (String::new(), lines)).collect()
}

/// `have=` for every order and every dress that a query can carry.
fn in_the_query(has: &[String]) -> Vec<(String, Vec<String>)> {
    let joined = |order: &[String], between: &str| order.join(between);
    let quoted = |before: &str| has.iter().map(|digest| format!("{before}%22{digest}%22")).collect::<Vec<_>>();
    let mut values = vec![
        joined(has, ",").to_uppercase(),
        joined(has, "%2C"),
        joined(has, "%2c%20"),
        joined(has, ",+"),
        joined(has, ",") + ",",
        joined(&quoted(""), ","),
        joined(&quoted(""), "%2C"),
        joined(&quoted("W%2F"), ",").to_uppercase(),
        joined(&[has, has].concat(), ","),
    ];
    values.extend(orders(has).iter().map(|order| joined(order, ",")));
    let keys = ["have", "HAVE", "h%61ve"].into_iter().cycle();
    keys.zip(values).map(|(key, value)| (format!("&{key}={value}"), vec![])).collect()
}

#[test]
fn a_package_holds_exactly_what_the_header_does_not_list() {
    Sample::new().compare("fullPayload", in_the_header);
}

#[test]
fn a_list_tells_exactly_what_the_header_does_not_list() {
    Sample::new().compare("metadataOnly", in_the_header);
}

#[test]
fn have_in_the_query_says_the_same() {
    let sample = Sample::new();
    PAYLOADS.iter().for_each(|payload| sample.compare(payload, in_the_query));
}

#[test]
fn what_header_and_query_list_counts_together() {
    let sample = Sample::new();
    let halves = |has: &[String]| {
        let (first, second) = has.split_at(has.len() / 2);
        let both = [(first, second), (second, first), (has, first)];
        both.map(|(query, header)| (format!("&have={}", query.join(",")), vec![header.join(",")])).to_vec()
    };
    PAYLOADS.iter().for_each(|payload| sample.compare(payload, halves));
}

#[test]
fn digests_of_something_else_take_nothing_away() {
    let sample = Sample::new();
    // Of no component asked for, and of nothing at all.
    let other = md5(sample.server.address(), "os_armv7", "prod");
    for digest in [other, "0".repeat(32)] {
        for payload in PAYLOADS {
            sample.check(&sample.get(payload, &format!("&have={digest}"), &[]), payload, &[]);
            let has: Vec<_> = sample.artifacts.values().map(|artifact| artifact.md5.clone()).take(2).collect();
            let header = format!("{digest}, {}", has.join(", "));
            sample.check(&sample.get(payload, "", &[("If-None-Match", &header)]), payload, &has);
        }
    }
}

#[test]
fn the_digest_of_another_release_tells_what_runs() {
    let sample = Sample::new();
    let [older, newer] = ["prod", "beta"].map(|channel| md5(sample.server.address(), "scoreboard", channel));
    let behind = list(sample.server.address(), &format!("/package?scoreboard=beta&have={older}"));
    assert_eq!(
        (&behind["scoreboard"]["status_code"], &behind["scoreboard"]["md5"]),
        (&200.into(), &newer.as_str().into())
    );
    // The channel does not lead down, and the rest comes all the same.
    let ahead = sample.get("fullPayload", &format!("&have={newer}"), &[]);
    assert_eq!((ahead.status, ahead.complete), (200, true));
    let package = members(&ahead.body);
    let names: Vec<_> = package.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["package_details.json", "modemFW_1.0", "os_armv8_1.1.0", "videoStreamer_0.0.1"]);
    assert_eq!(manifest(&package)["scoreboard"]["status_code"], 409);
}
