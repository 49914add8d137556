//! `--json`: every verb says the same as JSON, under these names. Programs read them, so none goes away.

use serde_json::Value;

use crate::desk::Desk;

/// A signed release with every constraint that does not exclude another, on `prod`.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.key("a");
    let file = desk.signed("fw", "1.0", "a");
    desk.done(&format!("publish fw 1.0 {file} --trusts a.pub --notes 'the first' --channel prod --attribute gamer"));
    let file = desk.signed("fw", "2.0", "a");
    desk.done(&format!(
        "publish fw 2.0 {file} --from '>=1.0' --barrier 'moves the partition table' --floor 1.0 \
         --requires 'hw.rev>=3' --channel beta --allow-downgrade"
    ));
    desk
}

/// That the object at a place has these keys and no others.
fn check_keys(value: &Value, pointer: &str, keys: &str) {
    let object = value.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {value}"));
    let mut found: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected: Vec<&str> = keys.split(' ').filter(|key| !key.is_empty()).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{pointer} in {value:#}");
}

const SIGNED: &str = "version artifact published signature trusts";

#[test]
fn what_is_published() {
    let desk = desk();
    let all = format!("{SIGNED} from barrier floor requires");
    let said = desk.json("publish fw 2.0 fw-2.0.bin");
    check_keys(&said, "", "component release channel unchanged forced");
    check_keys(&said, "/release", &all);
    check_keys(&said, "/release/artifact", "sha256 md5 size crc32 fragment");
    check_keys(&said, "/release/artifact/fragment", "sha256 size");
    check_keys(&said, "/release/signature", "key minisig");
    assert_eq!((&said["channel"], &said["unchanged"]), (&Value::Null, &Value::Bool(true)));

    let said = desk.json("releases");
    check_keys(&said, "", "fw");
    check_keys(&said, "/fw/0", &format!("{SIGNED} notes channels"));
    check_keys(&said, "/fw/1", &format!("{all} channels"));
    assert_eq!(said["fw"][1]["channels"], serde_json::json!(["beta"]));

    let said = desk.json("export");
    check_keys(&said, "/fw", "channel release");
    check_keys(&said, "/fw/channel/beta", "target attributes allow_downgrade");
    check_keys(&said, "/fw/release/1", &all);

    let said = desk.json("yank fw 1.0 --reason 'drains the battery' --force 'all devices are in the lab'");
    check_keys(&said, "", "component release unchanged forced");
    check_keys(&said, "/release", &format!("{SIGNED} notes withdrawn forced"));
    check_keys(&said, "/release/withdrawn", "reason at");
    let check = desk.run("check --json");
    assert_eq!(check.code, Some(3), "{check:?}");
    check_keys(&serde_json::from_str(&check.out).unwrap(), "/fw", "problems notes paths");
}

#[test]
fn what_channels_point_at() {
    let desk = desk();
    let said = desk.json("channel show");
    check_keys(&said, "", "fw");
    check_keys(&said, "/fw", "beta prod");
    check_keys(&said, "/fw/prod", "target attributes");
    check_keys(&said, "/fw/beta", "target attributes allow_downgrade");
    let said = desk.json("channel set fw beta 1.0 --attribute gamer --allow-downgrade");
    check_keys(&said, "", "component name channel unchanged forced");
    check_keys(&said, "/channel", "target attributes allow_downgrade");
    assert_eq!(desk.json("channel set fw beta --attribute gamer")["unchanged"], true);
    let said = desk.json("channel remove fw beta");
    check_keys(&said, "", "component name channel unchanged forced");
    assert_eq!(said["channel"], Value::Null);
}

#[test]
fn what_an_import_would_change() {
    let desk = desk();
    desk.done("export -o catalog.toml");
    let said = desk.json("import catalog.toml");
    check_keys(&said, "", "changes applied");
    assert_eq!(said["changes"].as_array().unwrap().len(), 0);
    desk.write("catalog.toml", desk.read("catalog.toml").replace("the first", "the very first"));
    let said = desk.json("import catalog.toml --apply");
    check_keys(&said, "/changes/0", "component lines forced");
    assert_eq!((&said["applied"], said["changes"].as_array().unwrap().len()), (&Value::Bool(true), 1));
    assert_eq!(said["changes"][0]["lines"][0], "~ release 1.0: notes: the first → the very first");
}

#[test]
fn what_a_device_gets() {
    let desk = desk();
    let said = desk.json("explain 'fw=prod&installed=fw@0.9&nobody=prod'");
    check_keys(&said, "", "canonical_query status not_published components");
    check_keys(&said, "/components/0", "component status_code delivers target path steps");
    assert_eq!(said["not_published"], serde_json::json!(["nobody"]));
}

#[test]
fn what_is_drawn() {
    let desk = desk();
    let said = desk.json("graph fw");
    check_keys(&said, "", "component facts unsaid releases channels");
    let node =
        "version barrier bars dead_end withdrawn superseded_by signed_by trusts trust_change from floor requires";
    check_keys(&said, "/releases/0", node);
    check_keys(&said, "/releases/0/trust_change", "added removed");
    check_keys(&said, "/channels/0", "channel target published allow_downgrade steps");
    let step = |said: &Value, index: usize, keys: &str| {
        let channel = said["channels"].as_array().unwrap().iter().find(|line| line["channel"] == "beta").unwrap();
        check_keys(&channel["steps"][index], "", keys);
        channel["steps"][index].clone()
    };
    let have = step(&said, 1, "installed next reason");
    assert_eq!((&have["installed"], &have["next"]), (&"2.0".into(), &"have".into()));
    let refused = step(&said, 0, "installed next reason status_code");
    assert_eq!((&refused["next"], &refused["status_code"]), (&"refused".into(), &412.into()));
    assert_eq!((&said["facts"], &said["unsaid"]), (&serde_json::json!({}), &serde_json::json!(["hw.rev"])));

    let said = desk.json("graph FW --fact HW.Rev=3 --channel Beta");
    let install = step(&said, 0, "installed next reason version hops_remaining");
    assert_eq!((&install["next"], &install["version"]), (&"install".into(), &"2.0".into()));
    assert_eq!((&said["facts"], &said["unsaid"]), (&serde_json::json!({"hw.rev": "3"}), &serde_json::json!([])));
    assert_eq!(said["channels"].as_array().unwrap().len(), 1);

    // However it is drawn, the data are the same; and a file is written all the same.
    for format in ["text", "dot", "mermaid", "svg"] {
        let line = format!("graph fw --fact hw.rev=3 --channel beta --format {format}");
        let drawn = desk.done(&line);
        assert_eq!(desk.json(&format!("{line} --output drawn")), said, "{format}");
        assert_eq!(desk.read("drawn").trim_end(), drawn.trim_end(), "{format}");
        assert!(drawn.contains("2.0"), "{format}: {drawn}");
    }
}

#[test]
fn what_was_signed() {
    let desk = desk();
    let statement = "component version sha256 size issued expires minimum";
    let sign = "sign fw-1.0.bin --component fw --version 1.0";
    let said = desk.json(&format!("{sign} --comment-only"));
    check_keys(&said, "", "statement trusted_comment");
    check_keys(&said, "/statement", statement);
    let said = desk.json(&format!("{sign} --key a.key --expires 1h --minimum 0.5 --output other.minisig"));
    check_keys(&said, "", "statement trusted_comment signed");
    check_keys(&said, "/signed", "file key signature");
    let said = desk.json("verify fw-1.0.bin --public-key a.pub --signature other.minisig --component fw --version 1.0");
    check_keys(&said, "", "file key trusted_comment statement");
    check_keys(&said, "/statement", statement);
    let said = desk.json("key generate --no-password --secret b.key --public b.pub");
    check_keys(&said, "", "id public_key made");
    check_keys(&said, "/made", "secret public");
    check_keys(&desk.json("key show b.key"), "", "id public_key");
}

#[test]
fn what_is_made_and_deleted() {
    let desk = desk();
    let said = desk.json("gc --dry-run");
    check_keys(&said, "", "objects bytes kept cold dry_run");
    let said = desk.json("warm --yes");
    check_keys(&said, "", "tier days objects costs total_usd asked");
    check_keys(&said, "/costs", "retrieval_usd requests_usd copies_usd");
    check_keys(&said, "/objects/0", "object size releases state");
    check_keys(&said, "/objects/0/releases/0", "component version");
    assert_eq!((&said["objects"][0]["state"], &said["asked"]), (&Value::from("ready"), &Value::Bool(false)));
    let said = desk.json("sample --sample-size 100");
    assert_eq!(said.as_array().unwrap().len(), 12);
    check_keys(&said, "/0", "component version channel md5");
    // These two print for another program already, whose language is not JSON.
    for verb in ["completions bash", "man"] {
        assert_eq!(desk.done(&format!("{verb} --json")), desk.done(verb));
    }
}
