//! A simulated fleet: how many keys a cache has for how many answers, with the CDN's function and without.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use fastrand::Rng;
use http::header::CONTENT_LOCATION;
use http::{HeaderMap, Method};
use resolver::answer::{AnswerContext, Content, Deployment, decided};
use resolver::catalog::{Artifact, Channel, Component, Components, Release, Revision};
use resolver::decide::decide;
use resolver::manifest::Addresses;
use resolver::query::{CacheVocabulary, Ladder, Query};
use resolver::words::{Digest, Md5, Sha256, Timestamp};

use crate::viewer::{Event, Given, filter, function};

/// Devices, each with a name of its own.
const DEVICES: u32 = 10_000;

/// Components, and their releases in the order of their versions: `prod` points at the last but one, `beta` at the last.
/// `ipModule` has a barrier.
const CATALOG: &[(&str, &[&str], &[&str])] = &[
    ("os_armv7", &["1.0.0", "1.0.1", "1.1.0", "1.2.0", "2.0.0"], &[]),
    ("os_armv8", &["1.0.0", "1.1.0", "1.1.5", "2.0.0"], &[]),
    ("os_x86", &["0.9", "1.0", "1.1"], &[]),
    ("scoreboard", &["1.0.0", "1.0.1", "1.5.0", "2.0.0"], &["gamer"]),
    ("videoStreamer", &["0.0.1", "0.0.2", "0.1.0", "0.1.2"], &["camera", "gamer"]),
    ("modemFW", &["0.8", "0.9", "1.0", "1.1"], &["cellular"]),
    ("ipModule", &["5.6.14", "5.6.20", "5.6.30", "6.15.008", "6.16.000"], &["alarm"]),
    ("ledControl", &["1", "2", "3", "4", "5"], &["display"]),
];

/// What devices of each type ask: two of the types are beta testers, two only look, one has a barrier ahead.
///
/// What is left above one key an answer comes from these: a digest that matters on `prod` is kept on `beta`; two old
/// releases below a barrier get the same bridge; and who has everything is told so whether it asked for a package or a list.
const TYPES: [&str; 20] = [
    "cpuArch=armv8",
    "cpuArch=armv7",
    "cpuArch=x86",
    "cpuArch=armv8&os=beta",
    "cpuArch=armv7&os=beta",
    "cpuArch=armv8&attrGamer=prod",
    "cpuArch=armv8&attrGamer=prod&attrCellular=prod",
    "cpuArch=armv7&attrCamera=prod",
    "cpuArch=armv7&attrCamera=prod&attrCellular=prod",
    "cpuArch=armv8&attrGamer=prod&attrCellular=prod&attrDisplay=prod",
    "cpuArch=x86&attrDisplay=prod",
    "cpuArch=x86&attrDisplay=prod&attrCellular=prod",
    "cpuArch=armv7&attrAlarm=prod",
    "modemFW=prod",
    "modemFW=prod&ledControl=prod",
    "modemFW=prod&scoreboard=prod",
    "scoreboard=prod&videoStreamer=prod",
    "cpuArch=armv7&attrCamera=prod&attrCellular=prod&attrDisplay=prod",
    "cpuArch=armv8&payloadType=metadataOnly",
    "cpuArch=armv8&attrGamer=prod&payloadType=metadataOnly",
];

/// What devices say beside what they ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// Nothing but digests of what they have: current, or old.
    Tame,
    /// Their own name, unknown digests, and keys that nobody knows.
    Wild,
}

/// What came of a simulation.
#[derive(Debug)]
pub struct Tally {
    /// Different queries as they were spelled: the sample's cache key.
    pub spelled: usize,
    /// The same without `device`, which the sample does not know.
    pub spelled_without_device: usize,
    /// Different queries behind the function, without a list of known words.
    pub keys: usize,
    /// The same, with it.
    pub known_keys: usize,
    /// Different answers, by status and body.
    pub answers: usize,
}

/// Lets the fleet ask so many questions.
///
/// # Panics
///
/// If a question has another answer behind the function than the origin would give it.
pub fn simulate(requests: usize, manners: Manners, seed: u64) -> Tally {
    let catalog = catalog();
    let words = CacheVocabulary::of(catalog.values().map(|component| &**component));
    let asks = |seed: u64| {
        let (mut rng, catalog) = (Rng::with_seed(seed), &catalog);
        (0..requests).map(move |_| question(&mut rng, catalog, manners))
    };
    let events =
        || asks(seed).map(|(query, tags)| Event::package(&query, &[tags.as_str()][..usize::from(!tags.is_empty())]));
    let (mut spelled, mut short) = (HashSet::new(), HashSet::new());
    for (query, _) in asks(seed) {
        let pairs: Vec<&str> =
            query.split('&').filter(|pair| !pair.to_ascii_lowercase().starts_with("device=")).collect();
        short.insert(hash(pairs.join("&").as_bytes()));
        spelled.insert(hash(query.as_bytes()));
    }
    // What each key is answered with. The origin's own reading of a question is its key without known words: the fuzz
    // holds the two to that.
    let (mut truth, mut answers) = (HashMap::new(), HashSet::new());
    let mut rights = Vec::with_capacity(requests);
    filter(function(), None, events(), |given| {
        let key = key(given);
        let right = *truth.entry(hash(key.as_bytes())).or_insert_with(|| answer(&key, &catalog));
        answers.insert(right);
        rights.push(right);
    });
    let (mut known, mut rights) = (HashMap::new(), rights.into_iter());
    filter(function(), Some(&words.entries()), events(), |given| {
        let key = key(given);
        let is = *known.entry(hash(key.as_bytes())).or_insert_with(|| answer(&key, &catalog));
        assert_eq!(Some(is), rights.next(), "{key} has the answer of another question");
    });
    Tally {
        spelled: spelled.len(),
        spelled_without_device: short.len(),
        keys: truth.len(),
        known_keys: known.len(),
        answers: answers.len(),
    }
}

fn key(given: Given) -> String {
    match given {
        Given::Passed { querystring, .. } => querystring,
        answered => panic!("the fleet asks nothing that is refused: {answered:?}"),
    }
}

/// Status and body, as a digest.
fn answer(key: &str, catalog: &Components) -> u128 {
    let asked = Query::parse(key, None, &Ladder::default()).unwrap();
    let decision = decide(&asked.query, catalog, Timestamp(0));
    let deployment = Deployment::new("https://ota.test".parse().unwrap());
    let around = AnswerContext {
        method: &Method::GET,
        headers: &HeaderMap::new(),
        now: Timestamp(0),
        seed: 0,
        addresses: &Addresses::new(),
        deployment: &deployment,
    };
    let mut answer = decided(&asked, &decision, key, around);
    answer.headers.remove(CONTENT_LOCATION);
    let status = answer.status.as_u16();
    hash(&match answer.content {
        Content::Bytes(bytes) => [&status.to_be_bytes()[..], &bytes].concat(),
        Content::Package { plan, .. } => format!("{status} {}", plan.tag()).into_bytes(),
        other => panic!("{other:?}"),
    })
}

fn hash(bytes: &[u8]) -> u128 {
    u128::from_be_bytes(Sha256::of(bytes).0[..16].try_into().unwrap())
}

fn catalog() -> Components {
    let component = |(name, versions, attributes): &(&str, &[&str], &[&str])| {
        let release = |version: &&str| {
            let artifact = Artifact {
                sha256: Sha256::of(format!("{name} {version}").as_bytes()),
                md5: md5(name, version),
                size: 1_000_000,
                crc32: Some(0),
                fragment: None,
            };
            let barrier = (*version == "5.6.30").then(|| "moves TURN to MQTT".parse().unwrap());
            Arc::new(Release { barrier, ..Release::new(version.parse().unwrap(), artifact, Timestamp(0)) })
        };
        let on = |from_the_end: usize| Channel {
            attributes: attributes.iter().map(|word| word.parse().unwrap()).collect::<BTreeSet<_>>(),
            ..Channel::new(versions[versions.len() - from_the_end].parse().unwrap())
        };
        let channels = [("prod".parse().unwrap(), on(2)), ("beta".parse().unwrap(), on(1))].into();
        let releases = versions.iter().map(release).collect();
        let component = Component::new(name.parse().unwrap(), Revision(1), channels, releases);
        (component.name.key(), Arc::new(component))
    };
    CATALOG.iter().map(component).collect()
}

fn md5(name: &str, version: &str) -> Md5 {
    Digest(Sha256::of(format!("md5 of {name} {version}").as_bytes()).0[..16].try_into().unwrap())
}

/// One question of one device, and its `If-None-Match`.
fn question(rng: &mut Rng, catalog: &Components, manners: Manners) -> (String, String) {
    let device = rng.u32(..DEVICES);
    let asks = TYPES[device as usize % TYPES.len()];
    let mut pairs: Vec<(String, String)> = asks
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let digests = digests(rng, asks, catalog, manners);
    let in_header = rng.bool();
    if !in_header && !digests.is_empty() {
        pairs.push(("have".into(), digests.join(",")));
    }
    if manners == Manners::Wild {
        pairs.push(("device".into(), format!("SN-{device:05}")));
        for _ in 0..rng.u8(..3) {
            pairs.push(match rng.u8(..5) {
                0 => (format!("app{}", rng.u16(..)), "prod".into()),
                1 => (format!("attrX{}", rng.u16(..)), "prod".into()),
                2 => ("hw.serial".into(), format!("{device}")),
                3 => ("_".into(), rng.u32(..).to_string()),
                _ => ("utm_source".into(), "mail".into()),
            });
        }
    }
    rng.shuffle(&mut pairs);
    if rng.u8(..4) == 0 {
        // Of two, the first wins.
        let again = pairs[rng.usize(..pairs.len())].0.clone();
        pairs.push((again, "beta".into()));
    }
    let spelled = pairs.into_iter().map(|(key, value)| format!("{}={}", cased(rng, &key), cased(rng, &value)));
    let query = spelled.collect::<Vec<_>>().join("&");
    let header = if in_header {
        digests.iter().map(|digest| format!("\"{}\"", cased(rng, digest))).collect::<Vec<_>>().join(", ")
    } else {
        String::new()
    };
    (query, header)
}

/// Some of what the device runs: current releases, old ones, and what nobody published.
fn digests(rng: &mut Rng, asks: &str, catalog: &Components, manners: Manners) -> Vec<String> {
    let query = Query::parse(asks, None, &Ladder::default()).unwrap().query;
    let mut digests = Vec::new();
    for entry in decide(&query, catalog, Timestamp(0)).entries {
        let releases = catalog[&entry.component.key()].releases();
        let current = releases.iter().position(|release| Some(&release.version) == entry.target.as_ref()).unwrap();
        match rng.u8(..10) {
            0..4 => digests.push(releases[current].artifact.md5.to_string()),
            4..7 => digests.push(releases[rng.usize(..current)].artifact.md5.to_string()),
            7 if manners == Manners::Wild => digests.push(format!("{:032x}", rng.u128(..))),
            _ => {}
        }
    }
    digests
}

fn cased(rng: &mut Rng, text: &str) -> String {
    match rng.u8(..3) {
        0 => text.to_ascii_uppercase(),
        1 => text.to_ascii_lowercase(),
        _ => text.to_owned(),
    }
}
