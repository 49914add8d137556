//! `edgehop` in a working folder of its own, with an account on what stands in for AWS.

use std::fmt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use edgehop_tests::cloud;
use edgehop_tests::server::{self, command_line};
use edgehop_tests::stand_ins::{KEY, everything};
use serde_json::Value;

use crate::zips;

/// How long a command may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// An operator's desk.
pub struct Desk {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

/// How a run of `edgehop` ended, and what it said.
pub struct Said {
    line: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Desk {
    /// A desk in a region, where one service stands in for all of AWS.
    pub fn new(region: &str) -> Desk {
        let own = [
            ("AWS_ENDPOINT_URL", everything()),
            ("AWS_REGION", region),
            ("AWS_ACCESS_KEY_ID", KEY.0),
            ("AWS_SECRET_ACCESS_KEY", KEY.1),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("EDGEHOP_SAMPLE_SIZE", "4096"),
        ];
        let environment = own.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let desk = Desk { folder: server::folder(), environment };
        desk.write("arm64.zip", zips::function(zips::ARM64));
        desk.write("x86.zip", zips::function(zips::X86));
        desk
    }

    /// The same desk, with one variable otherwise: gone, if it is empty.
    pub fn with(mut self, name: &str, value: &str) -> Desk {
        self.environment.retain(|(there, _)| there != name);
        if !value.is_empty() {
            self.environment.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// Starts `edgehop` with these arguments.
    pub fn start(&self, line: &str) -> Child {
        let mut command = Command::new(command_line());
        let foreign = |name: &str| name.starts_with("EDGEHOP_") || name.starts_with("AWS_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| foreign(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).env("RUST_BACKTRACE", "0");
        command.args(line.split(' ')).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub fn run(&self, line: &str) -> Said {
        Said::of(line, ended(line, self.start(line)))
    }

    /// Runs it, and kills it with SIGKILL after so long. If it ended by itself before that: how long it took.
    pub fn killed_after(&self, line: &str, delay: Duration) -> Option<Duration> {
        let begun = Instant::now();
        let mut child = self.start(line);
        while begun.elapsed() < delay {
            if child.try_wait().unwrap().is_some() {
                return Some(begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = child.kill();
        child.wait().unwrap().code().map(|_| begun.elapsed())
    }

    /// Runs what must be done; returns what it said.
    pub fn done(&self, line: &str) -> Said {
        let said = self.run(line);
        assert_eq!(said.code, Some(0), "{said:?}");
        said
    }

    /// The same, as JSON, with nothing beside it.
    pub fn json(&self, line: &str) -> Value {
        let said = self.done(&format!("{line} --json"));
        assert_eq!(said.err, "", "{said:?}");
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    /// Runs what must be refused: with this code, and as its last words one line that has all these parts. `--json` says the
    /// same as JSON, and nothing else.
    pub fn refused(&self, line: &str, code: i32, parts: &[&str]) {
        let said = self.run(line);
        assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{said:?}");
        let text = match code {
            2 => said.err.strip_prefix("error: ").unwrap_or_else(|| panic!("{said:?}")),
            _ => said
                .err
                .lines()
                .last()
                .and_then(|line| line.strip_prefix("edgehop: "))
                .unwrap_or_else(|| panic!("{said:?}")),
        };
        assert!(!said.err.contains("panicked") && text.len() < 1500, "{said:?}");
        parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in {said:?}"));
        let json = self.run(&format!("{line} --json"));
        let value: Value = serde_json::from_str(&json.err).unwrap_or_else(|error| panic!("{error}: {json:?}"));
        assert_eq!((json.code, json.out.as_str()), (Some(code), ""), "{json:?}");
        let text = value["error"].as_str().unwrap();
        parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in {json:?}"));
    }
}

/// Clients that ask the same service.
pub async fn clients(region: &str) -> aws::Clients {
    cloud::patient_clients_at(everything(), region).await
}

fn ended(line: &str, mut child: Child) -> Output {
    let begun = Instant::now();
    // What it says is little: no pipe gets full.
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("{line} does not end: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

impl Said {
    fn of(line: &str, output: Output) -> Said {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { line: line.to_owned(), code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { line, code, out, err } = self;
        write!(f, "{line:?} exited with {code:?}\n--- said\n{out}\n--- complained\n{err}")
    }
}
