//! A channel goes down only where the operator says so, and says so each time.

use crate::desk::Desk;

/// `gw` with 2.0 and 3.0, and `prod` at 3.0.
fn at_three() -> Desk {
    let desk = Desk::new();
    desk.publish("gw", "2.0", "--channel prod");
    desk.publish("gw", "3.0", "--channel prod");
    desk
}

#[test]
fn a_channel_does_not_go_down_unasked() {
    let desk = at_three();
    let said = [
        "prod would move down from 3.0 to 2.0",
        "devices on 3.0 would hear 409",
        "`edgehop channel set gw prod 2.0 --allow-downgrade`",
        "allow_downgrade = true",
    ];
    desk.refused("channel set gw prod 2.0", 3, &said);
    desk.refused("channel set gw prod 2.0 --allow-downgrade false", 3, &said);
    desk.artifact("gw-2.5.bin");
    desk.refused(
        "publish gw 2.5 gw-2.5.bin --channel prod",
        3,
        &["devices on 3.0", "with the same command and --allow-downgrade"],
    );
    // Withdrawn or not, devices run it.
    desk.refused("yank gw 3.0 --reason 'drains the battery'", 3, &["prod points at 3.0"]);

    let document = desk.done("export gw");
    desk.write("down.toml", document.replace("target = \"3.0\"", "target = \"2.0\""));
    desk.refused("import down.toml", 3, &said);
    desk.refused("import down.toml --apply", 3, &said);
    desk.write("down.toml", document.replace("target = \"3.0\"", "target = \"2.0\"\nallow_downgrade = true"));
    desk.done("import down.toml --apply");
    assert_eq!(desk.json("channel show gw")["gw"]["prod"]["target"], "2.0");
}

#[test]
fn a_forced_move_down_keeps_its_reason_and_check_tells_who_hears_409() {
    let desk = at_three();
    let forced = desk.json("channel set gw prod 2.0 --force 'no device has 3.0 yet'");
    assert!(forced["forced"][0].as_str().unwrap().contains("devices on 3.0 would hear 409"), "{forced}");
    assert_eq!(forced["channel"]["forced"], "no device has 3.0 yet");
    let check = desk.json("check gw");
    let note = "devices on 3.0 hear 409 on prod, which points at 2.0 and does not allow downgrades";
    assert_eq!(check["gw"]["notes"], serde_json::json!([note]), "{check}");
    assert_eq!(check["gw"]["problems"], serde_json::json!([]), "{check}");
}

#[test]
fn the_leave_to_go_down_does_not_stay_behind() {
    let desk = at_three();
    let allowed = |desk: &Desk| desk.json("channel show gw")["gw"]["prod"].get("allow_downgrade").is_some();
    desk.done("channel set gw prod 2.0 --allow-downgrade");
    // What does not move the channel leaves it.
    desk.done("channel set gw prod --attribute gamer");
    desk.done("channel set gw prod 2.0");
    assert!(allowed(&desk) && desk.json("check gw")["gw"]["notes"] == serde_json::json!([]));

    // Up, but not above what devices may still be on: they would hear 409 from here on.
    desk.artifact("gw-2.1.bin");
    let said = ["prod would move without its leave to go down from 2.0 to 2.1", "devices on 3.0 would hear 409"];
    desk.refused("publish gw 2.1 gw-2.1.bin --channel prod", 3, &said);
    desk.done("publish gw 2.1 gw-2.1.bin --channel prod --allow-downgrade");
    assert!(allowed(&desk));
    desk.publish("gw", "3.1", "--channel prod");
    assert!(!allowed(&desk));
    desk.refused("channel set gw prod 3.0", 3, &["devices on 3.1 would hear 409"]);
}

#[test]
fn a_hotfix_follows_its_base_on_the_channel() {
    for mended in ["-hotfix1", "-fix2", "-sp1", "-rev2", "-build.77", "-dirty", "-emea", "-1.el9"] {
        let desk = Desk::new();
        desk.publish("m", "5.6.30", "");
        desk.publish("m", &format!("5.6.30{mended}"), "--channel prod");
        let explained = desk.done("explain 'm=prod&installed=m@5.6.30'");
        assert!(explained.contains("200"), "{mended}: {explained}");
        assert_eq!(desk.json("check m")["m"]["notes"], serde_json::json!([]), "{mended}");
    }
}

#[test]
fn publishing_below_the_newest_release_says_so() {
    let desk = at_three();
    desk.artifact("gw-3.0-rc1.bin");
    let said = desk.done("publish gw 3.0-rc1 gw-3.0-rc1.bin");
    assert!(said.ends_with("\nnote: 3.0-rc1 sorts below 3.0, the newest release that is there\n"), "{said}");
    desk.artifact("gw-3.1.bin");
    assert!(!desk.done("publish gw 3.1 gw-3.1.bin").contains("sorts below"));
}
