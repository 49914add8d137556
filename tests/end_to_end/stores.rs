//! Stores that change under a running server: replaced, gone, or closed to its user.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use edgehop_tests::client::get;
use edgehop_tests::server::{self, command_line};
use edgehop_tests::tools;

use crate::help::{Program, blob_file, command, eventually, list};

const APP: &str = "/package?app=prod";

/// Runs `edgehop` in a folder, with this umask and nothing inherited from whoever runs the tests.
fn edgehop(folder: &Path, umask: &str, line: &str) -> Output {
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("EDGEHOP_")) {
        shell.env_remove(name);
    }
    let script = format!("umask {umask} && exec \"$0\" {line}");
    shell.arg("-c").arg(script).arg(command_line()).current_dir(folder).output().unwrap()
}

fn done(folder: &Path, line: &str) -> String {
    let output = edgehop(folder, "022", line);
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Publishes a version of `app` in a data folder, with bytes of its own.
fn publish(folder: &Path, data: &str, version: &str) {
    fs::write(folder.join("app.bin"), version.repeat(1000)).unwrap();
    done(folder, &format!("publish app {version} app.bin --channel prod --data {data}"));
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-r").args([from, to]).status().unwrap().success());
}

/// Every file and folder below this one.
fn below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if path.is_dir() {
            found.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}

/// A server over `data`, where `app` 1.0 is published.
fn program() -> Program {
    let folder = server::folder();
    publish(folder.path(), "data", "1.0");
    Program::start_in(folder, &["--data", "data"], &[])
}

fn version(program: &Program) -> Option<String> {
    let answer = get(program.address(), &format!("{APP}&payloadType=metadataOnly"), &[]);
    (answer.status == 200).then(|| answer.json()["app"]["latestVersion"].as_str().unwrap().to_owned())
}

fn wait_for(program: &Program, expected: &str) {
    eventually(expected, || version(program).as_deref() == Some(expected));
}

/// Waits until `/readyz` has this status; returns what it says.
fn ready(program: &Program, status: u16) -> String {
    let mut answer = get(program.address(), "/readyz", &[]);
    eventually(&format!("/readyz {status}"), || {
        answer = get(program.address(), "/readyz", &[]);
        answer.status == status
    });
    assert_eq!(answer.header("cache-control").unwrap(), "no-store");
    String::from_utf8(answer.body).unwrap()
}

fn health(program: &Program) -> u16 {
    get(program.address(), "/healthz", &[]).status
}

#[test]
fn a_restored_backup_is_noticed() {
    let program = program();
    let here = program.folder();
    let (data, backup, old) = (here.join("data"), here.join("backup"), here.join("old"));
    program.signal("STOP");
    copy(&data, &backup);
    program.signal("CONT");
    publish(here, "data", "2.0");
    wait_for(&program, "2.0");

    fs::rename(&data, &old).unwrap();
    copy(&backup, &data);
    wait_for(&program, "1.0");
    // As many writes as the old catalog had, and other ones.
    publish(here, "data", "2.1");
    wait_for(&program, "2.1");
    assert_eq!(get(program.address(), APP, &[]).status, 200, "its bytes are found, too");
    assert!(done(here, "releases app --data old").contains("2.0"), "what was replaced is whole");
    assert!(!done(here, "releases app --data data").contains("2.0"));
    assert_eq!((ready(&program, 200).as_str(), health(&program)), ("ok\n", 200));
}

/// The file alone, while the log of what was there before lies beside it.
#[test]
fn a_restored_file_is_not_mixed_with_the_log_of_the_old_one() {
    let program = program();
    let here = program.folder();
    let (file, restored) = (here.join("data/catalog.sqlite"), here.join("restored/catalog.sqlite"));
    done(here, "export --data data -o one.toml");
    copy(&here.join("data"), &here.join("restored"));
    let _ = fs::remove_file(here.join("restored/catalog.sqlite-shm"));
    done(here, "check --data restored");
    publish(here, "data", "2.0");
    wait_for(&program, "2.0");
    assert!(here.join("data/catalog.sqlite-wal").exists());
    fs::rename(&restored, &file).unwrap();
    wait_for(&program, "1.0");
    publish(here, "data", "3.0");
    wait_for(&program, "3.0");
    assert!(!done(here, "export --data data").contains("\"2.0\""));
}

#[test]
fn a_copy_that_is_not_complete_yet_is_no_catalog() {
    let program = program();
    let here = program.folder();
    let (data, file) = (here.join("data"), here.join("data/catalog.sqlite"));
    done(here, "check --data data");
    fs::rename(&data, here.join("old")).unwrap();
    copy(&here.join("old"), &data);
    let bytes = fs::read(&file).unwrap();
    for part in [0, 50, 4096, bytes.len() - 4096] {
        fs::remove_file(&file).unwrap();
        let mut copying = File::create_new(&file).unwrap();
        copying.write_all(&bytes[..part]).unwrap();
        // Devices are served from memory; health looks at the file.
        eventually("no health", || health(&program) == 503);
        let said = ready(&program, 503);
        assert!(said.contains("the catalog cannot be read") && !said.contains("artifact"), "{part}: {said}");
        copying.write_all(&bytes[part..]).unwrap();
        drop(copying);
        ready(&program, 200);
        wait_for(&program, "1.0");
    }
}

#[test]
fn stores_that_are_gone_are_named_and_not_made_anew() {
    let program = program();
    let here = program.folder();
    let digest = list(program.address(), APP)["app"]["sha256"].as_str().unwrap().to_owned();
    let blob = format!("/blobs/{digest}");
    fs::rename(here.join("data"), here.join("away")).unwrap();
    let said = ready(&program, 503);
    for part in ["the catalog cannot be read: entity not found", "the artifact store cannot be read: entity not found"]
    {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("data/"), "no path leaves: {said}");
    assert_eq!(health(&program), 503);
    assert!(program.log().contains("data/catalog.sqlite: No such file"), "{}", program.log());
    std::thread::sleep(Duration::from_millis(100));
    assert!(!here.join("data").exists());
    fs::create_dir(here.join("data")).unwrap();
    assert_eq!(health(&program), 503);
    assert_eq!(fs::read_dir(here.join("data")).unwrap().count(), 0, "an empty folder stays so");
    fs::remove_dir(here.join("data")).unwrap();
    fs::rename(here.join("away"), here.join("data")).unwrap();
    assert_eq!((ready(&program, 200).as_str(), health(&program)), ("ok\n", 200));

    fs::rename(here.join("data/artifacts"), here.join("artifacts")).unwrap();
    let said = ready(&program, 503);
    assert!(said.contains("the artifact store cannot be read") && !said.contains("catalog"), "{said}");
    assert_eq!(health(&program), 200, "it looks at the catalog alone");
    assert_eq!(get(program.address(), &blob, &[]).status, 503, "it may come back");
    fs::rename(here.join("artifacts"), here.join("data/artifacts")).unwrap();
    ready(&program, 200);
    assert_eq!(get(program.address(), &blob, &[]).status, 200);
}

#[test]
fn published_files_are_as_open_as_the_umask_lets_them_be() {
    for (umask, mask) in [("022", 0o022), ("002", 0o002), ("027", 0o027), ("077", 0o077)] {
        let folder = server::folder();
        let here = folder.path();
        fs::write(here.join("app.bin"), "app".repeat(10_000)).unwrap();
        for line in [
            "key generate --no-password",
            "sign app.bin --component app --version 1.0 --minimum any --key edgehop.key",
            "publish app 1.0 app.bin --channel prod --trusts edgehop.pub",
            "sample --sample-size 50000",
        ] {
            let output = edgehop(here, umask, line);
            assert!(output.status.success(), "{line}: {output:?}");
        }
        let found = below(&here.join("edgehop-data"));
        let kinds = ["catalog.sqlite", ".md5", ".minisig"];
        assert!(kinds.iter().all(|kind| found.iter().any(|path| path.to_string_lossy().ends_with(kind))), "{found:?}");
        for path in found {
            let expected = if path.is_dir() { 0o777 } else { 0o666 } & !mask;
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(format!("{mode:o}"), format!("{expected:o}"), "{} with umask {umask}", path.display());
        }
    }
}

#[test]
fn a_file_that_may_not_be_read_is_named_with_its_cure() {
    let first = program();
    let digest = list(first.address(), APP)["app"]["sha256"].as_str().unwrap().to_owned();
    first.signal("TERM");
    let (_, folder) = first.ended();
    let file = blob_file(&folder.path().join("data"), &digest);
    let close = |mode| fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
    close(0);
    let privileged = File::open(&file).is_ok();
    let program = Program::start_as(folder, |folder| {
        let plain = command(folder, &["--data", "data"], &[]);
        if !privileged {
            return plain;
        }
        let mut setpriv = tools::command("setpriv");
        setpriv.args(["--bounding-set=-all", "--inh-caps=-all"]).arg(plain.get_program()).args(plain.get_args());
        setpriv.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        setpriv
    });
    let said = ready(&program, 503);
    assert!(said.contains("the artifact store cannot be read: permission denied"), "{said}");
    assert!(!said.contains(&digest) && !said.contains("catalog"), "{said}");
    assert_eq!(health(&program), 200);
    let log = program.log();
    for part in [&digest[..], "with mode 0", "`chmod -R a+rX` or `chown -R"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert_eq!(get(program.address(), &format!("/blobs/{digest}"), &[]).status, 503);
    close(0o644);
    ready(&program, 200);
    assert_eq!(get(program.address(), &format!("/blobs/{digest}"), &[]).status, 200);
}
