//! Signatures that do not hold, or are about something else: nothing is published by them.

use edgehop_tests::tools;

use crate::desk::{Desk, NEVER};

/// `fw` 1.0 on `prod`, signed by key A; 2.0 lies signed, and can be published.
fn signed() -> Desk {
    let desk = Desk::new();
    for name in ["a", "b"] {
        desk.key(name);
    }
    let file = desk.signed("fw", "1.0", "a");
    desk.done(&format!("publish fw 1.0 {file} --trusts a.pub --channel prod"));
    desk.signed("fw", "2.0", "a");
    desk.artifact("other.bin");
    desk
}

const REFUSED: &str = "cannot publish fw-2.0.bin as fw 2.0: ";

/// The signature of 2.0 with one character of a line replaced.
fn damaged(desk: &Desk, line: usize, at: usize) -> String {
    let text = desk.read("fw-2.0.bin.minisig");
    let mut lines: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
    // The next letter or digit keeps the form of what stands there.
    lines[line][at] = if lines[line][at] == b'5' { b'6' } else { b'5' };
    let lines: Vec<String> = lines.into_iter().map(|line| String::from_utf8(line).unwrap() + "\n").collect();
    lines.concat()
}

#[test]
fn a_flipped_bit_is_found_wherever_it_is() {
    let desk = signed();
    let text = desk.read("fw-2.0.bin.minisig");
    let after = |word: &str| text.lines().nth(2).unwrap().find(word).unwrap() + word.len();
    for (line, at, part) in [
        (1, 40, "the signature does not hold"),
        (1, 97, "the signature does not hold"),
        (2, after("component:"), "the signature does not hold"),
        (2, after("issued:20"), "the signature does not hold"),
        // Then it is about another file, as far as it says.
        (2, after("size:"), "the signature is for a file of"),
        (2, after("sha256:"), "this is not the file that was signed"),
        (3, 40, "the signature does not hold"),
        // The id of the key is not what vouches for anything, but names it.
        (1, 8, "is unknown: no release of fw trusts it"),
    ] {
        desk.write("flipped.minisig", damaged(&desk, line, at));
        desk.refused("publish fw 2.0 fw-2.0.bin --signature flipped.minisig", 1, &[REFUSED, part]);
        let verify = "verify fw-2.0.bin --public-key a.pub --signature flipped.minisig";
        desk.refused(verify, 1, &["fw-2.0.bin is refused with flipped.minisig"]);
    }
    // It was the signature: the file can be published by its own.
    desk.done("publish fw 2.0 fw-2.0.bin");
}

#[test]
fn another_file_is_not_what_was_signed() {
    let desk = signed();
    let whole = std::fs::read(desk.path("fw-2.0.bin")).unwrap();
    let mut flipped = whole.clone();
    flipped[1500] ^= 1;
    desk.write("truncated.bin", &whole[..2000]);
    desk.write("longer.bin", [&whole[..], b"\0"].concat());
    desk.write("flipped.bin", flipped);
    for file in ["other.bin", "truncated.bin", "longer.bin", "flipped.bin", "fw-1.0.bin"] {
        let refused = format!("cannot publish {file} as fw 2.0: the signature is refused");
        let other = ["this is not the file that was signed", "sign this file"];
        let line = format!("publish fw 2.0 {file} --signature fw-2.0.bin.minisig");
        desk.refused(&line, 1, &[&refused, other[0], other[1]]);
        let parts = [&format!("{file} is refused"), other[0], other[1]];
        desk.refused(&format!("verify {file} --public-key a.pub --signature fw-2.0.bin.minisig"), 1, &parts);
    }
}

#[test]
fn a_signature_is_for_one_release() {
    let desk = signed();
    let version = ["for version 2.0, not 2.0.0", "publish the file as 2.0, or sign it as 2.0.0"];
    desk.refused("publish fw 2.0.0 fw-2.0.bin", 1, &version);
    desk.refused("verify fw-2.0.bin --public-key a.pub --component fw --version 2.0.0", 1, &version);
    let component = ["for component fw, not modem", "publish the file as fw, or sign it as modem"];
    desk.refused("publish modem 2.0 fw-2.0.bin --trusts a.pub", 1, &component);
    desk.refused("verify fw-2.0.bin --public-key a.pub --component modem --version 2.0", 1, &component);
    // Nor does it let go what its signer did not.
    desk.done("sign fw-2.0.bin --component fw --version 2.0 --minimum 1.5 --key a.key");
    let below = ["2.0 may be installed below 1.5, which its signature does not allow", "give a range", NEVER];
    desk.refused("publish fw 2.0 fw-2.0.bin --from '>=1.0'", 3, &below);
    desk.refused(
        "publish fw 2.0 fw-2.0.bin --channel prod",
        3,
        &["1.0 is stranded on prod", "over >=1.5, not over 1.0"],
    );
}

#[test]
fn a_signature_holds_for_its_time() {
    let desk = signed();
    let minisign = |comment: &str| {
        let mut minisign = tools::command("minisign");
        desk.at_home(&mut minisign);
        let arguments = ["-S", "-W", "-s", "a.key", "-m", "fw-2.0.bin", "-t", comment];
        assert!(minisign.args(arguments).output().unwrap().status.success());
    };
    let comment = desk.done("sign fw-2.0.bin --component fw --version 2.0 --comment-only --expires 1h");
    let at = comment.find("issued:").unwrap();
    minisign(&format!("{}issued:2020-01-01T00:00:00Z\texpires:2021-01-01T00:00:00Z\tminimum:any", &comment[..at]));
    let (expired_at, again) = ("the signature expired at 2", "sign the file again, with a later --expires");
    let expired = [expired_at, "2021-01-01T00:00:00Z", again];
    desk.refused("publish fw 2.0 fw-2.0.bin", 1, &expired);
    desk.refused("verify fw-2.0.bin --public-key a.pub", 1, &expired);
    // It is about this release, though, and no longer: that is all that is wrong with it.
    desk.done("sign other.bin --component fw --version 3.0 --key a.key --expires 1s");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let said = desk.refused("publish fw 3.0 other.bin", 1, &["cannot publish other.bin as fw 3.0", expired_at, again]);
    assert!(!said.contains("another release"), "{said}");
    minisign(&format!("{}issued:2999-01-01T00:00:00Z\texpires:never\tminimum:any", &comment[..at]));
    let early = ["the signature was issued at 2999-01-01T00:00:00Z", "set the clock that is wrong"];
    desk.refused("publish fw 2.0 fw-2.0.bin", 1, &early);
    desk.refused(
        "sign other.bin --component fw --version 2.1 --key a.key --expires 2021-01-01T00:00:00Z",
        1,
        &["--expires 2021-01-01T00:00:00Z is past", "give a later moment"],
    );
}

#[test]
fn a_key_that_nobody_trusts_is_unknown() {
    let desk = signed();
    let unknown = ["that made the signature is unknown", "no release of fw trusts it", "--trusts does not name it"];
    desk.signed("fw", "2.0", "b");
    desk.refused("publish fw 2.0 fw-2.0.bin", 1, &unknown);
    desk.refused("publish fw 2.0 fw-2.0.bin --trusts a.pub", 1, &unknown);
    desk.refused("verify fw-2.0.bin --public-key a.pub", 1, &["the signature is by key", "give the public key of"]);
    // What one component trusts is nothing to another.
    let file = desk.signed("modem", "1.0", "a");
    desk.refused(&format!("publish modem 1.0 {file}"), 1, &["no release of modem trusts it"]);
}

#[test]
fn other_kinds_of_signature_are_refused_by_name() {
    let desk = signed();
    let minisign = |arguments: &[&str]| {
        let mut minisign = tools::command("minisign");
        desk.at_home(&mut minisign);
        minisign.args(["-S", "-W", "-s", "a.key", "-m", "fw-2.0.bin", "-x", "given.minisig"]).args(arguments);
        assert!(minisign.output().unwrap().status.success());
    };
    let publish = "publish fw 2.0 fw-2.0.bin --signature given.minisig";
    let comment = desk.done("sign fw-2.0.bin --component fw --version 2.0 --comment-only");
    minisign(&["-l", "-t", comment.trim_end()]);
    let legacy = ["of minisign's legacy kind", "`minisign -S -H`, or with `edgehop sign`"];
    desk.refused(publish, 1, &[REFUSED, legacy[0], legacy[1]]);
    desk.refused("verify fw-2.0.bin --public-key a.pub --signature given.minisig", 1, &legacy);

    minisign(&[]);
    desk.refused(publish, 1, &[REFUSED, "says nothing about a release", "`edgehop sign --comment-only`"]);
    minisign(&["-t", &comment.trim_end().replace("size:3000", "size:0")]);
    desk.refused(publish, 1, &[REFUSED, "size:0", "size takes a number of bytes"]);
    minisign(&["-t", &comment.trim_end().replace("size:3000", "size:3001")]);
    desk.refused(publish, 1, &[REFUSED, "for a file of 3001 bytes, this one has 3000"]);

    for (text, part) in [
        ("", "line 1 of the minisign signature is not"),
        ("untrusted comment: x\nRUQ\n", "line 2 of the minisign signature is not"),
        ("untrusted comment: \u{1b}[31m\n", "line 1 of the minisign signature has a control character"),
        (&"x".repeat(3000), "given.minisig"),
    ] {
        desk.write("given.minisig", text);
        desk.refused(publish, 1, &["given.minisig", part]);
    }
    for file in ["fw-2.0.bin", "nowhere"] {
        let parts = [&format!("cannot publish {file} as fw 2.0: "), "cannot read nowhere", "No such file"];
        desk.refused(&format!("publish fw 2.0 {file} --signature nowhere.minisig"), 1, &parts);
    }
    desk.refused("publish fw 2.0 fw-2.0.bin --signature a.pub", 1, &["a.pub holds no signature"]);
}

#[test]
fn publishing_again_does_not_lower_what_was_signed() {
    let desk = Desk::with_minimum();
    let below = ["2.0 may be installed below 1.5, which its signature does not allow", NEVER];
    desk.refused("publish fw 2.0 fw-2.0.bin --unsigned --from '>=1.0' --channel prod", 3, &below);
}
