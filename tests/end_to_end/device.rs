//! The guide's recipe for devices, run by the shells that devices have: whatever became of its files, it ends with what is
//! to be installed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::thread;

use edgehop_tests::client::get;
use edgehop_tests::server::{self, command_line};
use edgehop_tests::tools;

use crate::help::{Program, eventually, list, metric};

pub(crate) const RECIPE: &str = include_str!("../../edge/device/update.sh");

/// The part of the recipe that a device with a key reads.
const VERIFY: &str = include_str!("../../edge/device/verify.sh");

/// The page that shows both files.
const GUIDE: &str = include_str!("../../docs/src/guides/device.md");

const APP: &str = "/package?app=prod";

/// Most runs that a device needs, whatever became of its files: a bad file is fetched anew by the run that finds it.
const RUNS: usize = 1;

/// What a device has to run a script.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shell {
    /// dash and curl.
    Dash,
    /// busybox, and nothing else.
    Busybox,
}

pub(crate) const SHELLS: [Shell; 2] = [Shell::Dash, Shell::Busybox];

impl Shell {
    fn command(self) -> Command {
        match self {
            Shell::Dash => {
                let curl = tools::command("curl");
                let mut command = Command::new("dash");
                let folder = Path::new(curl.get_program()).parent().unwrap().display().to_string();
                command.envs(curl.get_envs().filter_map(|(name, value)| Some((name, value?))));
                let path = std::env::var("PATH").unwrap();
                command.env("PATH", format!("{folder}:{path}:{}", minisign().display()));
                command
            }
            Shell::Busybox => {
                let mut command = tools::command("busybox");
                command.arg("ash").env("PATH", format!("{}:{}", applets().display(), minisign().display()));
                command
            }
        }
    }
}

/// A folder with busybox under the names of everything it can do.
fn applets() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = server::folder();
        let busybox = tools::command("busybox");
        let names = Command::new(busybox.get_program()).arg("--list").output().unwrap().stdout;
        for name in String::from_utf8(names).unwrap().lines() {
            std::os::unix::fs::symlink(busybox.get_program(), folder.path().join(name)).unwrap();
        }
        folder
    });
    folder.path()
}

/// A folder with minisign.
fn minisign() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let (folder, minisign) = (server::folder(), tools::command("minisign"));
        let variables = minisign.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let variables: String =
            variables.map(|(name, value)| format!("{}='{}' ", name.display(), value.display())).collect();
        let program = folder.path().join("minisign");
        let text = format!("#!/bin/sh\n{variables} exec {} \"$@\"\n", minisign.get_program().display());
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        folder
    });
    folder.path()
}

/// A device's folder, and its shell.
pub(crate) struct Device {
    folder: tempfile::TempDir,
    shell: Shell,
}

impl Device {
    pub(crate) fn new(shell: Shell) -> Device {
        let folder = server::folder();
        fs::write(folder.path().join("update.sh"), RECIPE).unwrap();
        fs::write(folder.path().join("verify.sh"), VERIFY).unwrap();
        Device { folder, shell }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, url: &str) -> Output {
        self.shell.command().args(["update.sh", url]).current_dir(self.folder.path()).output().unwrap()
    }

    /// That it installs this file within so many runs, and has nothing to do then.
    fn check(&self, url: &str, name: &str, bytes: &[u8], what: &str) {
        let mut said = Vec::new();
        let done = (0..RUNS).any(|_| {
            let output = self.run(url);
            let done = output.status.code() == Some(0);
            said.push(output);
            done
        });
        assert!(done, "{:?}, {what}: {said:?}", self.shell);
        assert!(fs::read(self.path("installed").join(name)).unwrap() == bytes, "{:?}, {what}", self.shell);
        let again = self.run(url);
        assert_eq!(
            (again.status.code(), self.path("part").exists()),
            (Some(3), false),
            "{:?}, {what}: {again:?}",
            self.shell
        );
    }

    /// Leaves a part of a download there, as a power cut does.
    fn leave(&self, part: &[u8], etag: &str) {
        fs::write(self.path("part"), part).unwrap();
        fs::write(self.path("part.head"), format!("HTTP/1.1 200 OK\r\netag: {etag}\r\n\r\n")).unwrap();
    }
}

/// An operator's server with `app`.
struct Fleet {
    program: Program,
}

/// A package as it is published, and what is in it.
struct Release {
    package: Vec<u8>,
    etag: String,
    name: String,
    bytes: Vec<u8>,
}

impl Fleet {
    fn new() -> Fleet {
        let folder = server::folder();
        publish(folder.path(), "1.0");
        Fleet { program: Program::start_in(folder, &["--data", "data"], &[]) }
    }

    fn url(&self) -> String {
        format!("http://{}{APP}", self.program.address())
    }

    /// Waits until devices are given this version.
    fn release(&self, version: &str) -> Release {
        eventually(version, || list(self.program.address(), APP)["app"]["latestVersion"] == version);
        let answer = get(self.program.address(), APP, &[]);
        let etag = answer.header("etag").unwrap();
        Release { package: answer.body, etag, name: format!("app_{version}"), bytes: bytes(version) }
    }
}

/// Noise, then text: the beginning of a package does not say how it ends.
fn bytes(version: &str) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(version.len() as u64 + u64::from(version.as_bytes()[0]));
    let noise = std::iter::repeat_with(|| random.u8(..)).take(20_000);
    noise.chain(version.bytes().cycle().take(20_000)).collect()
}

pub(crate) fn edgehop(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new(command_line());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("EDGEHOP_")) {
        command.env_remove(name);
    }
    let output = command.args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

fn publish(folder: &Path, version: &str) {
    fs::write(folder.join("app.bin"), bytes(version)).unwrap();
    edgehop(folder, &["publish", "app", version, "app.bin", "--channel", "prod", "--data", "data"]);
}

/// Files that a device may have, made of a package: cut anywhere, and damaged in each part that a package has.
fn damages(package: &[u8]) -> Vec<(String, Vec<u8>)> {
    let end = package.len();
    let mut found = Vec::new();
    for length in [1, 5, 10, 100, 1000, end / 2, end - 8, end - 1, end] {
        found.push((format!("{length} bytes"), package[..length].to_vec()));
    }
    // Magic, method, flags, time, system; the manifest; the artifact's noise and text; CRC-32 and size.
    for at in [0, 1, 2, 3, 5, 9, 11, 50, 200, 600, 1500, 10_000, end / 2, end - 100, end - 8, end - 6, end - 4, end - 1]
    {
        for length in [end, end / 2 + 1000] {
            let mut damaged = package[..length].to_vec();
            let Some(byte) = damaged.get_mut(at) else { continue };
            *byte ^= 0x55;
            found.push((format!("byte {at} of {length}"), damaged));
        }
    }
    let zeroed = |from: usize| [&package[..from], &vec![0; 1024][..], &package[from + 1024..]].concat();
    found.push(("1 KB of zeros".to_owned(), zeroed(end / 2)));
    found.push(("more than there is".to_owned(), [package, b"more"].concat()));
    found.push(("nothing of it".to_owned(), vec![b'x'; end / 3]));
    found
}

/// Runs each device on a thread of its own, a few at a time.
fn all(devices: Vec<(Device, String)>, check: impl Fn(&Device, &str) + Sync) {
    for some in devices.chunks(8) {
        thread::scope(|scope| some.iter().for_each(|(device, what)| drop(scope.spawn(|| check(device, what)))));
    }
}

/// A device for each damage and shell, with that of this release.
fn damaged(release: &Release) -> Vec<(Device, String)> {
    let damages = damages(&release.package);
    let pairs = damages.iter().flat_map(|damage| SHELLS.map(|shell| (damage, shell)));
    let left = pairs.map(|((what, part), shell)| {
        let device = Device::new(shell);
        device.leave(part, &release.etag);
        (device, what.clone())
    });
    left.collect()
}

#[test]
fn the_guide_shows_the_recipe_that_is_tested() {
    for name in ["update.sh", "verify.sh"] {
        let whole = format!("```sh\n{{{{#include ../../../edge/device/{name}}}}}\n```\n");
        assert!(GUIDE.contains(&whole), "docs/src/guides/device.md must have edge/device/{name} as it is");
    }
}

#[test]
fn damage_republishing_and_rollback_end_with_the_right_bytes() {
    let fleet = Fleet::new();
    let first = fleet.release("1.0");
    let (same, before) = (damaged(&first), damaged(&first));
    all(same, |device, what| device.check(&fleet.url(), &first.name, &first.bytes, what));

    publish(fleet.program.folder(), "2.0");
    let second = fleet.release("2.0");
    let after = damaged(&second);
    all(before, |device, what| {
        device.check(&fleet.url(), &second.name, &second.bytes, &format!("republished, {what}"))
    });

    let line = ["channel", "set", "app", "prod", "1.0", "--allow-downgrade", "--data", "data"];
    edgehop(fleet.program.folder(), &line);
    fleet.release("1.0");
    all(after, |device, what| device.check(&fleet.url(), &first.name, &first.bytes, &format!("rolled back, {what}")));
}

#[test]
fn a_file_and_its_tag_may_part() {
    let fleet = Fleet::new();
    let first = fleet.release("1.0");
    let half = &first.package[..first.package.len() / 2];
    type Spoil = fn(&Device);
    let spoils: [(&str, Spoil); 6] = [
        ("no head", |device| fs::remove_file(device.path("part.head")).unwrap()),
        ("an empty head", |device| fs::write(device.path("part.head"), "").unwrap()),
        ("noise for a head", |device| fs::write(device.path("part.head"), [0, 255, b'"', b'\n', 7]).unwrap()),
        ("another tag", |device| fs::write(device.path("part.head"), "HTTP/1.1 200 OK\netag: \"other\"\n").unwrap()),
        ("a weak tag", |device| fs::write(device.path("part.head"), "HTTP/1.1 200 OK\netag: W/\"x\"\n").unwrap()),
        ("no file", |device| fs::remove_file(device.path("part")).unwrap()),
    ];
    for (what, spoil) in spoils {
        for shell in SHELLS {
            let device = Device::new(shell);
            device.leave(half, &first.etag);
            spoil(&device);
            device.check(&fleet.url(), &first.name, &first.bytes, what);
        }
    }
}

/// A half that is good is kept: only the rest is asked for.
#[test]
fn what_was_downloaded_is_gone_on_with() {
    let fleet = Fleet::new();
    let first = fleet.release("1.0");
    let status = |status: u16| {
        let name = format!("edgehop_answers_total{{route=\"package\",status=\"{status}\"}}");
        let text = String::from_utf8(get(fleet.program.metrics(), "/metrics", &[]).body).unwrap();
        if text.contains(&name) { metric(fleet.program.metrics(), &name) } else { 0 }
    };
    for (count, shell) in (1..).zip(SHELLS) {
        let device = Device::new(shell);
        device.leave(&first.package[..first.package.len() / 2], &first.etag);
        device.check(&fleet.url(), &first.name, &first.bytes, "half");
        eventually("a range and nothing to do", || (status(206), status(304)) == (count, count));
    }
}

#[test]
fn a_refusal_says_why() {
    let program = Program::start(&[], &[]);
    let url = |target: &str| format!("http://{}{target}", program.address());
    for shell in SHELLS {
        for (target, status, part) in [
            ("/package?ipModule=prod", "428", "say what runs now"),
            ("/package?ipModule=prod&installed=ipModule@9.0", "409", "reason"),
            ("/package?cpuArch=none", "404", "error"),
            ("/nowhere", "404", "there is /package"),
        ] {
            let device = Device::new(shell);
            device.leave(b"some of it", "\"other\"");
            let mut said = device.run(&url(target));
            // A range of what is not there is no range, for curl.
            if said.status.code() != Some(2) {
                said = device.run(&url(target));
            }
            let text = String::from_utf8(said.stderr).unwrap();
            assert_eq!(said.status.code(), Some(2), "{shell:?} {target}: {text}");
            assert!(
                text.contains(&format!("refused with {status}")) && text.contains(part),
                "{shell:?} {target}: {text}"
            );
            assert!(!device.path("part").exists() && !device.path("part.head").exists(), "{shell:?} {target}");
        }
    }
}

#[test]
fn a_server_that_is_away_costs_nothing_that_is_there() {
    let fleet = Fleet::new();
    let first = fleet.release("1.0");
    let half = &first.package[..first.package.len() / 2];
    for shell in SHELLS {
        let device = Device::new(shell);
        device.leave(half, &first.etag);
        let said = device.run("http://127.0.0.1:1/package?app=prod");
        assert_eq!(said.status.code(), Some(1), "{said:?}");
        assert!(fs::read(device.path("part")).unwrap() == half);
        device.check(&fleet.url(), &first.name, &first.bytes, "back");
    }
}

#[test]
fn a_list_in_place_of_a_package_is_shown() {
    let program = Program::start(&["--max-package-bytes", "100"], &[]);
    for shell in SHELLS {
        let said = Device::new(shell).run(&format!("http://{}/package?cpuArch=armv8", program.address()));
        let text = String::from_utf8(said.stderr).unwrap();
        assert_eq!(said.status.code(), Some(2), "{text}");
        assert!(text.contains("/blobs/"), "{text}");
    }
}
