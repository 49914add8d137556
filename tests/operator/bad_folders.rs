//! Data folders that are none, or are not this user's: the message names the folder, and nothing is written.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use edgehop_tests::server::command_line;
use edgehop_tests::tools;

use crate::desk::{Desk, Said};

/// Verbs that take stores as they are, and make nothing.
const OPENING: [&str; 13] = [
    "check",
    "export",
    "releases",
    "channel show",
    "channel set mod prod 1.0",
    "channel remove mod prod",
    "yank mod 1.0 --reason x",
    "explain mod=prod",
    "graph mod",
    "gc --dry-run",
    "gc",
    "warm",
    "warm --yes",
];

/// Verbs that make stores where there are none.
const MAKING: [&str; 3] = ["publish mod 2.0 new.bin", "import catalog.toml --apply", "sample --sample-size 1"];

fn desk() -> Desk {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod");
    desk.artifact("new.bin");
    desk.done("export -o catalog.toml");
    desk
}

fn all() -> impl Iterator<Item = &'static &'static str> {
    MAKING.iter().chain(&OPENING)
}

/// That each of these verbs is refused with these options, and changes no file.
fn check<'a>(desk: &Desk, verbs: impl IntoIterator<Item = &'a &'a str>, options: &str, parts: &[&str]) {
    let before = desk.state();
    for verb in verbs {
        desk.run(&format!("{verb} {options}")).check_refusal(1, parts);
        assert!(desk.state() == before, "{verb} {options} changed something");
    }
}

/// What is said of a folder in which nothing is published.
const NAME_ANOTHER: &str = "name what was published with --data, or --catalog and --artifacts";

/// What is said of a place where no store can be.
const TAKES: &str = "it takes a place that this user may write to";

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let desk = desk();
    for folder in ["/dev/null/x", "/proc/x", "new.bin", "new.bin/x"] {
        let options = format!("--data {folder}");
        check(&desk, &MAKING, &options, &[&format!("cannot open {folder}/artifacts: {TAKES}"), "os error"]);
        check(&desk, &OPENING, &options, &[&format!("there is no {folder}/catalog.sqlite: {NAME_ANOTHER}")]);
    }
    desk.write("edgehop-data/file", "");
    let file = format!("cannot open edgehop-data/file: {TAKES}");
    let in_file = "--artifacts folder:edgehop-data/file --catalog sqlite:edgehop-data/catalog.sqlite";
    check(&desk, all(), in_file, &[&file, "Not a directory"]);
    let below = "--catalog sqlite:edgehop-data/file/catalog.sqlite --artifacts folder:edgehop-data/artifacts";
    check(&desk, &MAKING, below, &[&file, "File exists"]);
    check(&desk, &OPENING, below, &["there is no edgehop-data/file/catalog.sqlite"]);
}

#[test]
fn looking_makes_no_data_folder() {
    let desk = desk();
    let missing = [
        ("--data misspelled", "there is no misspelled/catalog.sqlite"),
        (
            "--catalog sqlite:misspelled/catalog.sqlite --artifacts folder:edgehop-data/artifacts",
            "there is no misspelled/catalog.sqlite",
        ),
        ("--catalog sqlite:edgehop-data/catalog.sqlite --artifacts folder:misspelled", "there is no misspelled"),
    ];
    for (options, part) in missing {
        for verb in OPENING {
            desk.refused(&format!("{verb} {options}"), 1, &[part, NAME_ANOTHER]);
            assert!(!desk.path("misspelled").exists(), "{verb} {options}");
        }
    }
}

#[test]
fn where_nothing_is_published_there_is_nothing() {
    let desk = desk();
    desk.write("empty.toml", "");
    desk.done("import empty.toml --data empty --apply");
    for verb in ["check mod", "graph mod", "yank mod 1.0 --reason x", "channel show mod prod"] {
        desk.refused(&format!("{verb} --data empty"), 1, &["mod is not published: there is nothing"]);
    }
    assert_eq!(desk.done("check --data empty"), "");
}

#[test]
fn a_catalog_that_is_none_is_left_alone() {
    let desk = desk();
    desk.write("edgehop-data/catalog.sqlite", "no database at all, ".repeat(100));
    check(&desk, all(), "", &["cannot open ./edgehop-data/catalog.sqlite", "the catalog", "file is not a database"]);
    desk.write("edgehop-data/noise", "no database at all, ".repeat(100));
    let noise = ["cannot open edgehop-data/noise", "file is not a database"];
    let options = "--catalog sqlite:edgehop-data/noise --artifacts folder:edgehop-data/artifacts";
    check(&desk, all(), options, &noise);
    fs::remove_file(desk.data().join("catalog.sqlite")).unwrap();
    fs::create_dir(desk.data().join("catalog.sqlite")).unwrap();
    check(&desk, all(), "", &["cannot open ./edgehop-data/catalog.sqlite", "unable to open database file"]);
}

#[test]
fn a_catalog_of_a_later_edgehop_is_left_alone() {
    let desk = desk();
    let file = desk.data().join("catalog.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    // SQLite's user version: https://sqlite.org/fileformat2.html#user_version_number
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    fs::write(&file, bytes).unwrap();
    check(&desk, all(), "", &["catalog.sqlite is damaged", "its layout is 99", "use the edgehop that wrote it"]);
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
    let reading = all().filter(|verb| !verb.starts_with("sample"));
    check(&desk, reading, "", &["mod is damaged", "target"]);
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
    for verb in all() {
        let parts = ["cannot open ./edgehop-data/catalog.sqlite", TAKES, "the catalog", "readonly database"];
        run(&desk, &desk.data(), verb).check_refusal(1, &parts);
    }
    for verb in MAKING {
        let parts = ["cannot open edgehop-data/new/artifacts", TAKES, "Permission denied"];
        run(&desk, &desk.data(), &format!("{verb} --data edgehop-data/new")).check_refusal(1, &parts);
    }
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
