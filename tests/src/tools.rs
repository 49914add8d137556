//! The programs that tests run next to the system: those of the machine where it has them, and otherwise packages that
//! are fetched once into `target/tools` without installing anything.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// A command that runs the named tool: the one on `PATH` (or in the `sbin` folders), or else a fetched copy.
///
/// The copy runs where it was unpacked: the command carries the library path that this takes. Only the first use of a
/// missing tool needs the network.
///
/// # Panics
///
/// If the tool cannot be provided, with what was tried and the command that installs it.
pub fn command(name: &str) -> Command {
    let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap_or_else(|| {
        let known: Vec<_> = TOOLS.iter().map(|tool| tool.name).collect();
        panic!("no tool is called {name:?}; the harness knows {}", known.join(", "))
    });
    if let Some(program) = on_path(name) {
        return Command::new(program);
    }
    let fetched = if tool.fetch { unpacked(tool) } else { Err("the harness does not fetch this one".to_owned()) };
    fetched.unwrap_or_else(|why| {
        panic!(
            "the tests need {name}, which is neither on PATH nor in {}; fetching it failed: {why}\n\
             install it with: apt-get update && apt-get install --no-install-recommends {}",
            SBIN.join(", "),
            tool.package
        )
    })
}

/// The build's target folder, which holds everything that tests create and fetch.
pub fn target() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // A relative CARGO_TARGET_DIR means the folder that cargo was called in, which a test is not run in.
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), |folder| workspace.join(folder))
}

struct Tool {
    name: &'static str,
    package: &'static str,
    fetch: bool,
}

const fn fetched(name: &'static str, package: &'static str) -> Tool {
    Tool { name, package, fetch: true }
}

const fn required(name: &'static str, package: &'static str) -> Tool {
    Tool { name, package, fetch: false }
}

const TOOLS: &[Tool] = &[
    required("python3", "python3"),
    required("node", "nodejs"),
    required("bash", "bash"),
    required("setpriv", "util-linux"),
    fetched("curl", "curl"),
    fetched("tar", "tar"),
    fetched("busybox", "busybox"),
    fetched("bsdtar", "libarchive-tools"),
    fetched("pigz", "pigz"),
    fetched("minisign", "minisign"),
    fetched("wrk", "wrk"),
    fetched("varnishd", "varnish"),
    fetched("nginx", "nginx"),
    fetched("caddy", "caddy"),
    fetched("openssl", "openssl"),
    fetched("njs", "njs"),
];

/// How long to wait before a fetch is tried once more.
const PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(20)];

/// Where daemons live, which is not on everyone's `PATH`.
const SBIN: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(SBIN.map(PathBuf::from));
    // A relative entry would mean another folder as soon as the command gets a current directory.
    folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// The command for the tool's unpacked copy, which is fetched if there is none yet.
fn unpacked(tool: &Tool) -> Result<Command, String> {
    let tools = target().join("tools");
    let root = tools.join("root").join(tool.package);
    if !root.exists() {
        fs::create_dir_all(tools.join("root")).unwrap();
        let lock = File::create(tools.join("lock")).unwrap();
        lock.lock().unwrap();
        // Another process may have fetched it while this one waited for the lock.
        if !root.exists() {
            patiently(|| fetch(tool.package, &tools, &root, &lock))?;
        }
    }
    let bins: Vec<_> = ["usr/bin", "usr/sbin", "bin", "sbin"].map(|folder| root.join(folder)).into();
    let program = bins.iter().map(|folder| folder.join(tool.name)).find(|file| is_program(file));
    let program = program.ok_or_else(|| format!("{} has no program {}", root.display(), tool.name))?;

    let mut libraries = Vec::new();
    for folder in ["usr/lib", "lib"] {
        library_folders(&root.join(folder), 2, &mut libraries);
    }
    let mut command = Command::new(program);
    if !libraries.is_empty() {
        command.env("LD_LIBRARY_PATH", library_path(libraries));
    }
    // A tool may call its dependencies by name, but what the machine has comes first, as it did for the tool itself.
    let path = env::var_os("PATH").unwrap_or_default();
    command.env("PATH", env::join_paths(env::split_paths(&path).chain(bins)).unwrap());
    Ok(command)
}

/// Collects the folders with shared libraries. The multiarch folder is found rather than named, as are the private
/// folders below it that a program's own run path would have pointed to.
fn library_folders(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let is_library = |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().contains(".so"));
    if entries.iter().any(is_library) {
        found.push(folder.to_owned());
    }
    if depth > 0 {
        for entry in entries.iter().filter(|entry| entry.is_dir()) {
            library_folders(entry, depth - 1, found);
        }
    }
}

fn library_path(folders: Vec<PathBuf>) -> OsString {
    let inherited = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    // An empty entry in a library path means the current directory.
    let inherited = env::split_paths(&inherited).filter(|folder| !folder.as_os_str().is_empty());
    env::join_paths(folders.into_iter().chain(inherited)).unwrap()
}

/// Downloads the package with those of its dependencies that the machine lacks, and unpacks them.
fn fetch(package: &str, tools: &Path, root: &Path, lock: &File) -> Result<(), String> {
    let work = tools.join("fetching");
    // What a killed fetch left behind is not worth continuing.
    let _ = fs::remove_dir_all(&work);
    let (debs, unpacking) = (work.join("debs"), work.join("root"));
    fs::create_dir_all(debs.join("partial")).unwrap();
    fs::create_dir_all(&unpacking).unwrap();

    let lists = tools.join("lists");
    if let Err(first) = download(package, &debs, &lists, lock) {
        // The machine's package lists are missing or out of date. Refreshing them would take root and change the
        // machine, so the harness keeps its own.
        fs::create_dir_all(lists.join("partial")).unwrap();
        // Lists that it cannot refresh are an error; but the package may be in those that it can.
        let mut update = apt_get(&debs, &lists);
        let updated = run(update.args(["-o", "APT::Update::Error-Mode=any", "update"]), lock);
        download(package, &debs, &lists, lock)
            .map_err(|second| format!("{first}\n{}\n{second}", updated.err().unwrap_or_default()))?;
    }
    for entry in fs::read_dir(&debs).unwrap() {
        let deb = entry.unwrap().path();
        let name = deb.file_name().unwrap().to_string_lossy();
        // A C library other than that of the running dynamic loader breaks every program that finds it.
        if name.ends_with(".deb") && !name.starts_with("libc6_") {
            run(Command::new("dpkg").arg("-x").arg(&deb).arg(&unpacking), lock)?;
        }
    }
    if fs::read_dir(&unpacking).unwrap().next().is_none() {
        return Err(format!("apt-get has nothing to download: {package} is installed, but not on PATH"));
    }
    // The rename makes a whole copy appear at once, so whoever sees the folder needs no lock.
    fs::rename(&unpacking, root).map_err(|error| format!("cannot create {}: {error}", root.display()))?;
    let _ = fs::remove_dir_all(&work);
    Ok(())
}

fn download(package: &str, debs: &Path, lists: &Path, lock: &File) -> Result<(), String> {
    let mut apt = apt_get(debs, lists);
    apt.args(["-y", "--no-install-recommends", "--download-only", "install", package]);
    run(&mut apt, lock)
}

fn apt_get(debs: &Path, lists: &Path) -> Command {
    let option = |name: &str, value: &Path| format!("{name}={}", value.display());
    let mut apt = Command::new("apt-get");
    apt.env("LC_ALL", "C").args(["-q", "-o", "Debug::NoLocking=1", "-o", "Acquire::Retries=3"]);
    apt.args(["-o", &option("Dir::Cache::archives", debs)]);
    if lists.exists() {
        apt.args(["-o", &option("Dir::State::lists", lists)]);
        // The machine's binary caches belong to the machine's lists.
        apt.args(["-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]);
    }
    apt
}

/// Fetches, and does so again after a pause: a registry may be out of reach for a moment. Where it stays so only the first
/// that needs it waits, not every test.
pub(crate) fn patiently(fetch: impl Fn() -> Result<(), String>) -> Result<(), String> {
    static IN_VAIN: AtomicBool = AtomicBool::new(false);
    for pause in PAUSES.into_iter().filter(|_| !IN_VAIN.load(Ordering::Relaxed)) {
        match fetch() {
            Ok(()) => return Ok(()),
            Err(why) => eprintln!("once more after {pause:?}: {why}"),
        }
        thread::sleep(pause);
    }
    let fetched = fetch();
    IN_VAIN.store(fetched.is_err(), Ordering::Relaxed);
    fetched
}

/// Runs a step of a fetch. It inherits the lock (as its empty input), so that what outlives a killed test process still
/// keeps the next fetch waiting.
pub(crate) fn run(command: &mut Command, lock: &File) -> Result<(), String> {
    command.stdin(lock.try_clone().unwrap());
    let output = command.output().map_err(|error| format!("cannot run {command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{command:?} failed, {}:\n{}", output.status, String::from_utf8_lossy(&said).trim()))
}
