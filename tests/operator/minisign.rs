//! Keys and signatures are minisign's: its own tool and `edgehop` take each other's.

use std::process::Output;

use edgehop_tests::tools;

use crate::desk::{Desk, Said};

const PASSWORD: &str = "correct horse battery staple";

/// Runs minisign on the desk, with this for whatever it asks.
fn minisign(desk: &Desk, arguments: &[&str], answers: &str) -> Output {
    let mut minisign = tools::command("minisign");
    desk.at_home(&mut minisign);
    desk.write("answers", answers);
    minisign.stdin(std::fs::File::open(desk.path("answers")).unwrap()).args(arguments).output().unwrap()
}

/// That minisign accepts a file's signature, by this key and no other, and shows what was signed.
fn check_verified(desk: &Desk, file: &str, key: &str, other: &str) {
    let verify = |key: &str| minisign(desk, &["-V", "-m", file, "-p", key], "");
    let said = Said::of("minisign -V", verify(key));
    assert_eq!(said.code, Some(0), "{said:?}");
    let comment = said.out.lines().find_map(|line| line.strip_prefix("Trusted comment: ")).unwrap();
    assert!(comment.starts_with("edgehop:1\tcomponent:fw\tversion:1.0\tsha256:"), "{comment}");
    assert!(!verify(other).status.success(), "{other}");
}

/// That edgehop accepts it too: by itself, and as a release.
fn check_published(desk: &Desk, file: &str, key: &str) {
    let said = desk.json(&format!("verify {file} --public-key {key} --component fw --version 1.0"));
    assert_eq!(said["statement"]["component"], "fw", "{said}");
    let said = desk.json(&format!("publish fw 1.0 {file} --trusts {key} --channel prod"));
    assert_eq!(said["release"]["signature"]["minisig"], desk.read(&format!("{file}.minisig")), "{said}");
    desk.done("check");
}

#[test]
fn minisign_verifies_what_edgehop_signed() {
    let desk = Desk::new();
    for name in ["plain", "other"] {
        desk.key(name);
    }
    let file = desk.signed("fw", "1.0", "plain");
    check_verified(&desk, &file, "plain.pub", "other.pub");
    check_published(&desk, &file, "plain.pub");
    desk.write(&file, "other bytes");
    assert!(!minisign(&desk, &["-V", "-m", &file, "-p", "plain.pub"], "").status.success());
}

#[test]
fn a_password_protects_a_key_for_both() {
    let desk = Desk::new();
    desk.key("other");
    desk.write("password", format!("{PASSWORD}\n"));
    desk.done("key generate --secret safe.key --public safe.pub --password-file password");
    desk.artifact("fw.bin");
    let sign = "sign fw.bin --component fw --version 1.0 --minimum any --key safe.key";
    desk.done(&format!("{sign} --password-file password"));
    check_verified(&desk, "fw.bin", "safe.pub", "other.pub");
    check_published(&desk, "fw.bin", "safe.pub");

    let given = desk.command(sign).env("EDGEHOP_KEY_PASSWORD", PASSWORD).output().unwrap();
    assert!(given.status.success(), "{given:?}");
    check_verified(&desk, "fw.bin", "safe.pub", "other.pub");
    // minisign opens the key with the same password, and only that.
    let comment = desk.done("sign fw.bin --component fw --version 1.0 --comment-only");
    let arguments = ["-S", "-s", "safe.key", "-m", "fw.bin", "-t", comment.trim_end()];
    assert!(minisign(&desk, &arguments, &format!("{PASSWORD}\n")).status.success());
    check_verified(&desk, "fw.bin", "safe.pub", "other.pub");
    assert!(!minisign(&desk, &arguments, "another\n").status.success());
}

#[test]
fn edgehop_publishes_what_minisign_signed() {
    let desk = Desk::new();
    desk.key("other");
    let made = minisign(&desk, &["-G", "-W", "-p", "theirs.pub", "-s", "theirs.key"], "");
    assert!(made.status.success(), "{made:?}");
    desk.artifact("fw.bin");
    let comment = desk.done("sign fw.bin --component fw --version 1.0 --minimum 0.9 --expires 365d --comment-only");
    let arguments = ["-S", "-W", "-s", "theirs.key", "-m", "fw.bin", "-t", comment.trim_end()];
    assert!(minisign(&desk, &arguments, "").status.success());
    check_verified(&desk, "fw.bin", "theirs.pub", "other.pub");
    check_published(&desk, "fw.bin", "theirs.pub");
    assert_eq!(desk.json("releases fw")["fw"][0]["from"], ">=0.9", "what may be replaced was signed");

    // minisign's own key signs for edgehop too, and has the same id in both.
    desk.done("sign fw.bin --component fw --version 1.0 --key theirs.key");
    check_verified(&desk, "fw.bin", "theirs.pub", "other.pub");
    assert_eq!(desk.json("key show theirs.key"), desk.json("key show theirs.pub"));
    // Debian's minisign writes the id as a number, without the zeros that one key in sixteen begins with.
    let id = desk.json("key show theirs.pub")["id"].as_str().unwrap().to_owned();
    let written = format!("minisign public key {}\n", id.trim_start_matches('0'));
    assert!(desk.read("theirs.pub").contains(&written), "{written}");
}
