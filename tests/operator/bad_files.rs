//! Files that are no artifacts and no keys, and names that are taken.

use std::fs::{self, File};

use crate::desk::{Desk, Said};

fn desk() -> Desk {
    let desk = Desk::new();
    desk.key("a");
    desk.publish("fw", "1.0", "--channel prod");
    desk.artifact("new.bin");
    desk.write("empty.bin", "");
    fs::create_dir(desk.path("folder")).unwrap();
    desk.write("folder/file", "x");
    desk
}

#[test]
fn what_is_no_artifact_is_not_published() {
    let desk = desk();
    desk.refused("graph fw --output folder", 1, &["cannot write the drawing to folder", "Is a directory"]);
    for (file, parts) in [
        ("empty.bin", ["empty.bin is empty", "an artifact takes at least one byte"]),
        ("missing.bin", ["cannot read missing.bin", "No such file or directory"]),
        ("folder", ["cannot read folder", "Is a directory"]),
        ("new.bin/x", ["cannot read new.bin/x", "Not a directory"]),
    ] {
        let publish = format!("cannot publish {file} as fw 2.0");
        desk.refused(&format!("publish fw 2.0 {file} --channel prod"), 1, &[&publish, parts[0], parts[1]]);
        desk.refused(&format!("sign {file} --component fw --version 2.0 --key a.key"), 1, &parts);
    }
    desk.refused("publish fw 2.0 ''", 2, &["a value is required for '<FILE>'"]);
    desk.signed("fw", "2.0", "a");
    let missing = ["cannot read missing.bin", "No such file"];
    desk.refused("verify missing.bin --public-key a.pub --signature fw-2.0.bin.minisig", 1, &missing);
    desk.refused("verify new.bin --public-key a.pub", 1, &["cannot read new.bin.minisig", "No such file"]);
    desk.refused("verify new.bin --public-key a.pub --signature a.pub", 1, &["a.pub holds no signature"]);
}

#[test]
fn a_release_keeps_its_bytes() {
    let desk = desk();
    let taken = ["cannot publish new.bin as fw 1.0", "published already with other bytes", "under another version"];
    desk.refused("publish fw 1.0 new.bin", 1, &taken);
    desk.refused("publish FW 1.0 new.bin --channel beta", 1, &taken[1..]);
    desk.refused("publish fw 1.0 new.bin --force 'it must be'", 1, &taken);
    let before = desk.state();
    let said = desk.json("publish fw 1.0 fw-1.0.bin --channel prod");
    assert!(said["unchanged"] == true && desk.state() == before, "{said}");
}

#[test]
fn one_version_has_one_spelling() {
    let desk = desk();
    desk.publish("ipModule", "6.15.008", "");
    for (component, version, there) in
        [("ipModule", "6.15.8", "6.15.008"), ("ipModule", "v6.15.008", "6.15.008"), ("fw", "1.0.0", "1.0")]
    {
        let parts = ["one version in two spellings", "keep to one of them", version, there];
        desk.refused(&format!("publish {component} {version} new.bin"), 3, &parts);
        // Other bytes or the same: devices could not tell which they run.
        desk.refused(&format!("publish {component} {version} {component}-{there}.bin --channel prod"), 3, &parts);
    }
}

#[test]
fn a_secret_key_is_no_public_key() {
    let desk = desk();
    desk.signed("fw", "2.0", "a");
    let secret = ["this is a secret key, not a public key", "give the .pub file, and keep this one to yourself"];
    let line = desk.read("a.key").lines().nth(1).unwrap().to_owned();
    for given in ["a.key", &line] {
        let said = [
            desk.refused(&format!("publish fw 2.0 fw-2.0.bin --trusts {given}"), 1, &secret),
            desk.refused(&format!("verify fw-2.0.bin --public-key {given}"), 1, &secret),
        ];
        assert!(said.iter().all(|said| !said.contains(&line[8..])), "it is not repeated: {said:?}");
    }
    desk.refused(
        "sign new.bin --component fw --version 2.0 --key a.pub",
        1,
        &["a.pub is a public key", "signing takes the secret key that was generated with it"],
    );
}

#[test]
fn what_is_no_key_is_refused_by_name() {
    let desk = desk();
    desk.signed("fw", "2.0", "a");
    desk.write("noise.bin", [0xff; 200]);
    desk.write("cut.key", &desk.read("a.key")[..150]);
    for (given, parts) in [
        ("nowhere.pub", ["\"nowhere.pub\" is not a public key", "56 characters of a minisign .pub file's second line"]),
        ("RWQ", ["\"RWQ\" is not a public key", "or that file"]),
        ("new.bin", ["new.bin holds no minisign key", "the .pub or the secret key file"]),
        ("noise.bin", ["cannot read the key file noise.bin", "it is no text"]),
        ("folder", ["cannot read the key file folder", "Is a directory"]),
    ] {
        desk.refused(&format!("publish fw 2.0 fw-2.0.bin --trusts {given}"), 1, &parts);
        desk.refused(&format!("verify fw-2.0.bin --public-key {given}"), 1, &parts);
    }
    for (given, part) in [
        ("nowhere.key", "cannot read the key file nowhere.key"),
        ("new.bin", "new.bin holds no minisign key"),
        ("cut.key", "cut.key"),
    ] {
        desk.refused(&format!("sign new.bin --component fw --version 2.0 --key {given}"), 1, &[part]);
        desk.refused(&format!("key show {given}"), 1, &[part]);
    }
}

#[test]
fn a_key_is_never_overwritten_and_never_without_its_password() {
    let desk = desk();
    let taken = ["is there already, and a key is never overwritten", "--secret and --public"];
    desk.refused("key generate --no-password --secret a.key --public new.pub", 1, &["a.key", taken[0], taken[1]]);
    desk.refused("key generate --no-password --secret new.key --public a.pub", 1, &["a.pub", taken[0], taken[1]]);
    let none = ["there is no terminal to ask", "--password-file", "EDGEHOP_KEY_PASSWORD"];
    desk.refused("key generate --secret new.key --public new.pub", 1, &[none[0], none[1], none[2], "--no-password"]);
    desk.write("empty", "\n");
    let empty = ["the password is empty", "--no-password"];
    desk.refused("key generate --secret new.key --public new.pub --password-file empty", 1, &empty);

    desk.write("password", "correct horse");
    desk.write("wrong", "battery staple");
    desk.write("long", "x".repeat(1025));
    desk.done("key generate --secret safe.key --public safe.pub --password-file password");
    let sign = "sign new.bin --component fw --version 2.0 --key safe.key";
    desk.refused(sign, 1, &none);
    desk.refused(&format!("{sign} --password-file wrong"), 1, &["the password is not that of safe.key"]);
    desk.refused(&format!("{sign} --password-file long"), 1, &["the password is too long", "1024 bytes at most"]);
    desk.refused(&format!("{sign} --password-file nowhere"), 1, &["cannot read the password file nowhere"]);
}

#[test]
fn output_that_cannot_be_written_is_no_panic() {
    let desk = desk();
    for line in ["export", "releases", "check", "graph fw", "man", "completions bash"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let said = Said::of(line, desk.command(line).stdout(full).output().unwrap());
        said.check_refusal(1, &["No space left on device"]);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = Said::of(line, desk.command(line).stdout(writer).output().unwrap());
        assert!(said.code != Some(101) && !said.err.contains("panicked"), "{said:?}");
    }
}
