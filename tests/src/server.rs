//! The real `edgehop-server`, started as an operator would.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::tools;

/// A running server with a data folder of its own. Dropping it ends the process and removes the folder.
#[derive(Debug)]
pub struct Server {
    process: Child,
    address: SocketAddr,
    metrics: SocketAddr,
    folder: tempfile::TempDir,
}

impl Server {
    /// Starts with the sample data (1 MiB an artifact), unless an option or a variable says otherwise.
    pub fn start(options: &[&str]) -> Server {
        Server::restart(folder(), options)
    }

    /// Starts on a folder that is there already: `data` inside it is the data folder.
    pub fn restart(folder: tempfile::TempDir, options: &[&str]) -> Server {
        Server::start_with(folder, options, &[])
    }

    /// The same, with these variables in its environment.
    pub fn start_with(folder: tempfile::TempDir, options: &[&str], environment: &[(String, String)]) -> Server {
        let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
        let mut command = Command::new(binary());
        // What the developer's shell says about edgehop is not meant for tests.
        std::env::vars().filter(|(name, _)| name.starts_with("EDGEHOP_")).for_each(|(name, _)| {
            command.env_remove(name);
        });
        let mut process = command
            .args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--log-format", "json"])
            .arg("--data")
            .arg(folder.path().join("data"))
            .args(options)
            .args(sample(options, environment))
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let address = |start: &str| {
            let rest = ready.split_once(start)?.1;
            rest[..rest.find([' ', '/', '\n'])?].parse().ok()
        };
        let (Some(listen), Some(metrics)) = (address("ready on http://"), address("metrics on http://")) else {
            let _ = process.kill();
            let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            panic!("the server did not get ready; it said {ready:?} and logged:\n{log}");
        };
        Server { process, address: listen, metrics, folder }
    }

    /// Where devices ask.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where Prometheus asks.
    pub fn metrics(&self) -> SocketAddr {
        self.metrics
    }

    /// `http://…` of a path and query.
    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everything logged so far, a JSON object a line.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks the server to stop, as a service manager does.
    pub fn terminate(&self) {
        let done = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Waits until the process has ended by itself; returns its folder.
    pub fn ended(mut self) -> tempfile::TempDir {
        self.process.wait().unwrap();
        std::mem::replace(&mut self.folder, folder())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The sample data goes into the data folder of every test that names no stores and does not want it empty.
fn sample(options: &[&str], environment: &[(String, String)]) -> Option<&'static str> {
    let others = ["--no-sample", "--catalog", "--artifacts"];
    let elsewhere = options.iter().any(|option| others.contains(option))
        || environment.iter().any(|(name, _)| name == "EDGEHOP_CATALOG" || name == "EDGEHOP_NO_SAMPLE");
    (!elsewhere).then_some("--sample")
}

/// A fresh folder below `target`, where there is room for artifacts.
pub fn folder() -> tempfile::TempDir {
    let base = tools::target().join("tmp");
    std::fs::create_dir_all(&base).unwrap();
    tempfile::Builder::new().prefix("edgehop-").tempdir_in(base).unwrap()
}

/// The server's program, built as this test was: `cargo test` builds it for development, with every store that it can
/// have; `cargo bench` for release, as users build it.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let features = if cfg!(debug_assertions) { "aws" } else { "" };
    BINARY.get_or_init(|| build("edgehop-server", "edgehop-server", features))
}

/// The command line's program.
pub fn command_line() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build("edgehop-cli", "edgehop", ""))
}

/// Builds a program of a package, as this test was.
pub(crate) fn build(package: &str, program: &str, features: &str) -> PathBuf {
    let profile = if cfg!(debug_assertions) { ("dev", "debug") } else { ("release", "release") };
    let mut cargo = Command::new(env!("CARGO"));
    // What `cargo test` says of this package is not about that one, and some build scripts run again if it changes.
    std::env::vars_os().filter(|(name, _)| is_of_this_package(&name.to_string_lossy())).for_each(|(name, _)| {
        cargo.env_remove(name);
    });
    cargo.args(["build", "--quiet", "--package", package, "--bin", program]);
    cargo.args(["--profile", profile.0, "--features", features]);
    let done = cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).status().unwrap();
    assert!(done.success(), "cargo build --package {package} failed");
    tools::target().join(profile.1).join(program)
}

fn is_of_this_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}
