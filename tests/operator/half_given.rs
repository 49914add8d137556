//! Stores that do not belong together: half a pair is a wrong command line, a catalog deletes no other's objects, and bytes
//! that are missing are found.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use edgehop_tests::server::binary;

use crate::desk::{Desk, NEVER, Said};

/// A line for every verb, with its stores and without.
const LINES: [&str; 20] = [
    "publish mod 2.0 new.bin",
    "channel set mod prod 1.0",
    "channel show",
    "channel remove mod prod",
    "yank mod 1.0 --reason x",
    "releases",
    "check",
    "explain mod=prod",
    "graph mod",
    "export",
    "import catalog.toml",
    "import catalog.toml --apply",
    "gc",
    "warm --yes",
    "known-words",
    "sample --sample-size 1",
    "doctor --endpoint http://127.0.0.1:1",
    "key show a.key",
    "sign new.bin --component mod --version 2.0 --comment-only",
    "man",
];

const CATALOG: (&str, &str) = ("EDGEHOP_CATALOG", "sqlite:other/catalog.sqlite");
const ARTIFACTS: (&str, &str) = ("EDGEHOP_ARTIFACTS", "folder:other/artifacts");

/// A desk with `mod` 1.0 on `prod` in the folder of every default, and the story of `fw` in `other`.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod");
    desk.publish("fw", "1.0", "--channel prod --data other");
    desk.publish("fw", "2.0", "--data other");
    desk.artifact("new.bin");
    desk.key("a");
    desk.done("export -o catalog.toml");
    desk
}

fn run(desk: &Desk, line: &str, environment: &[(&str, &str)]) -> Said {
    Said::of(line, desk.command(line).envs(environment.iter().copied()).output().unwrap())
}

/// The objects of a data folder.
fn objects(desk: &Desk, data: &str) -> Vec<PathBuf> {
    let root = desk.path(data).join("artifacts");
    let of = |path: &PathBuf| path.starts_with(root.join("blobs")) || path.starts_with(root.join("fragments"));
    desk.state().into_keys().filter(of).filter(|path| path.extension().is_none()).collect()
}

/// Makes every object of a data folder old enough to be garbage.
fn age(desk: &Desk, data: &str) {
    let long_ago = SystemTime::now() - Duration::from_secs(7 * 24 * 3600);
    for file in objects(desk, data) {
        fs::File::options().append(true).open(file).unwrap().set_modified(long_ago).unwrap();
    }
}

#[test]
fn half_a_pair_of_stores_is_a_wrong_command_line() {
    let desk = desk();
    age(&desk, "other");
    let before = desk.state();
    let catalog = ["--catalog (EDGEHOP_CATALOG) is given without --artifacts", "name both stores", "or neither"];
    let artifacts = ["--artifacts (EDGEHOP_ARTIFACTS) is given without --catalog", "name both stores", "or neither"];
    for line in LINES {
        run(&desk, &format!("{line} --catalog {}", CATALOG.1), &[]).check_refusal(2, &catalog);
        run(&desk, &format!("--artifacts {} {line}", ARTIFACTS.1), &[]).check_refusal(2, &artifacts);
        run(&desk, &format!("{line} --data other --artifacts {}", ARTIFACTS.1), &[]).check_refusal(2, &artifacts);
        run(&desk, line, &[CATALOG]).check_refusal(2, &catalog);
        run(&desk, line, &[ARTIFACTS, ("EDGEHOP_DATA", "other")]).check_refusal(2, &artifacts);
        let json = run(&desk, &format!("{line} --json"), &[CATALOG]);
        let value: serde_json::Value = serde_json::from_str(&json.err).unwrap();
        assert!(json.code == Some(2) && value["error"].as_str().unwrap().starts_with(catalog[0]), "{json:?}");
        assert!(desk.state() == before, "{line} changed something");
    }
    // Help is given all the same.
    assert_eq!(run(&desk, "gc --help", &[CATALOG]).code, Some(0));
}

#[test]
fn both_stores_may_be_named_in_any_way() {
    let desk = desk();
    let both = format!("--catalog {} --artifacts {}", CATALOG.1, ARTIFACTS.1);
    let ways: [(&str, &[(&str, &str)]); 4] = [
        (&both, &[]),
        ("--data edgehop-data", &[CATALOG, ARTIFACTS]),
        (&format!("--catalog {}", CATALOG.1), &[ARTIFACTS]),
        ("--data other", &[]),
    ];
    for (options, environment) in ways {
        for line in [format!("releases {options}"), format!("{options} releases")] {
            let said = run(&desk, &line, environment);
            assert!(said.code == Some(0) && said.out.starts_with("fw ") && !said.out.contains("mod"), "{said:?}");
        }
    }
}

#[test]
fn a_server_takes_both_stores_or_neither() {
    let desk = desk();
    let before = desk.state();
    let start = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = std::process::Command::new(binary());
        desk.at_home(&mut command);
        command.args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]).args(arguments);
        Said::of("edgehop-server", command.envs(environment.iter().copied()).output().unwrap())
    };
    let parts = ["is given without", "name both stores", "or neither"];
    start(&["--catalog", CATALOG.1], &[]).check_refusal(2, &parts);
    start(&["--data", "other", "--artifacts", ARTIFACTS.1], &[]).check_refusal(2, &parts);
    start(&[], &[CATALOG]).check_refusal(2, &parts);
    start(&["--data", "other"], &[ARTIFACTS]).check_refusal(2, &parts);
    assert!(desk.state() == before, "no store was made");
}

#[test]
fn garbage_of_another_catalog_is_not_collected() {
    let desk = desk();
    age(&desk, "other");
    let strangers = ["no release of this catalog names any of the 4 objects", "name both stores", NEVER];
    // A catalog of other releases, and one of none.
    desk.write("empty.toml", "");
    desk.done("import empty.toml --data empty --apply");
    for catalog in ["edgehop-data", "empty"] {
        for dry in ["", " --dry-run"] {
            let line = format!("gc{dry} --catalog sqlite:{catalog}/catalog.sqlite --artifacts {}", ARTIFACTS.1);
            let before = desk.state();
            desk.run(&line).check_refusal(3, &strangers);
            assert!(desk.state() == before, "{line}");
        }
    }
    // One that shares an object with it, as copies of the sample data do, and has others elsewhere.
    desk.done("publish mod 1.1 fw-1.0.bin");
    let shared = format!("gc --catalog sqlite:edgehop-data/catalog.sqlite --artifacts {}", ARTIFACTS.1);
    let before = desk.state();
    let parts = ["2 objects that releases of this catalog need", "`edgehop check`", NEVER];
    desk.run(&shared).check_refusal(3, &parts);
    assert!(desk.state() == before);
    // Where there is nothing, nothing is wrong; and the right pair collects.
    assert_eq!(desk.json("gc --data empty")["kept"], 0);
    assert_eq!(desk.json(&format!("gc --catalog {} --artifacts {}", CATALOG.1, ARTIFACTS.1))["kept"], 4);
}

#[test]
fn bytes_that_are_missing_are_found_and_brought_back() {
    let desk = desk();
    assert_eq!(desk.json("check --data other")["fw"]["problems"], serde_json::json!([]));
    let records = "--catalog sqlite:other/catalog.sqlite --artifacts folder:edgehop-data/artifacts";
    let check = |options: &str| {
        let said = desk.run(&format!("check {options}"));
        assert_eq!((said.code, said.err.as_str()), (Some(3), ""), "{said:?}");
        said.out
    };
    let said = check(records);
    assert!(
        said.contains("fw               NOT SAFE") && said.matches("is missing from the artifact store").count() == 4
    );
    assert!(said.contains("put it there again with `edgehop publish fw 1.0 <FILE>`"), "{said}");

    // One object gone, and another cut.
    let released = desk.json("releases fw --data other");
    let [one, two] = [0, 1].map(|at| released["fw"][at]["artifact"]["sha256"].as_str().unwrap().to_owned());
    let object = |sha256: &str| {
        let is_it = |path: &PathBuf| path.file_name().unwrap().to_str() == Some(sha256);
        objects(&desk, "other").into_iter().find(is_it).unwrap()
    };
    let (gone, cut) = (object(&two), object(&one));
    fs::remove_file(&gone).unwrap();
    fs::File::options().write(true).open(&cut).unwrap().set_len(100).unwrap();
    let said = check("--data other");
    assert!(said.contains(&format!("2.0: blobs/{two} is missing from the artifact store")), "{said}");
    assert!(said.contains(&format!("1.0: blobs/{one} is damaged: it has 100 bytes in place of 3000")), "{said}");
    assert_eq!(desk.run("check --data other --json").code, Some(3));

    // No channel is pointed there, by hand or by a document.
    let parts = [&format!("2.0: blobs/{two} is missing"), "edgehop publish fw 2.0 <FILE>", NEVER];
    desk.refused("channel set fw prod 2.0 --data other", 3, &parts);
    let document = desk.done("export --data other").replace("target = \"1.0\"", "target = \"2.0\"");
    desk.write("moved.toml", document);
    desk.refused("import moved.toml --data other", 3, &parts);

    // What was withdrawn needs no bytes, and publishing brings them back.
    desk.done("publish fw 1.0 fw-1.0.bin --data other");
    desk.done("yank fw 2.0 --reason gone --data other");
    desk.done("check --data other");
    desk.done("publish fw 2.0 fw-2.0.bin --data other");
    assert!(gone.exists() && fs::metadata(cut).unwrap().len() == 3000);
}
