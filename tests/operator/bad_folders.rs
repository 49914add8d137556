//! Data folders that are none, or are not this user's: the message names the folder, and nothing is written.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use edgehop_tests::server::command_line;
use edgehop_tests::tools;

use crate::desk::{Desk, Said};

/// Verbs that open the stores.
const VERBS: [&str; 4] = ["check", "export", "publish mod 2.0 new.bin", "channel set mod prod 1.0"];

fn desk() -> Desk {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod");
    desk.artifact("new.bin");
    desk
}

/// That every verb is refused with these options, and changes no file.
fn check(desk: &Desk, options: &str, parts: &[&str]) {
    let before = desk.state();
    for verb in VERBS {
        desk.run(&format!("{verb} {options}")).check_refusal(1, parts);
        assert!(desk.state() == before, "{verb} {options} changed something");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let desk = desk();
    for folder in ["/dev/null/x", "/proc/x", "new.bin", "new.bin/x"] {
        check(&desk, &format!("--data {folder}"), &["cannot open the stores in", folder]);
    }
    desk.write("edgehop-data/file", "");
    check(&desk, "--artifacts folder:edgehop-data/file", &["edgehop-data/file"]);
    check(&desk, "--catalog sqlite:edgehop-data/file/catalog.sqlite", &["the catalog is not available"]);
}

#[test]
fn a_catalog_that_is_none_is_left_alone() {
    let desk = desk();
    desk.write("edgehop-data/catalog.sqlite", "no database at all, ".repeat(100));
    check(&desk, "", &["cannot open the stores in ./edgehop-data", "the catalog", "file is not a database"]);
    fs::remove_file(desk.data().join("catalog.sqlite")).unwrap();
    fs::create_dir(desk.data().join("catalog.sqlite")).unwrap();
    check(&desk, "", &["cannot open the stores in ./edgehop-data", "unable to open database file"]);
}

#[test]
fn a_catalog_of_a_later_edgehop_is_left_alone() {
    let desk = desk();
    let file = desk.data().join("catalog.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    // SQLite's user version: https://sqlite.org/fileformat2.html#user_version_number
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    fs::write(&file, bytes).unwrap();
    check(&desk, "", &["catalog.sqlite is damaged", "its layout is 99", "use the edgehop that wrote it"]);
}

#[test]
fn a_damaged_record_is_named() {
    let desk = desk();
    let file = desk.data().join("catalog.sqlite");
    let bytes = fs::read(&file).unwrap();
    let record = b"\"target\":\"1.0\"";
    let at = bytes.windows(record.len()).position(|bytes| bytes == record).unwrap();
    let mut damaged = bytes.clone();
    damaged[at + 1] = b'T';
    fs::write(&file, &damaged).unwrap();
    check(&desk, "", &["mod is damaged", "target"]);
}

#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    let desk = desk();
    let before = desk.state();
    let artifacts = desk.data().join("artifacts/tmp");
    fs::set_permissions(&artifacts, Permissions::from_mode(0o555)).unwrap();
    run(&desk, &artifacts, "publish mod 2.0 new.bin")
        .check_refusal(1, &["cannot publish new.bin as mod 2.0", "edgehop-data/artifacts/tmp", "Permission denied"]);
    assert_eq!(run(&desk, &artifacts, "check").code, Some(0));
    fs::set_permissions(&artifacts, Permissions::from_mode(0o755)).unwrap();

    let catalog = desk.data().join("catalog.sqlite");
    fs::set_permissions(&catalog, Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(desk.data(), Permissions::from_mode(0o555)).unwrap();
    for verb in VERBS {
        let parts = ["cannot open the stores in ./edgehop-data", "the catalog", "readonly database"];
        run(&desk, &desk.data(), verb).check_refusal(1, &parts);
    }
    let new = "check --data edgehop-data/new";
    run(&desk, &desk.data(), new)
        .check_refusal(1, &["cannot open the stores in edgehop-data/new", "Permission denied"]);
    fs::set_permissions(desk.data(), Permissions::from_mode(0o755)).unwrap();
    assert!(desk.state() == before);
}

/// `edgehop` as a user whom permissions bind, whoever runs the tests: a superuser gives up what overrides them.
fn run(desk: &Desk, closed: &Path, line: &str) -> Said {
    let probe = closed.join("probe");
    let mut command = desk.command(line);
    if fs::write(&probe, "").is_ok() {
        fs::remove_file(&probe).unwrap();
        let plain = command;
        command = tools::command("setpriv");
        desk.at_home(&mut command);
        command.args(["--bounding-set=-all", "--inh-caps=-all"]).arg(command_line()).args(plain.get_args());
    }
    Said::of(line, command.output().unwrap())
}
