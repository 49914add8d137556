//! What is no function's zip is refused before AWS is asked anything.

use crate::desk::Desk;
use crate::zips::{ARM64, X86, program, zip};

#[test]
fn what_is_no_code_is_refused_with_how_it_is_made() {
    let desk = Desk::new("us-east-1").with("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let how = "cargo lambda build";
    let mut riscv = program(243);
    riscv[18] = 243;
    let mut large = zip("bootstrap", 0o755, &program(X86));
    // The size in the central directory: 300 MB, as a reader of zips sees it.
    let size = large.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap() + 24;
    large[size..size + 4].copy_from_slice(&300_000_000_u32.to_le_bytes());
    for (name, content, parts) in [
        ("text.zip", b"hello".to_vec(), vec!["this is no zip", how]),
        ("empty.zip", Vec::new(), vec!["this is no zip", how]),
        (
            "below.zip",
            zip("bin/bootstrap", 0o755, &program(ARM64)),
            vec!["no program called bootstrap at the root", how],
        ),
        ("mode.zip", zip("bootstrap", 0o644, &program(ARM64)), vec!["not marked as executable", how]),
        (
            "script.zip",
            zip("bootstrap", 0o755, b"#!/bin/sh\nexec ./edgehop-lambda\n"),
            vec!["no program for Linux", how],
        ),
        ("riscv.zip", zip("bootstrap", 0o755, &riscv), vec!["no program for Linux on arm64 or x86_64", how]),
        ("large.zip", large, vec!["it has 300000000 bytes unpacked, and Lambda takes 262144000"]),
    ] {
        desk.write(name, content);
        let file = format!("--code {name}: ");
        let parts: Vec<&str> = parts.into_iter().chain([file.as_str()]).collect();
        desk.refused(&format!("init ota --create --code {name}"), 1, &parts);
    }
    desk.refused("init ota --create --code nowhere.zip", 1, &["--code nowhere.zip: No such file"]);
}

#[test]
fn code_and_architecture_go_together() {
    let desk = Desk::new("ap-southeast-4");
    let line = "init arch --create --code arm64.zip --parameter Architecture=x86_64";
    desk.refused(line, 1, &["--parameter Architecture=x86_64: the zip was built for arm64"]);
    desk.done("init arch --create --code x86.zip --parameter Architecture=x86_64");
    desk.refused(
        "init arch --create --parameter Architecture=arm64",
        1,
        &["the code that is deployed was built for x86_64; give a zip for arm64 with --code"],
    );
    desk.done("destroy arch --yes");
}
