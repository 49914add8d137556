//! The story of `ipModule` on a DynamoDB table and an S3 bucket: the same verbs, the same answers.

use edgehop_tests::cloud::{Cloud, patient_clients, wait};
use edgehop_tests::sample::members;
use edgehop_tests::sample_table;
use edgehop_tests::server::Server;
use serde_json::json;

use crate::desk::Desk;
use crate::device::{ask, entry};

/// What an object of the sample's table is, in bytes.
const OBJECT: usize = 3000;

/// 5.6.14, then 5.6.30, which is a barrier, then 6.15.008 on `prod`.
fn publish_story(desk: &Desk) {
    desk.publish("ipModule", "5.6.14", "");
    desk.publish("ipModule", "5.6.30", "--barrier 'moves TURN to MQTT'");
    desk.publish("ipModule", "6.15.008", "--channel prod");
}

/// The release in a package for a device that runs `installed`, and its bytes.
fn delivered(server: &Server, installed: &str) -> (String, Vec<u8>) {
    let answer = ask(server, &format!("/package?ipModule=prod&installed=ipModule@{installed}"), &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
    let [_, (name, bytes)] = members(&answer.body).try_into().unwrap();
    (name, bytes)
}

#[test]
fn the_story_from_publishing_to_collecting() {
    let desk = Desk::on(&Cloud::new());
    publish_story(&desk);
    assert_eq!(desk.json("channel show ipModule")["ipModule"]["prod"]["target"], "6.15.008");
    assert_eq!(desk.json("check")["ipModule"]["problems"], json!([]));
    assert_eq!(desk.json("releases")["ipModule"].as_array().unwrap().len(), 3);
    let explained = desk.json("explain ipModule=prod&installed=ipModule@5.6.14");
    assert_eq!(explained["components"][0]["delivers"], "5.6.30", "{explained}");

    let server = desk.serve_aws();
    for (installed, next) in [("5.6.14", "5.6.30"), ("5.6.30", "6.15.008")] {
        let (name, bytes) = delivered(&server, installed);
        let file = format!("ipModule-{next}.bin");
        assert!(name == format!("ipModule_{next}") && bytes == desk.read(&file).into_bytes(), "{name}");
    }
    let url = entry(&ask(&server, "/package?ipModule=prod&installed=ipModule@5.6.30", &[]), "ipModule");
    let blob = url["url"].as_str().unwrap().strip_prefix(&server.url("")).unwrap().to_owned();
    assert_eq!(ask(&server, &blob, &["Range: bytes=5-9"]).body, desk.read("ipModule-6.15.008.bin").as_bytes()[5..10]);
    drop(server);

    // Review in a file, and back.
    let text = desk.done("export");
    desk.write("catalog.toml", text.replace("moves TURN to MQTT", "moves TURN to MQTT, in two steps"));
    assert!(desk.done("import catalog.toml").contains("in two steps"));
    desk.done("import catalog.toml --apply");
    assert!(desk.done("export").contains("in two steps"));

    desk.publish("ipModule", "6.15.009", "--channel prod");
    desk.done("channel set ipModule prod 6.15.008 --allow-downgrade");
    desk.done("yank ipModule 6.15.009 --reason 'it reboots'");
    assert!(desk.done("releases ipModule").contains("withdrawn: it reboots"));
    let server = desk.serve_aws();
    assert_eq!(delivered(&server, "5.6.30").0, "ipModule_6.15.008");
    let collected = desk.json("gc --dry-run");
    assert_eq!((&collected["objects"], &collected["dry_run"]), (&json!([]), &json!(true)), "all of them are named");
    desk.done("gc");
    assert_eq!(delivered(&server, "5.6.14").0, "ipModule_5.6.30");
}

#[test]
fn signatures_and_sample_data_are_the_same_there() {
    let (cloud, local) = (Cloud::new(), Desk::with_sample());
    let desk = Desk::on(&cloud);
    desk.done("sample --sample-size 4096");
    let released = |desk: &Desk| {
        let mut releases = desk.json("releases");
        for release in releases.as_object_mut().unwrap().values_mut().flat_map(|list| list.as_array_mut().unwrap()) {
            release.as_object_mut().unwrap().remove("published");
        }
        releases
    };
    assert_eq!(released(&desk), released(&local));

    desk.key("a");
    let file = desk.signed("fw", "1.0", "a");
    desk.done(&format!("publish fw 1.0 {file} --trusts a.pub --channel prod"));
    let server = desk.serve_aws();
    let sha256 = desk.json("releases fw")["fw"][0]["artifact"]["sha256"].as_str().unwrap().to_owned();
    let minisig = ask(&server, &format!("/blobs/{sha256}.minisig"), &[]);
    assert_eq!(String::from_utf8(minisig.body).unwrap(), desk.read(&format!("{file}.minisig")));
}

#[test]
fn either_store_goes_with_the_other_kind() {
    let cloud = Cloud::new();
    for options in [
        format!("--catalog dynamodb:{} --artifacts folder:bytes", cloud.table),
        format!("--catalog sqlite:records/catalog.sqlite --artifacts s3:{}/below/that", cloud.bucket),
    ] {
        let desk = Desk::near_aws();
        desk.publish("app", "1.0", &format!("--channel prod {options}"));
        assert_eq!(desk.json(&format!("releases {options}"))["app"][0]["version"], "1.0");
    }
    let names: Vec<_> = cloud.content().objects.into_keys().collect();
    assert!(!names.is_empty() && names.iter().all(|name| name.starts_with("below/that/")), "{names:?}");
}

#[test]
fn the_samples_own_table_is_read_and_never_written() {
    let cloud = Cloud::new();
    wait(async { sample_table::fill(&patient_clients().await, &cloud.table, &cloud.bucket, OBJECT).await });
    let (before, desk) = (cloud.content(), Desk::on(&cloud));
    assert_eq!(desk.json("releases").as_object().unwrap().len(), 5);
    assert_eq!(desk.json("check").as_object().unwrap().len(), 5);
    assert!(desk.done("export").contains("videoStreamer"));
    let explained = desk.json("explain videoStreamer=prod");
    assert_eq!(explained["components"][0]["delivers"], "0.0.1", "{explained}");

    desk.artifact("new.bin");
    for verb in [
        "publish app 1.0 new.bin --channel prod",
        "channel set scoreboard prod 2.0.0",
        "yank scoreboard 1.0.0 --reason x --force y",
        "gc",
    ] {
        let said = desk.run(verb);
        said.check_refusal(1, &["can only be read", "publish into another one", "edgehop adopt"]);
    }
    let options = format!("releases --catalog dynamodb:{} --artifacts folder:.", cloud.table);
    desk.run(&options).check_refusal(1, &["its objects are in a bucket: give --artifacts s3:BUCKET"]);

    // An item that cannot be served is named, and the others are served.
    wait(async {
        let clients = patient_clients().await;
        clients.s3.delete_object().bucket(&cloud.bucket).key("modemFW_1.0").send().await.unwrap();
    });
    let said = desk.run("releases --json");
    assert!(said.code == Some(0) && said.err.contains("not served: item modemFW prod"), "{said:?}");
    assert!(said.err.contains("modemFW_1.0 is missing") && !said.out.contains("modemFW"), "{said:?}");
    assert_eq!(cloud.content().items, before.items);
}
