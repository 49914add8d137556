//! The real `edgehop`, run as an operator would.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use edgehop_tests::server::command_line;
use serde_json::Value;

/// What the codes mean: see `edgehop --help`.
pub(crate) const DONE: i32 = 0;
pub(crate) const FAILED: i32 = 1;
pub(crate) const REFUSED: i32 = 3;
pub(crate) const MOVED: i32 = 4;

/// How long a command may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command line over one data folder.
#[derive(Debug, Clone)]
pub(crate) struct Edgehop {
    data: PathBuf,
}

/// A command that is running.
pub(crate) struct Running {
    process: Child,
    line: String,
    out: JoinHandle<String>,
    err: JoinHandle<String>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` if it was killed.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Edgehop {
    pub(crate) fn new(data: &Path) -> Self {
        Edgehop { data: data.to_owned() }
    }

    /// Starts a command.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = Command::new(command_line());
        // What the developer's shell says about edgehop is not meant for tests.
        std::env::vars().filter(|(name, _)| name.starts_with("EDGEHOP_")).for_each(|(name, _)| {
            command.env_remove(name);
        });
        command.arg("--data").arg(&self.data).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (out, err) = (reading(process.stdout.take().unwrap()), reading(process.stderr.take().unwrap()));
        Running { process, line: arguments.join(" "), out, err }
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).ended()
    }

    /// Runs a command that must succeed; returns what it prints.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(DONE), "{ended:?}");
        ended.out
    }

    /// Runs a command that must succeed; returns what it found out.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.done(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

impl Running {
    /// Kills it with `SIGKILL`, which it can do nothing about, unless it has ended by itself.
    pub(crate) fn killed(mut self) -> Ended {
        self.process.kill().unwrap();
        self.ended()
    }

    /// Kills it once so long has passed since `since`.
    pub(crate) fn killed_after(self, since: Instant, delay: Duration) -> Ended {
        std::thread::sleep(delay.saturating_sub(since.elapsed()));
        self.killed()
    }

    /// It has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Ended {
        let begun = Instant::now();
        while self.is_running() {
            if begun.elapsed() > PATIENCE {
                let _ = self.process.kill();
                panic!("{} does not end", self.line);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let code = self.process.wait().unwrap().code();
        Ended { code, out: self.out.join().unwrap(), err: self.err.join().unwrap() }
    }
}

/// Reads what a command prints while it runs: a pipe does not hold all of it.
fn reading(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        text
    })
}
