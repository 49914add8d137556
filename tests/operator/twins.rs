//! Releases with the same bytes, and artifacts whose usual names are the same: what a digest says, and what it does not.

use edgehop_tests::sample::members;
use edgehop_tests::server::Server;

use crate::desk::Desk;
use crate::device::{ask, entry};

/// A desk with the files `a` to `d`, and what is published of them.
fn desk(published: &[&str]) -> Desk {
    let desk = Desk::new();
    ["a", "b", "c", "d"].iter().for_each(|name| desk.artifact(name));
    published.iter().for_each(|line| drop(desk.done(&format!("publish {line}"))));
    desk
}

fn digest(desk: &Desk, component: &str, version: &str) -> String {
    let releases = desk.json(&format!("releases {component}"));
    let release = releases[component].as_array().unwrap().iter().find(|release| release["version"] == version).unwrap();
    release["artifact"]["md5"].as_str().unwrap().to_owned()
}

/// The status of a component's entry, and the version that it delivers or names.
fn given(server: &Server, component: &str, query: &str) -> (u64, String) {
    let entry = entry(&ask(server, &format!("/package?{query}"), &[]), component);
    (entry["status_code"].as_u64().unwrap(), entry["latestVersion"].as_str().unwrap().to_owned())
}

#[test]
fn a_newer_release_with_the_same_bytes_takes_nothing_from_who_runs_the_older() {
    let desk = desk(&["app 1.0 a --channel prod", "app 1.1 b --channel prod", "app 1.2 a --channel beta"]);
    let query = format!("app=prod&have={}", digest(&desk, "app", "1.0"));
    assert_eq!(given(&desk.serve(), "app", &query), (200, "1.1".into()));
    let said = desk.done(&format!("explain '{query}'"));
    assert!(said.contains("1.2 has the same bytes: the oldest that is not withdrawn counts"), "{said}");
    assert!(desk.done("check app").contains("note: 1.2 has the bytes of 1.0"));

    desk.done("channel remove app beta");
    desk.done("yank app 1.2 --reason 'not needed'");
    assert_eq!(given(&desk.serve(), "app", &query), (200, "1.1".into()));
}

#[test]
fn nobody_is_led_past_a_barrier_by_bytes_that_came_again() {
    let desk = desk(&["app 1 a", "app 2 b --barrier 'moves TURN'", "app 3 a --channel prod"]);
    // A device on 3 would be led down to 2.
    let line = "publish app 4 c --channel prod";
    desk.refused(line, 3, &["3 and 1 have the same bytes", "taken for one on 1", "2 is older than 3", "built anew"]);
    desk.done(&format!("{line} --force 'all of them say installed'"));
    let digest = digest(&desk, "app", "1");
    let server = desk.serve();
    assert_eq!(given(&server, "app", &format!("app=prod&have={digest}")), (200, "2".into()));
    assert_eq!(given(&server, "app", &format!("app=prod&have={digest}&installed=app@3")), (200, "4".into()));
}

#[test]
fn withdrawing_the_older_of_two_is_refused_where_it_would_lose_devices() {
    let desk = desk(&["app 1 a", "app 2 b --barrier 'moves TURN'", "app 3 a", "app 4 c"]);
    desk.done("channel set app prod 4 --force 'all of them say installed'");
    // Then the digest would stand for 3, past the barrier.
    desk.refused("yank app 1 --reason bad", 3, &["1 and 3 have the same bytes", "2 must be installed before 4"]);
}

#[test]
fn a_revert_reaches_who_keeps_its_bytes_in_the_other_slot() {
    let desk = desk(&["app 1.0 a", "app 1.1 b", "app 1.2 a --channel prod"]);
    let [old, bad] = ["1.0", "1.1"].map(|version| digest(&desk, "app", version));
    let server = desk.serve();
    let ask_with = |more: &str| given(&server, "app", &format!("app=prod&have={old},{bad}{more}"));
    assert_eq!(ask_with("&installed=app@1.1"), (200, "1.2".into()));
    assert_eq!(ask_with("&installed=app@1.2").0, 304);
    // It may run either: it is neither left on the bad one, nor sent for ever what it has.
    assert_eq!(ask_with("").0, 428);
    assert_eq!(given(&server, "app", &format!("app=prod&have={old}")).0, 304);
    assert_eq!(given(&server, "app", &format!("app=prod&have={bad}")), (200, "1.2".into()));
    for tags in [format!("If-None-Match: {old}, {bad}"), format!("If-None-Match: {old}, {bad}, W/\"current\"")] {
        assert_eq!(ask(&server, "/package?app=prod&installed=app@1.1", &[&tags]).status, 200, "{tags}");
        assert_eq!(ask(&server, "/package?app=prod", &[&tags]).status, 428, "{tags}");
    }
}

#[test]
fn having_one_component_does_not_hide_another_with_the_same_bytes() {
    let desk = desk(&["wifi 1 a --channel prod", "modem 1 a --channel prod", "app 1 b --channel prod"]);
    let query =
        format!("wifi=prod&modem=prod&app=prod&have={},{}", digest(&desk, "wifi", "1"), digest(&desk, "app", "1"));
    let server = desk.serve();
    let all = |more: &str| ["wifi", "modem", "app"].map(|name| given(&server, name, &format!("{query}{more}")).0);
    assert_eq!(all(""), [200, 200, 304]);
    assert_eq!(all("&installed=wifi@1"), [304, 200, 304]);
    assert_eq!(all("&installed=wifi@1,modem@1"), [304, 304, 304]);
    // Alone, nothing else can be meant.
    assert_eq!(given(&server, "modem", &query.replace("wifi=prod&", "")).0, 304);
    let said = desk.done(&format!("explain '{query}'"));
    assert!(said.contains("is also that of a release of modem, so it does not say what runs"), "{said}");
}

#[test]
fn no_two_members_of_a_package_share_a_name() {
    let desk = desk(&[
        "radio lte_1.0 a --channel prod",
        "Radio_LTE 1.0 b --channel prod",
        "package details.json c --channel prod",
        "plain 1.0 d --channel prod",
    ]);
    let answer = ask(&desk.serve(), "/package?radio=prod&radio_lte=prod&package=prod&plain=prod", &[]);
    let members = members(&answer.body);
    let content = |name: &str| &members.iter().find(|(member, _)| member == name).unwrap().1;
    for (component, member, file) in [
        ("radio", "radio@lte_1.0", "a"),
        ("Radio_LTE", "Radio_LTE@1.0", "b"),
        ("package", "package@details.json", "c"),
        ("plain", "plain_1.0", "d"),
    ] {
        assert!(*content(member) == std::fs::read(desk.path(file)).unwrap(), "{member}");
        let told = entry(&answer, component);
        let told = told.get("file").map(|name| name.as_str().unwrap());
        assert_eq!(told, member.contains('@').then_some(member), "{component}");
    }
    // Where nothing is in the way, names are as ever.
    let answer = ask(&desk.serve(), "/package?radio=prod&plain=prod", &[]);
    let names: Vec<String> = edgehop_tests::sample::members(&answer.body).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["package_details.json", "plain_1.0", "radio_lte_1.0"]);
    assert!(entry(&answer, "radio").get("file").is_none());
}
