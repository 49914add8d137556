//! The function's zip, made by the command that cloudformation/README.md has.
//!
//! cargo-lambda builds for a target of its own, so everything is compiled once more: some minutes at first. Hence
//! `cargo test -p edgehop-tests --test cloudformation -- --ignored zip`, and `EDGEHOP_TEST_ZIP=arm64` before it for the
//! other architecture, where Rust's standard library for it is installed.

use std::process::Command;

use edgehop_tests::packages;
use edgehop_tests::tools::{self, target};
use serde_json::Value;

const README: &str = include_str!("../../cloudformation/README.md");

/// The compiler and what links for Lambda's C library.
const CARGO_LAMBDA: [&str; 2] = ["cargo-lambda==1.9.2", "ziglang==0.17.1"];

/// Which architecture: `x86_64` or `arm64`.
const WHICH: &str = "EDGEHOP_TEST_ZIP";

/// How the command is written in the README, for arm64.
const COMMAND: &str = "cargo lambda build --package edgehop-lambda --profile lambda --arm64 --output-format zip";

/// Prints each entry's name, permissions and first 20 bytes.
const LOOK: &str = "import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
entries = archive.infolist()
print(json.dumps([[e.filename, e.external_attr >> 16 & 0o777, list(archive.open(e).read(20))] for e in entries]))";

/// `e_machine` of an ELF header (System V ABI, its supplements for both processors).
fn machine(architecture: &str) -> u64 {
    match architecture {
        "x86_64" => 62,
        "arm64" => 183,
        other => panic!("{WHICH} is {other:?}: it takes x86_64 or arm64"),
    }
}

#[test]
fn the_readme_has_the_command_for_both() {
    let lines: Vec<_> = README.lines().map(str::trim).collect();
    assert!(lines.contains(&COMMAND), "cloudformation/README.md has no line {COMMAND}");
    assert!(README.contains("--x86-64"));
    let manifest = include_str!("../../Cargo.toml");
    assert!(manifest.contains("[profile.lambda]"));
}

#[test]
#[ignore = "compiles everything for one more target"]
fn the_command_makes_one_executable_of_the_architecture() {
    let architecture = std::env::var(WHICH).unwrap_or_else(|_| "x86_64".to_owned());
    let expected = machine(&architecture);
    let python = packages::python("cargo-lambda-zig", &CARGO_LAMBDA);
    let made = target().join("tmp/zip").join(&architecture);
    let _ = std::fs::remove_dir_all(&made);
    let flag = if architecture == "arm64" { "--arm64" } else { "--x86-64" };
    // Optimising takes a quarter of an hour, and changes nothing about the layout.
    let line = COMMAND.replace("--arm64", flag).replace("--profile lambda", "--profile dev");
    let mut words = line.split(' ');
    let path = std::env::join_paths(
        [python.parent().unwrap().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut command = Command::new(words.next().unwrap());
    command.args(words).arg("--lambda-dir").arg(&made).env("PATH", path.unwrap());
    let output = command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));

    let zip = made.join("bootstrap/bootstrap.zip");
    let output = tools::command("python3").args(["-c", LOOK]).arg(&zip).output().unwrap();
    let entries: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [entry] = &entries.as_array().unwrap()[..] else { panic!("{entries}") };
    assert_eq!((&entry[0], entry[1].as_u64().unwrap() & 0o555), (&"bootstrap".into(), 0o555), "{entries}");
    let header: Vec<u64> = entry[2].as_array().unwrap().iter().map(|byte| byte.as_u64().unwrap()).collect();
    assert_eq!(header[..5], [0x7f, 0x45, 0x4c, 0x46, 2], "a 64-bit ELF file");
    assert_eq!(header[18] | header[19] << 8, expected, "{architecture}");
}
