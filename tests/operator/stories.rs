//! The story of `ipModule`: 5.6.14, then 5.6.30, which moves its transport and is a barrier, then 6.15.008.

use std::sync::LazyLock;

use edgehop_tests::client::Response;
use edgehop_tests::sample::members;
use edgehop_tests::server::{self, Server};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::device::{ask, entry, fails, shell};

const STORY: &str = "/package?ipModule=prod";

/// The MD5 of each release of `ipModule`: the same on every machine.
static DIGESTS: LazyLock<Value> = LazyLock::new(|| Desk::with_sample().json("releases ipModule"));

fn digest(version: &str) -> String {
    let releases = DIGESTS["ipModule"].as_array().unwrap();
    let release = releases.iter().find(|release| release["version"] == version).unwrap();
    release["artifact"]["md5"].as_str().unwrap().to_owned()
}

fn sample() -> Server {
    Server::start(&["--sample-size", "4096"])
}

/// That the answer is a package with this release alone.
fn check_package(answer: &Response, version: &str, hops_remaining: u32) {
    assert_eq!((answer.status, answer.header("content-type").unwrap().as_str()), (200, "application/gzip"));
    let members = members(&answer.body);
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["package_details.json", &format!("ipModule_{version}")]);
    let entry = entry(answer, "ipModule");
    let expected = [
        ("latestVersion", json!(version)),
        ("status_code", json!(200)),
        ("targetVersion", json!("6.15.008")),
        ("hopsRemaining", json!(hops_remaining)),
        ("md5", json!(digest(version))),
        ("size", json!(members[1].1.len())),
    ];
    expected.iter().for_each(|(key, value)| assert_eq!(&entry[key], value, "{key} in {entry}"));
    let barrier = entry["reason"] == "barrier: moves TURN to MQTT";
    assert_eq!(barrier, version == "5.6.30", "{entry}");
}

/// That the answer is a list by which the device has everything.
fn check_current(answer: &Response) {
    assert_eq!((answer.status, answer.header("content-type").unwrap().as_str()), (200, "application/json"));
    assert_eq!(answer.header("etag").unwrap(), "W/\"current\"");
    let entries = answer.json();
    assert!(entries.as_object().unwrap().values().all(|entry| entry["status_code"] == 304), "{entries}");
    assert_eq!(entries["ipModule"]["latestVersion"], "6.15.008");
}

#[test]
fn a_device_that_says_what_it_runs_goes_through_the_barrier() {
    let server = sample();
    let installed = |version: &str| ask(&server, &format!("{STORY}&installed=ipModule@{version}"), &[]);
    check_package(&installed("5.6.14"), "5.6.30", 1);
    check_package(&installed("5.6.30"), "6.15.008", 0);
    check_current(&installed("6.15.008"));

    // With a condition, whatever it is, the list has nothing to add.
    let target = format!("{STORY}&installed=ipModule@6.15.008");
    for condition in ["If-None-Match: W/\"current\"", "If-None-Match: \"p-0123\""] {
        let answer = ask(&server, &target, &[condition]);
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{condition}: {answer:?}");
    }
}

#[test]
fn a_digest_says_it_as_well() {
    let server = sample();
    let header = |version: &str| ask(&server, STORY, &[&format!("If-None-Match: {}", digest(version))]);
    check_package(&header("5.6.14"), "5.6.30", 1);
    check_package(&header("5.6.30"), "6.15.008", 0);
    let last = header("6.15.008");
    assert_eq!((last.status, last.body.len()), (304, 0), "{last:?}");

    let have = |versions: &[&str]| {
        let digests: Vec<String> = versions.iter().map(|version| digest(version)).collect();
        ask(&server, &format!("{STORY}&have={}", digests.join(",")), &[])
    };
    check_package(&have(&["5.6.14"]), "5.6.30", 1);
    check_current(&have(&["6.15.008"]));
    // One that keeps its last release as a fallback.
    check_package(&have(&["5.6.14", "5.6.30"]), "6.15.008", 0);
    let quoted = format!("If-None-Match: \"{}\"", digest("5.6.14").to_uppercase());
    check_package(&ask(&server, STORY, &[&quoted]), "5.6.30", 1);
}

#[test]
fn a_device_that_says_nothing_is_asked() {
    let server = sample();
    for target in [STORY, "/package?ipModule=prod&payloadType=metadataOnly", "/package?ipModule=prod&have=00"] {
        let target = target.replace("have=00", &format!("have={}", "0".repeat(32)));
        let answer = ask(&server, &target, &[]);
        assert_eq!((answer.status, answer.header("content-type").unwrap().as_str()), (428, "application/json"));
        let entry = entry(&answer, "ipModule");
        assert_eq!((&entry["status_code"], &entry["targetVersion"]), (&json!(428), &json!("6.15.008")));
        let reason = entry["reason"].as_str().unwrap();
        assert!(reason.contains("installed=ipModule@<version>") && reason.contains("5.6.30"), "{reason}");
        assert!(entry.get("url").is_none(), "nothing is to be fetched: {entry}");
        let (code, said) = fails(&server, &target);
        assert!(code == Some(22) && said.contains("428"), "{code:?} {said}");
    }
}

#[test]
fn a_version_may_be_spelled_otherwise() {
    let server = sample();
    let installed = |version: &str| ask(&server, &format!("{STORY}&installed=ipModule@{version}"), &[]);
    let [first, second] = ["5.6.14", "5.6.30"].map(installed);
    for (spellings, published) in
        [(["v5.6.14", "V5.6.14", "5.6.014", "5_6-14"], &first), (["v5.6.30", "5.6.30.0", "5.06.30", "5-6-30"], &second)]
    {
        for spelling in spellings {
            let answer = installed(spelling);
            assert!(answer.body == published.body, "{spelling}: {:?}", entry(&answer, "ipModule"));
        }
    }
    for spelling in ["6.15.8", "v6.15.008", "6.15.8.0", "06.15.08"] {
        check_current(&installed(spelling));
    }
    let other = ask(&server, "/package?IPMODULE=PROD&Installed=IpModule@5.6.14", &[]);
    assert!(other.body == first.body, "names and keys are the same in any case");
}

#[test]
fn a_version_that_was_never_published_stands_where_it_stands() {
    let server = sample();
    let target = |version: &str| format!("{STORY}&installed=ipModule@{version}");
    for below in ["5.6.20", "5.6.14.1", "5.6.30-rc1", "5.6", "1.0"] {
        check_package(&ask(&server, &target(below), &[]), "5.6.30", 1);
    }
    for above in ["5.6.31", "6.0", "6.15.7"] {
        check_package(&ask(&server, &target(above), &[]), "6.15.008", 0);
    }
    let newer = ask(&server, &target("7.0"), &[]);
    let entry = entry(&newer, "ipModule");
    assert_eq!((newer.status, &entry["status_code"]), (409, &json!(409)), "{entry}");
    assert!(entry["reason"].as_str().unwrap().contains("no downgrade"), "{entry}");
    assert_eq!(fails(&server, &target("7.0")).0, Some(22));
}

#[test]
fn a_shell_script_is_device_enough() {
    let server = sample();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/operator/device.sh");
    let run = |version: &str| {
        let folder = server::folder();
        let output = shell(folder.path(), &[script, &server.url(""), version]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let last = "up to date on 6.15.008 after";
    assert_eq!(run("5.6.14"), format!("installed 5.6.30\ninstalled 6.15.008\n{last} 2 downloads\n"));
    assert_eq!(run("5.6.30"), format!("installed 6.15.008\n{last} 1 downloads\n"));
    assert_eq!(run("6.15.008"), format!("{last} 0 downloads\n"));
}
