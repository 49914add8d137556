//! `edgehop` in a working folder of its own: files, keys, and the data folder that it makes there by default.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use edgehop_tests::cloud::{self, Cloud};
use edgehop_tests::server::{self, Server, command_line};
use serde_json::Value;

/// Size of an artifact in bytes, where nothing depends on it.
const ARTIFACT: usize = 3000;

/// The last line of a refusal that no reason helps against.
pub const NEVER: &str = "mend it: this cannot be forced";

/// An operator's desk.
pub struct Desk {
    folder: tempfile::TempDir,
    /// What `edgehop` finds in its environment.
    environment: Vec<(String, String)>,
}

/// How a run of `edgehop` ended, and what it said.
pub struct Said {
    line: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// All that a refused verb must leave as it was: every file on the desk, among them the catalog and the artifacts.
pub type State = BTreeMap<PathBuf, Vec<u8>>;

impl Desk {
    pub fn new() -> Desk {
        Desk { folder: server::folder(), environment: Vec::new() }
    }

    /// A desk whose stores are these.
    pub fn on(cloud: &Cloud) -> Desk {
        Desk { environment: cloud.environment(), ..Desk::new() }
    }

    /// A desk that can reach AWS, and whose stores are still its own folder.
    pub fn near_aws() -> Desk {
        Desk { environment: cloud::environment(), ..Desk::new() }
    }

    /// A desk with the sample data published.
    pub fn with_sample() -> Desk {
        let desk = Desk::new();
        desk.done("sample --sample-size 4096");
        desk
    }

    /// A desk with `fw` 1.0 on `prod`, and 2.0, which its signer lets replace 1.5 or newer only.
    pub fn with_minimum() -> Desk {
        let desk = Desk::new();
        desk.key("a");
        let file = desk.signed("fw", "1.0", "a");
        desk.done(&format!("publish fw 1.0 {file} --trusts a.pub --channel prod"));
        desk.artifact("fw-2.0.bin");
        desk.done("sign fw-2.0.bin --component fw --version 2.0 --minimum 1.5 --key a.key");
        desk.done("publish fw 2.0 fw-2.0.bin");
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Writes an artifact that no other name's is like.
    pub fn artifact(&self, name: &str) {
        self.write(name, format!("{name}\n").into_bytes().into_iter().cycle().take(ARTIFACT).collect::<Vec<_>>());
    }

    /// Publishes an artifact of its own as a release, unsigned, with these options.
    pub fn publish(&self, component: &str, version: &str, options: &str) {
        let file = format!("{component}-{version}.bin");
        self.artifact(&file);
        self.done(&format!("publish {component} {version} {file} {options}"));
    }

    /// Makes the key pair `<name>.key` and `<name>.pub`, without a password; returns its id.
    pub fn key(&self, name: &str) -> String {
        let made = self.json(&format!("key generate --no-password --secret {name}.key --public {name}.pub"));
        made["id"].as_str().unwrap().to_owned()
    }

    /// Writes an artifact `<component>-<version>.bin` and signs it as that release; returns the artifact's name.
    pub fn signed(&self, component: &str, version: &str, key: &str) -> String {
        let file = format!("{component}-{version}.bin");
        self.artifact(&file);
        self.done(&format!("sign {file} --component {component} --version {version} --minimum any --key {key}.key"));
        file
    }

    /// `edgehop` with these arguments, in this folder, with nothing inherited from whoever runs the tests.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(command_line());
        self.at_home(&mut command);
        command.args(words(line));
        command
    }

    /// Makes a command run in this folder, without variables of edgehop's or AWS' but this desk's.
    pub fn at_home(&self, command: &mut Command) {
        let own = |name: &str| name.starts_with("EDGEHOP_") || name.starts_with("AWS_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| own(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path()).stdin(Stdio::null()).env("RUST_BACKTRACE", "0");
    }

    /// Runs `edgehop` with these arguments; what stands between single quotes is one argument.
    pub fn run(&self, line: &str) -> Said {
        Said::of(line, self.command(line).output().unwrap())
    }

    /// Runs what must be done without complaint; returns what it said.
    pub fn done(&self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        said.out
    }

    /// The same, as JSON.
    pub fn json(&self, line: &str) -> Value {
        let text = self.done(&format!("{line} --json"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{line}: {error}: {text}"))
    }

    /// Runs what must be refused: with this code, a message that has all these parts, and no other effect. `--json`
    /// says the same as JSON, and `--force` is refused alike where the message says so. Returns the message.
    pub fn refused(&self, line: &str, code: i32, parts: &[&str]) -> String {
        let before = self.state();
        let said = self.run(line);
        said.check_refusal(code, parts);
        let json = self.run(&format!("{line} --json"));
        let value: Value = serde_json::from_str(&json.err).unwrap_or_else(|error| panic!("{error}: {json:?}"));
        assert_eq!((json.code, json.out.as_str(), value.as_object().unwrap().len()), (Some(code), "", 1));
        let text = value["error"].as_str().unwrap();
        parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in {json:?}"));
        // What says that no reason helps is refused with one, too.
        if said.err.contains(NEVER) && !line.contains("--force") {
            self.run(&format!("{line} --force 'it must be'")).check_refusal(code, parts);
        }
        assert!(self.state() == before, "something changed: {said:?}");
        said.err
    }

    pub fn state(&self) -> State {
        let mut found = State::new();
        collect(self.folder.path(), &mut found);
        found
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("edgehop-data")
    }

    /// A server on the stores that this desk's environment names.
    pub fn serve_aws(&self) -> Server {
        Server::start_with(server::folder(), &[], &self.environment)
    }

    /// A server on this desk's data. What is published later it may answer only seconds after.
    pub fn serve(&self) -> Server {
        let folder = server::folder();
        std::os::unix::fs::symlink(self.data(), folder.path().join("data")).unwrap();
        Server::restart(folder, &["--no-sample"])
    }
}

impl Said {
    pub fn of(line: &str, output: Output) -> Said {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { line: line.to_owned(), code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// That it is a refusal: nothing on standard output, and on standard error one message that has these parts.
    pub fn check_refusal(&self, code: i32, parts: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{self:?}");
        let lines: Vec<&str> = self.err.lines().collect();
        let (start, whole) = match code {
            // What it takes, then where to read on.
            2 => ("error: ", lines.last().is_some_and(|line| line.contains("try '--help'"))),
            // What would help, if anything does.
            3 => ("edgehop: ", lines.last().is_some_and(|line| line.contains("--force '<reason>'") || *line == NEVER)),
            _ => ("edgehop: ", lines.len() == 1 || self.err.contains("TOML parse error at line")),
        };
        assert!(self.err.starts_with(start) && whole, "{self:?}");
        assert!(!self.err.contains("panicked") && self.err.len() < 2000, "{self:?}");
        parts.iter().for_each(|part| assert!(self.err.contains(part), "{part:?} is not in {self:?}"));
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { line, code, out, err } = self;
        write!(f, "{line:?} exited with {code:?}\n--- said\n{out}\n--- complained\n{err}")
    }
}

/// The arguments of a line.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut within, mut quoted) = (false, false);
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => {
                within = false;
                continue;
            }
            _ => {}
        }
        if !within {
            words.push(String::new());
            within = true;
        }
        if c != '\'' {
            words.last_mut().unwrap().push(c);
        }
    }
    words
}

fn collect(folder: &Path, found: &mut State) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}
