//! What should hold and does not yet. Whoever mends one of these takes its `#[ignore]` away, and moves it to where the
//! others of its kind are.

use std::fs::File;

use crate::desk::{Desk, Said};
use crate::device::ask;

/// `fw` 1.0 on `prod`, and 2.0, which its signer lets replace 1.5 or newer only.
fn with_minimum() -> Desk {
    let desk = Desk::new();
    desk.key("a");
    let file = desk.signed("fw", "1.0", "a");
    desk.done(&format!("publish fw 1.0 {file} --trusts a.pub --channel prod"));
    desk.artifact("fw-2.0.bin");
    desk.done("sign fw-2.0.bin --component fw --version 2.0 --minimum 1.5 --key a.key");
    desk.done("publish fw 2.0 fw-2.0.bin");
    desk
}

#[test]
fn publishing_again_does_not_lower_what_was_signed() {
    let below = ["2.0 may be installed below 1.5, which its signature does not allow", "cannot be forced"];
    let line = "publish fw 2.0 fw-2.0.bin --unsigned --from '>=1.0' --channel prod";
    let desk = with_minimum();
    desk.refused(line, 3, &below);
    desk.refused(&format!("{line} --force 'because'"), 3, &below);
}

#[test]
fn an_import_does_not_lower_what_was_signed() {
    let desk = with_minimum();
    let document = desk.done("export");
    for from in ["from = \">=1.0\"\n", ""] {
        desk.write("given.toml", document.replace("from = \">=1.5\"\n", from));
        desk.refused("import given.toml --apply", 3, &["1.5", "cannot be forced"]);
    }
}

#[test]
fn an_import_does_not_change_checksums() {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod");
    let document = desk.done("export");
    let line = document.lines().find(|line| line.starts_with("crc32")).unwrap();
    desk.write("given.toml", document.replace(line, "crc32 = 12345"));
    desk.refused("import given.toml --apply", 1, &["mod 1.0"]);
}

#[test]
fn an_import_does_not_offer_again_what_was_withdrawn() {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod");
    desk.publish("mod", "2.0", "");
    let before = desk.done("export");
    desk.done("yank mod 2.0 --reason 'drains the battery'");
    desk.write("before.toml", before);
    desk.refused("import before.toml --apply", 1, &["2.0", "withdrawn"]);
}

#[test]
fn a_component_is_in_a_document_once() {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod");
    let document = desk.done("export");
    let other = document.replace("mod", "MOD").replace("channel.prod", "channel.beta");
    desk.write("given.toml", document.replace("attributes = []", "attributes = [\"x\"]") + &other);
    desk.refused("import given.toml --apply", 1, &["mod", "twice"]);
}

#[test]
fn force_cannot_point_a_channel_at_nothing() {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod");
    desk.write("given.toml", desk.done("export").replace("target = \"1.0\"", "target = \"9.9\""));
    desk.refused("import given.toml --force 'it must be'", 3, &["9.9", "not published", "cannot be forced"]);
}

#[test]
fn what_cannot_be_proven_cannot_be_forced() {
    let desk = Desk::new();
    let rules: String = ('a'..='m').map(|fact| format!("--requires 'hw.{fact}=1' ")).collect();
    desk.publish("board", "1.0", "--channel prod");
    desk.artifact("board-2.0.bin");
    let line = format!("publish board 2.0 board-2.0.bin {rules} --force 'so many boards'");
    desk.refused(&line, 3, &["combinations of facts", "cannot be forced"]);
}

#[test]
fn only_what_an_edit_makes_worse_counts() {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "");
    desk.publish("mod", "2.0", "--from '=1.5' --channel prod --force 'nobody runs 1.0'");
    desk.publish("mod", "3.0", "--requires 'hw.rev=3'");
}

#[test]
fn output_that_cannot_be_written_is_no_panic() {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod");
    for line in ["export", "releases", "check", "man", "completions bash"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let said = Said::of(line, desk.command(line).stdout(full).output().unwrap());
        said.check_refusal(1, &["No space left on device"]);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = Said::of(line, desk.command(line).stdout(writer).output().unwrap());
        assert!(said.code != Some(101) && !said.err.contains("panicked"), "{said:?}");
    }
}

#[test]
fn looking_makes_no_data_folder() {
    let desk = Desk::new();
    for verb in ["check", "export", "releases", "channel show", "explain cpuArch=armv8"] {
        desk.refused(&format!("{verb} --data misspelled"), 1, &["misspelled"]);
        assert!(!desk.path("misspelled").exists(), "{verb}");
    }
}

#[test]
fn explain_knows_the_tag_of_a_package() {
    let desk = Desk::with_sample();
    let server = desk.serve();
    let tag = ask(&server, "/package?cpuArch=armv8", &[]).header("etag").unwrap();
    assert_eq!(ask(&server, "/package?cpuArch=armv8", &[&format!("If-None-Match: {tag}")]).status, 304);
    let line = format!("explain cpuArch=armv8 --if-none-match '{tag}' --url-base http://{}", server.address());
    assert_eq!(desk.json(&line)["status"], 304);
}

#[test]
fn messages_say_which_input_what_and_what_to_do() {
    let desk = with_minimum();
    desk.artifact("other.bin");
    desk.write("edgehop-data/noise", "no database at all, ".repeat(100));
    let mut missing = Vec::new();
    for (line, part) in [
        // Which file is wrong is the first question, and `verify` answers it.
        ("publish fw 2.0 other.bin --signature fw-2.0.bin.minisig", "this is not the file that was signed"),
        ("channel show fw 'a b'", "lower-case"),
        ("check --catalog sqlite:edgehop-data/noise", "edgehop-data/noise"),
        ("channel show fw nobody", "fw has no channel nobody"),
        ("publish fw 3.0 nowhere --signature nowhere.minisig", "cannot publish nowhere as fw 3.0"),
        ("check --json --frobnicate", "{\"error\":"),
    ] {
        let said = desk.run(line);
        if !said.err.contains(part) {
            missing.push(format!("{part:?} is not in {said:?}"));
        }
    }
    desk.done("sign other.bin --component fw --version 3.0 --key a.key --expires 1s");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let expired = desk.run("publish fw 3.0 other.bin");
    if expired.err.contains("about another release") {
        missing.push(format!("it is about this release, but expired: {expired:?}"));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
