//! `edgehop warm`: what is cold, what restoring it costs, and that nothing is restored without a yes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws::{Options, S3Artifacts, connect};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use edgehop_tests::glacier::Glacier;
use publishing::{Costs, State, Warming, warm, warming};
use resolver::catalog::{Archive, Artifact, Channel, Component, Fragment, ObjectKey, Release, Revision, Tier};
use resolver::words::{Md5, Sha256, Timestamp};
use serde_json::{Value, json};
use store::Artifacts as _;

use crate::desk::Desk;

const SIZE: usize = 100_000;

/// A component on an S3 with archives, all of its bytes there: 1.0, the barrier 2.0, 3.0, `prod`'s target 4.0, and 5.0,
/// which `beta` points at.
struct Shelf {
    glacier: Glacier,
    client: aws_sdk_s3::Client,
    artifacts: S3Artifacts,
    component: Component,
}

impl Shelf {
    async fn new() -> Shelf {
        let glacier = Glacier::start();
        let credentials = Credentials::new("key", "secret", None, None, "the tests");
        let clients = connect(Options {
            region: Some("us-east-1".to_owned()),
            s3_endpoint: Some(glacier.url.clone()),
            credentials: Some(SharedCredentialsProvider::new(credentials)),
            ..Options::default()
        });
        let client = clients.await.s3;
        let artifacts = S3Artifacts::new(client.clone(), "cold", "");
        let mut releases = Vec::new();
        for version in ["1.0", "2.0", "3.0", "4.0", "5.0"] {
            let barrier = (version == "2.0").then(|| "moves the partition table".parse().unwrap());
            releases.push(Arc::new(Release { barrier, ..put(&artifacts, version).await }));
        }
        let channel = |target: &str| Channel::new(target.parse().unwrap());
        let channels = BTreeMap::from([("prod", "4.0"), ("beta", "5.0")])
            .into_iter()
            .map(|(name, target)| (name.parse().unwrap(), channel(target)));
        let component = Component::new("fw".parse().unwrap(), Revision(1), channels.collect(), releases);
        Shelf { glacier, client, artifacts, component }
    }

    /// The artifact and the fragment of a version.
    fn objects(&self, version: &str) -> [ObjectKey; 2] {
        let artifact = &self.component.release(&version.parse().unwrap()).unwrap().artifact;
        [ObjectKey::Blob(artifact.sha256), ObjectKey::Fragment(artifact.fragment.unwrap().sha256)]
    }

    /// Moves all of a version's bytes to a storage class.
    fn moved(&self, version: &str, class: &'static str) {
        self.objects(version).iter().for_each(|object| self.glacier.moved(&format!("cold/{object}"), class));
    }

    async fn looked_at(&self, only: &[&str], tier: Tier) -> Warming {
        let only = only.iter().map(|name| name.parse().unwrap()).collect();
        warming(&self.artifacts, std::slice::from_ref(&self.component), &only, tier, 30).await.unwrap()
    }
}

/// A release whose bytes, and those of its fragment, are there.
async fn put(artifacts: &S3Artifacts, version: &str) -> Release {
    let folder = edgehop_tests::server::folder();
    let mut digests = Vec::new();
    for (what, size) in [("blob", SIZE), ("fragment", SIZE / 2)] {
        let bytes: Vec<u8> = format!("{what} of {version}\n").into_bytes().into_iter().cycle().take(size).collect();
        let (file, sha256) = (folder.path().join(what), Sha256::of(&bytes));
        std::fs::write(&file, &bytes).unwrap();
        let key = if what == "blob" { ObjectKey::Blob(sha256) } else { ObjectKey::Fragment(sha256) };
        artifacts.put(&key, &file, &md5(&bytes)).await.unwrap();
        digests.push((sha256, md5(&bytes), size as u64));
    }
    let [(sha256, md5, size), (fragment, _, fragment_size)] = digests[..] else { unreachable!() };
    let fragment = Some(Fragment { sha256: fragment, size: fragment_size });
    Release::new(version.parse().unwrap(), Artifact { sha256, md5, size, crc32: Some(0), fragment }, Timestamp(0))
}

fn md5(bytes: &[u8]) -> Md5 {
    use md5::Digest as _;
    resolver::words::Digest(md5::Md5::digest(bytes).into())
}

/// The versions that need the objects, and how things stand with each, in words.
fn states(warming: &Warming) -> BTreeMap<String, Vec<String>> {
    let mut states = BTreeMap::<String, Vec<String>>::new();
    for one in &warming.objects {
        for needs in &one.releases {
            let state = match one.state {
                State::Ready => "ready".to_owned(),
                State::Cold { archive } => format!("cold in {archive}"),
                State::Restoring { tier, .. } => format!("restoring by {tier}"),
                State::Missing => "missing".to_owned(),
            };
            states.entry(needs.version.to_string()).or_default().push(state);
        }
    }
    states
}

#[tokio::test]
async fn what_channels_can_deliver_is_restored_and_nothing_else() {
    let shelf = Shelf::new().await;
    for version in ["1.0", "2.0", "3.0", "4.0", "5.0"] {
        shelf.moved(version, "GLACIER");
    }
    // 1.0 and 3.0 are on nobody's way; the barrier is on everybody's.
    let cold = || vec!["cold in Glacier Flexible Retrieval".to_owned(); 2];
    let found = shelf.looked_at(&["prod"], Tier::Standard).await;
    assert_eq!(states(&found), BTreeMap::from([("2.0".to_owned(), cold()), ("4.0".to_owned(), cold())]));
    assert_eq!(found.costs, Costs::of(Archive::Flexible, Tier::Standard, 30, 4, 300_000));
    assert!(!found.asked && found.total_usd == found.costs.total());
    let all = shelf.looked_at(&[], Tier::Standard).await;
    assert_eq!(states(&all).into_keys().collect::<Vec<_>>(), ["2.0", "4.0", "5.0"]);
    assert_eq!((shelf.glacier.calls("RESTORE"), shelf.glacier.asked()), (0, vec![]), "who looks changes nothing");

    let done = warm(&shelf.artifacts, found.clone()).await.unwrap();
    assert!(done.asked && states(&done)["4.0"] == ["restoring by standard"; 2]);
    assert_eq!(done.costs, found.costs, "what it said it costs");
    let asked = shelf.glacier.asked();
    let names: Vec<&str> = asked.iter().map(|asked| asked.name.as_str()).collect();
    let mut expected: Vec<String> = ["2.0", "4.0"]
        .iter()
        .flat_map(|version| shelf.objects(version))
        .map(|object| format!("cold/{object}"))
        .collect();
    expected.sort();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert!(asked.iter().all(|asked| asked.tier == "Standard" && asked.days == Some(30)), "{asked:?}");

    // Again: nothing is cold any more, and nothing is asked for.
    let again = shelf.looked_at(&["prod"], Tier::Standard).await;
    assert_eq!((again.cold().count(), again.costs), (0, Costs::default()));
    warm(&shelf.artifacts, again).await.unwrap();
    assert_eq!(shelf.glacier.asked(), []);
    names.iter().for_each(|name| shelf.glacier.restored(name));
    assert!(
        states(&shelf.looked_at(&["prod"], Tier::Bulk).await).into_values().flatten().all(|state| state == "ready")
    );
}

#[tokio::test]
async fn the_text_says_what_is_cold_and_what_it_costs() {
    let shelf = Shelf::new().await;
    let ready = shelf.looked_at(&[], Tier::Bulk).await.to_string();
    assert_eq!(ready, "all that the channels can deliver is ready: objects 6 of 450000 bytes");
    shelf.moved("5.0", "DEEP_ARCHIVE");
    shelf.moved("2.0", "GLACIER_IR");
    let found = shelf.looked_at(&[], Tier::Bulk).await;
    let text = found.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].ends_with("bytes  cold, in Glacier Deep Archive  for fw 5.0"), "{text}");
    assert_eq!(lines[2], "objects: 4 of 300000 bytes ready, 0 of 0 bytes being restored, 2 of 150000 bytes cold");
    assert_eq!(
        lines[3],
        "restoring by bulk takes 48 hours and costs $0.000055: $0.000001 for bytes, $0.000050 for requests, $0.000004 \
         for 30 days of copies (list prices of us-east-1, 2026-06)"
    );
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["costs"], json!({ "retrieval_usd": 0.000001, "requests_usd": 0.00005, "copies_usd": 0.000004 }));
    assert_eq!((&json["total_usd"], &json["tier"], &json["asked"]), (&json!(0.000055), &json!("bulk"), &json!(false)));
    let cold: Vec<&Value> = json["objects"].as_array().unwrap().iter().filter(|one| one["state"] == "cold").collect();
    assert_eq!((cold.len(), &cold[0]["archive"]), (2, &json!("Glacier Deep Archive")));
    assert_eq!(cold[0]["releases"], json!([{ "component": "fw", "version": "5.0" }]));

    let done = warm(&shelf.artifacts, found).await.unwrap();
    let text = done.to_string();
    assert!(text.contains("being restored from Glacier Deep Archive by bulk since 20"), "{text}");
    let (_, end) = text.split_once(", 2 of 150000 bytes being restored, 0 of 0 bytes cold\n").unwrap();
    assert!(end.starts_with("asked for what was cold, by bulk; it costs $0.000055: "), "{text}");
    let json = serde_json::to_value(&done).unwrap();
    let restoring = json["objects"].as_array().unwrap().iter().find(|one| one["state"] == "restoring").unwrap();
    assert_eq!((&restoring["by"], restoring["since"].is_string()), (&json!("bulk"), true));
}

#[tokio::test]
async fn what_is_missing_is_said_and_the_rest_looked_at() {
    let shelf = Shelf::new().await;
    let [blob, _] = shelf.objects("4.0");
    shelf.artifacts.set_aside(&blob).await.unwrap();
    shelf.moved("2.0", "GLACIER");
    let found = shelf.looked_at(&["prod"], Tier::Expedited).await;
    let text = found.to_string();
    assert!(text.contains(&format!("{blob}  100000 bytes  MISSING  for fw 4.0\n")), "{text}");
    assert!(text.contains("150000 bytes cold, 1 of 100000 bytes missing\n"), "{text}");
    assert!(text.contains("restoring by expedited takes 5 minutes and costs $0.03: "), "{text}");
    assert_eq!(states(&found)["2.0"], ["cold in Glacier Flexible Retrieval"; 2]);
}

/// What S3 was asked for and refused does not look as if it went on, neither to the same operator nor to another.
#[tokio::test]
async fn what_was_refused_is_asked_for_again() {
    let shelf = Shelf::new().await;
    shelf.moved("4.0", "GLACIER");
    let found = shelf.looked_at(&["prod"], Tier::Bulk).await;
    assert_eq!(found.cold().count(), 2);
    // Both of them, however often the SDK asks.
    let refusals = 2 * aws::ATTEMPTS as usize;
    (0..refusals).for_each(|_| shelf.glacier.refuse(503, "SlowDown"));
    let error = warm(&shelf.artifacts, found).await.unwrap_err();
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("SlowDown"), "{error:?}");
    // One's failure does not end what is done about the other.
    assert_eq!((shelf.glacier.calls("RESTORE"), shelf.glacier.asked()), (refusals, vec![]));

    // A moment later nobody asks S3 again, and nobody says that it goes on.
    let again = shelf.looked_at(&["prod"], Tier::Bulk).await;
    let error = warm(&shelf.artifacts, again).await.unwrap_err();
    let said = std::error::Error::source(&error).unwrap().to_string();
    assert!(said.contains("failed less than 20 seconds ago: try again then"), "{said}");
    assert_eq!(shelf.glacier.calls("RESTORE"), refusals);

    for object in shelf.objects("4.0") {
        shelf.glacier.aged(&format!("cold/restores/{object}"), Duration::from_secs(20));
    }
    let again = shelf.looked_at(&["prod"], Tier::Bulk).await;
    let done = warm(&shelf.artifacts, again).await.unwrap();
    assert!(done.asked && states(&done)["4.0"] == ["restoring by bulk"; 2]);
    assert_eq!(
        (shelf.glacier.asked().len(), shelf.glacier.calls("RESTORE"), done.cold().count()),
        (2, refusals + 2, 0)
    );
}

/// Of a claim whose owner was killed nobody says that it goes on, either.
#[tokio::test]
async fn what_somebody_was_about_to_ask_for_is_no_restore() {
    let shelf = Shelf::new().await;
    shelf.moved("4.0", "GLACIER");
    let (found, [blob, fragment]) = (shelf.looked_at(&["prod"], Tier::Bulk).await, shelf.objects("4.0"));
    let claim = format!("restores/{blob}");
    let put = shelf.client.put_object().bucket("cold").key(&claim);
    put.body(b"bulk 2026-01-01T00:00:00Z 1\n".to_vec().into()).send().await.unwrap();
    let error = warm(&shelf.artifacts, found.clone()).await.unwrap_err();
    let said = std::error::Error::source(&error).unwrap().to_string();
    assert!(said.contains(&blob.to_string()) && said.contains("try again in 5 minutes"), "{said}");
    let asked: Vec<String> = shelf.glacier.asked().into_iter().map(|asked| asked.name).collect();
    assert_eq!(asked, [format!("cold/{fragment}")], "what is wrong with one is not the other's");
    // Somebody who is at it gets there in a moment.
    let (glacier, name) = (shelf.glacier.clone(), format!("cold/{blob}"));
    let asking = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        glacier.asked_by_hand(&name);
    });
    let done = warm(&shelf.artifacts, found).await.unwrap();
    asking.await.unwrap();
    assert_eq!(done.cold().count(), 0);
}

#[test]
fn in_a_folder_everything_is_ready() {
    let desk = Desk::with_sample();
    let before = desk.state();
    for line in ["warm", "warm --yes", "warm ipModule --channel prod --tier standard --days 3"] {
        let said = desk.done(line);
        assert!(said.starts_with("all that the channels can deliver is ready: objects "), "{line}: {said}");
    }
    assert_eq!(desk.json("warm --yes")["asked"], json!(false), "there was nothing to ask for");
    assert!(desk.state() == before, "something changed");
    desk.refused("warm nothing", 1, &["nothing is not published: there is "]);
    desk.refused("warm --channel stable", 1, &["no component has a channel stable: there is beta, prod"]);
}
