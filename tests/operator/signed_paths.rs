//! What a signature says is no less than what the catalog holds devices to: the signature is all that a device has where
//! somebody else hands it a file.

use serde_json::json;

use crate::desk::{Desk, NEVER};

/// A desk with `m` 5.6.14 and the barrier 5.6.30, both signed and trusting the key, and the file of 6.15.8.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.key("a");
    let [old, barrier] = ["5.6.14", "5.6.30"].map(|version| desk.signed("m", version, "a"));
    desk.done(&format!("publish m 5.6.14 {old} --trusts a.pub --channel prod"));
    desk.done(&format!("publish m 5.6.30 {barrier} --trusts a.pub --barrier 'moves the settings'"));
    desk.artifact("new.bin");
    desk
}

fn notes(desk: &Desk) -> serde_json::Value {
    desk.json("check m")["m"]["notes"].clone()
}

const SIGN: &str = "sign new.bin --component m --version 6.15.8 --key a.key";

#[test]
fn a_release_behind_a_barrier_is_signed_for_who_passed_it() {
    let desk = desk();
    let said = desk.done(SIGN);
    assert!(said.ends_with("\nreplaces 5.6.30 or newer\n"), "{said}");
    assert!(desk.read("new.bin.minisig").contains("\tminimum:5.6.30\n"));
    desk.done("publish m 6.15.8 new.bin --channel prod");
    assert_eq!(notes(&desk), json!([]));
    // A barrier of other devices is none of these.
    desk.publish(
        "m",
        "6.0",
        "--unsigned --barrier 'another radio' --requires hw.radio=b --force 'they verify nothing'",
    );
    assert!(desk.done(SIGN).ends_with("\nreplaces 5.6.30 or newer\n"));
    assert!(desk.done(&format!("{SIGN} --requires hw.radio=b")).contains("\nreplaces 6.0 or newer\n"));
}

#[test]
fn check_names_a_signature_that_lets_a_barrier_be_jumped() {
    let desk = desk();
    desk.done(&format!("{SIGN} --minimum any"));
    desk.done("publish m 6.15.8 new.bin --channel prod");
    let said = "the signature of 6.15.8 lets it replace any version, and no device older than 5.6.30 is led to it: a device \
                that gets the file elsewhere is not held back; sign it again with --minimum 5.6.30 and publish it again";
    assert_eq!(notes(&desk), json!([said]));
    desk.done(SIGN);
    desk.done("publish m 6.15.8 new.bin");
    assert_eq!(notes(&desk), json!([]));
}

#[test]
fn a_range_is_signed_as_a_barrier_is() {
    let desk = desk();
    desk.done(&format!("{SIGN} --minimum 5.6.30"));
    desk.done("publish m 6.15.8 new.bin --from '>=6.0'");
    let said = notes(&desk).to_string();
    assert!(said.contains("lets it replace 5.6.30 and what is newer, and no device older than 6.0"), "{said}");
    assert!(desk.done(SIGN).ends_with("\nreplaces 6.0 or newer\n"));
}

#[test]
fn what_a_release_requires_is_signed() {
    let desk = desk();
    desk.done(&format!("{SIGN} --requires 'HW.rev >= 3' --requires hw.board=a|b"));
    assert!(desk.read("new.bin.minisig").contains("\trequires:hw.board=a|b\trequires:hw.rev>=3\n"));
    let verified = desk.done("verify new.bin --public-key a.pub --component m --version 6.15.8");
    assert!(verified.ends_with("\nrequires   hw.board=a|b\nrequires   hw.rev>=3\n"), "{verified}");
    let wider = ["6.15.8 is signed for devices that meet hw.rev>=3", "--requires 'hw.rev>=3'", NEVER];
    desk.refused("publish m 6.15.8 new.bin --requires hw.board=a|b", 3, &wider);
    // What is not given is taken from the signature.
    desk.done("publish m 6.15.8 new.bin --channel prod");
    let kept = desk.json("releases m");
    assert_eq!(kept["m"].as_array().unwrap().last().unwrap()["requires"], json!(["hw.board=a|b", "hw.rev>=3"]));

    desk.done("publish m 6.15.8 new.bin --requires hw.board=a|b --requires hw.rev>=3 --requires hw.radio=b");
    let said = "6.15.8 requires hw.radio=b, and its signature does not say so: sign it again with --requires 'hw.radio=b' \
                and publish it again";
    assert_eq!(notes(&desk), json!([said]));
    // Signed again, it has all that the catalog says.
    assert!(desk.done(SIGN).ends_with("\nrequires hw.board=a|b\nrequires hw.radio=b\nrequires hw.rev>=3\n"));
    desk.done("publish m 6.15.8 new.bin");
    assert_eq!(notes(&desk), json!([]));
}

#[test]
fn who_signs_without_a_catalog_says_what_may_be_replaced() {
    let desk = desk();
    let nowhere = ["--minimum is needed", "m 6.15.8 may replace, or any: there is no nowhere", "--catalog and"];
    desk.refused(&format!("{SIGN} --data nowhere"), 2, &nowhere);
    let other = "sign new.bin --component other --version 1.0 --key a.key";
    desk.refused(other, 2, &["--minimum is needed", "may replace, or any: the catalog has no release of other"]);
    assert!(desk.done(&format!("{other} --minimum any")).ends_with("\nreplaces any version\n"));
}

#[test]
fn verifying_says_what_it_did_not_ask() {
    let desk = desk();
    desk.done(SIGN);
    let line = "verify new.bin --public-key a.pub";
    let said = "any component and version was accepted: give --component and --version to have them verified";
    assert_eq!(desk.json(line)["note"], said);
    assert!(desk.done(line).ends_with(&format!("\nnote       {said}\n")));
    assert!(desk.json(&format!("{line} --component m --version 6.15.8")).get("note").is_none());
}
