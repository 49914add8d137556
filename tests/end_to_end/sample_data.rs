//! Sample data goes where it is asked for, or into the default folder on its first start, and never in place of what was
//! lost.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use edgehop_tests::client::get;
use edgehop_tests::server::{self, command_line};

use crate::help::{Program, command, list, wait};

const OS: &str = "/package?cpuArch=armv8";

/// How the start of each server names sample data, in its log and on standard output.
const NAMED: [&str; 2] = ["devices are given sample data", "this is sample data, made-up bytes"];

/// `edgehop` in a folder, with nothing inherited from whoever runs the tests.
fn edgehop(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(command_line());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("EDGEHOP_")) {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(folder).output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = edgehop(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Starts a server that must end at once; returns its log.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let _ = fs::remove_file(folder.join("log"));
    let status = wait(&mut command(folder, arguments, &[]).spawn().unwrap());
    let log = fs::read_to_string(folder.join("log")).unwrap();
    assert!(!status.success(), "{log}");
    log
}

#[test]
fn a_lost_catalog_is_refused_and_can_be_restored() {
    let program = Program::start(&[], &[]);
    let digest = list(program.address(), OS)["os_armv8"]["sha256"].clone();
    program.signal("TERM");
    let (_, folder) = program.ended();
    let (here, data) = (folder.path(), folder.path().join("edgehop-data"));
    let catalog = data.join("catalog.sqlite");
    let backup = done(here, &["export"]);
    fs::write(here.join("backup.toml"), backup).unwrap();
    let copy = fs::read(&catalog).unwrap();
    fs::write(here.join("new.bin"), "new").unwrap();

    let lose: [&dyn Fn(); 2] = [&|| fs::remove_file(&catalog).unwrap(), &|| fs::write(&catalog, "").unwrap()];
    for lose in lose {
        lose();
        let size = || fs::metadata(&catalog).map(|meta| meta.len()).ok();
        let lost = size();
        for arguments in [&[][..], &["--sample"], &["--no-sample"], &["--data", "edgehop-data"]] {
            let log = refusal(here, arguments);
            let parts = ["their catalog", "catalog.sqlite is gone", "backup", "edgehop import FILE --apply"];
            assert!(parts.iter().all(|part| log.contains(part)), "{arguments:?}: {log}");
            assert_eq!(size(), lost, "{arguments:?}");
        }
        for verb in [&["publish", "app", "1.0", "new.bin"][..], &["sample", "--sample-size", "4096"]] {
            let refused = edgehop(here, verb);
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(refused.status.code() == Some(1) && said.contains("catalog.sqlite is gone"), "{verb:?}: {said}");
            assert_eq!(size(), lost, "{verb:?}");
        }
    }
    // Both ways that the refusal names lead back.
    done(here, &["import", "backup.toml", "--apply"]);
    let data = data.to_str().unwrap();
    assert_eq!(list(Program::start(&["--data", data], &[]).address(), OS)["os_armv8"]["sha256"], digest);
    for name in ["catalog.sqlite-wal", "catalog.sqlite-shm"] {
        let _ = fs::remove_file(Path::new(data).join(name));
    }
    fs::write(&catalog, copy).unwrap();
    assert_eq!(list(Program::start(&["--data", data], &[]).address(), OS)["os_armv8"]["sha256"], digest);
}

/// A volume that is not mounted leaves an empty folder, or none; so does a typing error.
#[test]
fn a_folder_that_was_named_or_was_there_gets_sample_data_only_when_asked() {
    let named: [&[&str]; 3] = [&["--data", "typo"], &["--data", "edgehop-data"], &["--data", "there"]];
    for arguments in named {
        let folder = server::folder();
        fs::create_dir(folder.path().join("there")).unwrap();
        let program = Program::start_in(folder, arguments, &[]);
        assert_eq!(get(program.address(), OS, &[]).status, 404, "{arguments:?}");
        assert!(program.log().contains("a volume that is not mounted"), "{}", program.log());
    }
    let there = server::folder();
    fs::create_dir(there.path().join("edgehop-data")).unwrap();
    let program = Program::start_in(there, &[], &[]);
    assert_eq!(get(program.address(), OS, &[]).status, 404, "the default folder was there");

    for asked in [
        Program::start(&["--data", "typo", "--sample"], &[]),
        Program::start(&["--data", "typo"], &[("EDGEHOP_SAMPLE_DATA", "1")]),
    ] {
        assert_eq!(get(asked.address(), OS, &[]).status, 200);
    }
    for refused in [&["--sample", "--no-sample"][..], &["--sample", "--catalog", "sqlite:c", "--artifacts", "folder:a"]]
    {
        let log = refusal(server::folder().path(), refused);
        assert!(log.contains("--sample (EDGEHOP_SAMPLE_DATA) fills the data folder"), "{log}");
    }
}

/// The banner of an empty catalog has the command that fills it, and no question that hears 404.
#[test]
fn an_empty_catalog_says_how_to_publish() {
    let program = Program::start(&["--data", "own data"], &[]);
    let said = program.ready();
    assert!(!said.contains("curl"), "{said}");
    let line = said.lines().find(|line| line.trim_start().starts_with("edgehop publish")).unwrap();
    let line = line.replace("COMPONENT VERSION FILE", "app 1.0 app.bin");
    fs::write(program.folder().join("app.bin"), "app").unwrap();
    let mut shell = Command::new("sh");
    let path = format!("{}:{}", command_line().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = shell.args(["-c", &line]).env("PATH", path).current_dir(program.folder()).output().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");

    program.signal("TERM");
    let (_, folder) = program.ended();
    let own = Program::start_in(folder, &["--data", "own data"], &[]);
    let said = own.ready();
    assert!(said.contains("/package?app=prod&payloadType=metadataOnly"), "{said}");
    assert_eq!(list(own.address(), "/package?app=prod")["app"]["latestVersion"], "1.0");
    assert!(!NAMED.iter().any(|named| said.contains(named) || own.log().contains(named)), "{said}");
}

#[test]
fn every_start_names_sample_data_until_it_is_removed() {
    let mut folder = server::folder();
    for _ in 0..2 {
        let program = Program::start_in(folder, &[], &[]);
        let (said, log) = (program.ready(), program.log());
        assert!(log.contains(NAMED[0]) && said.contains(NAMED[1]), "{said}{log}");
        assert!(said.contains("edgehop sample --remove --data './edgehop-data'"), "{said}");
        program.signal("TERM");
        folder = program.ended().1;
    }
    let here = folder.path();
    // Releases of one's own stay: of other components, of the sample's, and under a name of the sample's.
    fs::write(here.join("own.bin"), "own").unwrap();
    fs::write(here.join("other.bin"), "other").unwrap();
    done(here, &["publish", "app", "1.0", "own.bin", "--channel", "prod"]);
    done(here, &["publish", "scoreboard", "3.0", "own.bin", "--channel", "beta"]);
    let removed = done(here, &["sample", "--remove"]);
    assert_eq!(removed.lines().count(), 13, "a line a release, and what to do next: {removed}");
    let left = done(here, &["export"]);
    assert_eq!((left.matches(".release]]").count(), left.matches(".channel.").count()), (2, 2), "{left}");
    let again = done(here, &["sample", "--remove"]);
    assert_eq!((again.as_str(), done(here, &["export"])), ("there is no sample data\n", left));
    done(here, &["publish", "os_armv8", "1.1.0", "other.bin", "--channel", "prod"]);
    assert_eq!(done(here, &["sample", "--remove"]), "there is no sample data\n");

    let _ = fs::remove_file(here.join("log"));
    let program = Program::start_in(folder, &[], &[]);
    let (said, log) = (program.ready(), program.log());
    assert!(!NAMED.iter().any(|named| said.contains(named) || log.contains(named)), "{said}{log}");
    let version = |target: &str, name: &str| list(program.address(), target)[name]["latestVersion"].clone();
    assert_eq!(version(OS, "os_armv8"), "1.1.0");
    assert_eq!(version("/package?app=prod", "app"), "1.0");
    assert_eq!(version("/package?scoreboard=beta", "scoreboard"), "3.0");
    assert_eq!(get(program.address(), "/package?scoreboard=prod", &[]).status, 404);
    assert_eq!(get(program.address(), "/package?ipModule=prod", &[]).status, 404);
}

/// A record that cannot be read is no reason to keep everybody else waiting.
#[test]
fn a_damaged_record_does_not_stop_the_start() {
    let folder = server::folder();
    done(folder.path(), &["sample", "--sample-size", "4096"]);
    let file = folder.path().join("edgehop-data/catalog.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    let record = b"\"target\":\"6.15.008\"";
    let at = bytes.windows(record.len()).position(|bytes| bytes == record).unwrap();
    bytes[at + 1] = b'T';
    fs::write(&file, &bytes).unwrap();
    let program = Program::start_in(folder, &[], &[]);
    assert_eq!(get(program.address(), OS, &[]).status, 200);
}
