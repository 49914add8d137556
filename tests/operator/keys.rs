//! A key is rotated: 1.0 is signed by key A, the bridge 2.0 by A too but trusts A and B, 3.0 is signed by B.

use edgehop_tests::server::Server;
use edgehop_tests::tools;
use serde_json::json;

use crate::desk::Desk;
use crate::device::{ask, curl, entry, fails};

const REASON: &str = "recall of 2.0, fleet is in the lab";

/// Two keys, and 1.0 on `prod`, signed by the first of them.
fn first_release() -> Desk {
    let desk = Desk::new();
    for name in ["a", "b"] {
        desk.key(name);
    }
    let file = desk.signed("fw", "1.0", "a");
    desk.done(&format!("publish fw 1.0 {file} --trusts a.pub --channel prod"));
    desk
}

/// The same with the bridge, and `prod` at 3.0.
fn rotated() -> Desk {
    let desk = first_release();
    bridge(&desk, "2.0");
    let file = desk.signed("fw", "3.0", "b");
    desk.done(&format!("publish fw 3.0 {file} --channel prod"));
    desk
}

fn bridge(desk: &Desk, version: &str) {
    let file = desk.signed("fw", version, "a");
    desk.done(&format!("publish fw {version} {file} --trusts a.pub --trusts b.pub"));
}

/// What a device on a version gets: status, version, hops after that.
fn next(server: &Server, installed: &str) -> (u16, String, u64) {
    let entry = entry(&ask(server, &format!("/package?fw=prod&installed=fw@{installed}"), &[]), "fw");
    let status = entry["status_code"].as_u64().unwrap().try_into().unwrap();
    (status, entry["latestVersion"].as_str().unwrap().to_owned(), entry["hopsRemaining"].as_u64().unwrap())
}

#[test]
fn old_devices_are_led_through_the_bridge() {
    let desk = rotated();
    let server = desk.serve();
    assert_eq!(next(&server, "1.0"), (200, "2.0".into(), 1));
    assert_eq!(next(&server, "2.0"), (200, "3.0".into(), 0));
    assert_eq!(next(&server, "3.0"), (304, "3.0".into(), 0));
    assert_eq!(desk.done("check"), "fw               safe, 2 paths proven\n");

    // Who does not say what it runs may be anything.
    let (code, said) = fails(&server, "/package?fw=prod");
    assert!(code == Some(22) && said.contains("428"), "{said}");
    // And what was never published may trust anybody.
    assert_eq!(next(&server, "1.5").0, 409);
}

#[test]
fn devices_verify_what_they_download() {
    let desk = rotated();
    let server = desk.serve();
    let id = |name: &str| desk.json(&format!("key show {name}.pub"))["id"].clone();
    for (installed, version, signer, other) in [("1.0", "2.0", "a", "b"), ("2.0", "3.0", "b", "a")] {
        let target = format!("/package?fw=prod&installed=fw@{installed}&payloadType=metadataOnly");
        let entry = entry(&ask(&server, &target, &[]), "fw");
        assert_eq!((&entry["latestVersion"], &entry["signature"]["keyId"]), (&json!(version), &id(signer)));

        let url = entry["url"].as_str().unwrap();
        let [artifact, signature] =
            [url.to_owned(), format!("{url}.minisig")].map(|url| curl(&["--fail", &url]).stdout);
        assert_eq!(entry["signature"]["minisig"], String::from_utf8(signature.clone()).unwrap());
        assert_eq!(signature, desk.read(&format!("fw-{version}.bin.minisig")).into_bytes());
        desk.write("got.bin", &artifact);
        desk.write("got.bin.minisig", &signature);
        let verify = |key: &str, file: &str| {
            let mut minisign = tools::command("minisign");
            desk.at_home(&mut minisign);
            let files = ["-m", file, "-x", "got.bin.minisig", "-p", &format!("{key}.pub")];
            minisign.args(["-V", "-q"]).args(files).output().unwrap().status.success()
        };
        assert!(verify(signer, "got.bin"), "{version} is signed by {signer}");
        assert!(!verify(other, "got.bin"), "{version} is not signed by {other}");
        assert!(!verify(signer, "a.pub"), "nor is another file");
    }
}

#[test]
fn without_the_bridge_the_new_key_is_refused() {
    let desk = first_release();
    let file = desk.signed("fw", "3.0", "b");
    let unknown = ["unknown", "no release of fw trusts it", "--trusts", "trusts this one first"];
    desk.refused(&format!("publish fw 3.0 {file} --channel prod"), 1, &unknown);
    let stranded = ["1.0 is stranded on prod", "1.0 does not trust the key", "mend it, or say in words"];
    desk.refused(&format!("publish fw 3.0 {file} --channel prod --trusts b.pub"), 3, &stranded);
    desk.refused(&format!("publish fw 3.0 {file} --channel prod --unsigned"), 3, &["1.0 takes signed releases only"]);

    // It may lie ready while no channel points at it.
    desk.done(&format!("publish fw 3.0 {file} --trusts b.pub"));
    desk.refused("channel set fw prod 3.0", 3, &stranded);
    assert_eq!(next(&desk.serve(), "1.0"), (304, "1.0".into(), 0));
}

#[test]
fn a_forced_rotation_keeps_its_reason() {
    let desk = first_release();
    let file = desk.signed("fw", "3.0", "b");
    let said = desk.json(&format!("publish fw 3.0 {file} --channel prod --trusts b.pub --force '{REASON}'"));
    assert!(said["forced"][0].as_str().unwrap().starts_with("1.0 is stranded on prod"), "{said}");
    for shown in ["releases fw", "channel show fw prod", "export fw"] {
        assert!(desk.done(shown).contains(REASON), "{shown}");
    }
    assert_eq!(desk.json("channel show fw")["fw"]["prod"]["forced"], REASON);
    assert_eq!(desk.json("releases fw")["fw"][1]["forced"], REASON);
    assert_eq!(desk.run("check").code, Some(3));
    assert_eq!(next(&desk.serve(), "1.0").0, 409);

    // What is as it must be needs no force, and keeps no reason.
    let file = desk.signed("fw", "3.1", "b");
    let said = desk.json(&format!("publish fw 3.1 {file} --channel prod --force 'to be sure'"));
    assert_eq!((&said["forced"], said["release"].get("forced")), (&json!([]), None), "{said}");
}

/// The bytes of a release trust what they trust: only a record that was wrong may be mended, with a reason.
#[test]
fn what_a_release_trusts_is_not_changed() {
    let desk = first_release();
    let line = "publish fw 1.0 fw-1.0.bin";
    let refused = [
        "fw stays as it is",
        "1.0 is published, so what it trusts cannot change: publish what trusts more as a new version",
    ];
    for trusts in ["--trusts b.pub", "--trusts a.pub --trusts b.pub", "--unsigned --trusts b.pub"] {
        desk.refused(&format!("{line} {trusts}"), 3, &refused);
    }
    let before = desk.state();
    assert_eq!(desk.json(&format!("{line} --trusts a.pub"))["unchanged"], true);
    assert!(desk.state() == before, "the same is no change");

    let said = desk.json(&format!("{line} --trusts a.pub --trusts b.pub --force '{REASON}'"));
    assert_eq!((&said["forced"], &said["release"]["forced"]), (&json!([refused[1]]), &json!(REASON)), "{said}");
    let release = &desk.json("releases fw")["fw"][0];
    assert_eq!((&release["forced"], release["trusts"].as_array().unwrap().len()), (&json!(REASON), 2), "{release}");
    for shown in ["releases fw", "export fw"] {
        assert!(desk.done(shown).contains(REASON), "{shown}");
    }
    // Now that it trusts B, what B signed follows on it.
    let file = desk.signed("fw", "2.0", "b");
    desk.done(&format!("publish fw 2.0 {file} --channel prod"));
    // Less may be said to be trusted at any time: whoever it strands is stranded, and that is another question.
    desk.refused(&format!("{line} --trusts a.pub"), 3, &["1.0 is stranded on prod", "1.0 does not trust the key"]);
}

#[test]
fn a_bridge_is_not_withdrawn_under_devices() {
    let desk = rotated();
    let stranded =
        ["fw stays as it is", "1.0 is stranded on prod", "1.0 does not trust the key", "mend it, or say in words"];
    desk.refused("yank fw 2.0 --reason 'drains the battery'", 3, &stranded);
    assert_eq!(desk.done("check"), "fw               safe, 2 paths proven\n");

    let said = desk.json(&format!("yank fw 2.0 --reason 'drains the battery' --force '{REASON}'"));
    assert!(said["forced"][0].as_str().unwrap().contains("1.0 is stranded on prod"), "{said}");
    for shown in ["releases", "export", "releases --json", "export --json"] {
        let shown = desk.done(shown);
        assert!(shown.contains(REASON) && shown.contains("drains the battery"), "{shown}");
    }
    let check = desk.run("check");
    assert_eq!((check.code, check.err.as_str()), (Some(3), ""), "{check:?}");
    assert!(check.out.contains("NOT SAFE") && check.out.contains("1.0 is stranded on prod"), "{check:?}");
    let check = desk.run("check fw --json");
    let found: serde_json::Value = serde_json::from_str(&check.out).unwrap();
    assert_eq!((check.code, found["fw"]["problems"].as_array().unwrap().len()), (Some(3), 1), "{check:?}");

    // 1.0 is told why, 2.0 goes on.
    let server = desk.serve();
    let answer = ask(&server, "/package?fw=prod&installed=fw@1.0", &[]);
    let refused = entry(&answer, "fw");
    assert_eq!((answer.status, &refused["status_code"]), (409, &json!(409)), "{refused}");
    assert!(refused["reason"].as_str().unwrap().contains("does not trust the key"), "{refused}");
    assert_eq!(next(&server, "2.0"), (200, "3.0".into(), 0));
    drop(server);

    bridge(&desk, "2.1");
    assert_eq!(desk.done("check"), "fw               safe, 3 paths proven\n");
    let server = desk.serve();
    assert_eq!(next(&server, "1.0"), (200, "2.1".into(), 1));
    assert_eq!(next(&server, "2.1"), (200, "3.0".into(), 0));
    assert_eq!(next(&server, "2.0"), (200, "3.0".into(), 0));
}
