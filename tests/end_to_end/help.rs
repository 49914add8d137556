//! What several topics need: a shared server, a server started by hand, and other people's tools.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use edgehop_tests::client::{Response, get};
use edgehop_tests::server::{self, Server};
use edgehop_tests::tools;
use md5::Digest as _;

/// How long a test waits for something that takes milliseconds on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server that the running tests of a module share. It ends with the last of them: a `static` is never dropped.
pub struct Shared {
    options: &'static [&'static str],
    running: Mutex<Weak<Server>>,
}

impl Shared {
    pub const fn new(options: &'static [&'static str]) -> Self {
        Shared { options, running: Mutex::new(Weak::new()) }
    }

    pub fn server(&self) -> Arc<Server> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Server::start(self.options));
            *running = Arc::downgrade(&server);
            server
        })
    }
}

/// A server whose command line, environment and standard output are the test's own business.
pub struct Program {
    process: Child,
    folder: tempfile::TempDir,
    ready: Vec<String>,
    // Kept open: the server is not to be disturbed by a reader that has left.
    _stdout: BufReader<ChildStdout>,
}

impl Program {
    /// Starts with free ports and small samples, in a folder of its own, and waits until it is ready.
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Program {
        Program::start_in(server::folder(), arguments, environment)
    }

    /// The same, in a folder that is there already.
    pub fn start_in(folder: tempfile::TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Program {
        Program::started(folder, |folder| command(folder, arguments, environment))
    }

    /// The same, with so many open files at most.
    pub fn with_open_files(most: usize, arguments: &[&str]) -> Program {
        Program::limited(server::folder(), &format!("ulimit -n {most}"), arguments)
    }

    /// The same in a folder that is there already, below the limits that these words of a shell set.
    pub fn limited(folder: tempfile::TempDir, limits: &str, arguments: &[&str]) -> Program {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{limits} && exec \"$0\" \"$@\"")).arg(server::binary());
        Program::started(folder, |folder| dressed(shell, folder, arguments, &[]))
    }

    /// Starts the command that this makes for the folder.
    pub fn start_as(folder: tempfile::TempDir, command: impl FnOnce(&Path) -> Command) -> Program {
        Program::started(folder, |folder| {
            let mut command = command(folder);
            let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
            command.current_dir(folder).stdin(Stdio::null()).stderr(log);
            command
        })
    }

    fn started(folder: tempfile::TempDir, command: impl FnOnce(&Path) -> Command) -> Program {
        let mut process = command(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut ready = Vec::new();
        while !ready.ends_with(&["\n".to_owned()]) || ready.len() < 3 {
            let mut line = String::new();
            if stdout.read_line(&mut line).unwrap() == 0 {
                let (status, log) = (wait(&mut process), fs::read_to_string(folder.path().join("log")).unwrap());
                panic!("{status} instead of ready; it said {ready:?} and logged:\n{log}");
            }
            ready.push(line);
        }
        Program { process, folder, ready, _stdout: stdout }
    }

    /// All that it said on standard output.
    pub fn ready(&self) -> String {
        self.ready.concat()
    }

    pub fn address(&self) -> SocketAddr {
        self.said("ready on http://")
    }

    pub fn metrics(&self) -> SocketAddr {
        self.said("metrics on http://")
    }

    /// A number that the system notes about the process, such as `VmHWM`, its peak of memory in KiB.
    pub fn noted(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// The folder it was started in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder().join("log")).unwrap()
    }

    /// How many files it has open.
    pub fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().count()
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status().unwrap().success());
    }

    /// Waits until it has ended by itself.
    pub fn ended(mut self) -> (ExitStatus, tempfile::TempDir) {
        let status = wait(&mut self.process);
        (status, std::mem::replace(&mut self.folder, server::folder()))
    }

    fn said(&self, before: &str) -> SocketAddr {
        let rest = self.ready[0].split_once(before).unwrap().1;
        rest.split([' ', '/', '\n']).next().unwrap().parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The server's command with nothing inherited from whoever runs the tests; its log goes to `log` in the folder.
pub fn command(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    dressed(Command::new(server::binary()), folder, arguments, environment)
}

fn dressed(mut command: Command, folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("EDGEHOP_")) {
        command.env_remove(name);
    }
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    command.env("EDGEHOP_LISTEN", "127.0.0.1:0").env("EDGEHOP_METRICS_LISTEN", "127.0.0.1:0");
    command.env("EDGEHOP_SAMPLE_SIZE", "4096").env("RUST_BACKTRACE", "0");
    command.args(arguments).envs(environment.iter().copied()).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command
}

/// Waits for a process that is about to end. One that is not is killed, which fails the test.
pub fn wait(process: &mut Child) -> ExitStatus {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = process.kill();
    panic!("it did not end by itself: {:?}", process.wait());
}

/// Waits until something holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "still not: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends bytes that need not be HTTP and reads whatever comes until the other side closes.
pub fn send(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The server may answer, and close, before it has taken everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer);
    let patient = !end.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(patient, "neither answered nor closed: {:?}", String::from_utf8_lossy(bytes));
    answer
}

/// A response's header fields without those that depend on the moment.
pub fn timeless(response: &Response) -> Vec<(String, String)> {
    response.headers.iter().filter(|(name, _)| name != "date").cloned().collect()
}

/// The manifest that a target's `metadataOnly` answers with, by component.
pub fn list(server: SocketAddr, target: &str) -> BTreeMap<String, serde_json::Value> {
    let answer = get(server, &format!("{target}&payloadType=metadataOnly"), &[]);
    assert_eq!(answer.status, 200, "{target}");
    serde_json::from_slice(&answer.body).unwrap()
}

/// A counter's value.
pub fn metric(metrics: SocketAddr, name: &str) -> u64 {
    let text = String::from_utf8(get(metrics, "/metrics", &[]).body).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

/// The file of the fragment made of these bytes, if there is one: nothing outside the catalog names it.
pub fn fragment_of(data: &Path, artifact: &[u8]) -> Option<PathBuf> {
    let folders = fs::read_dir(data.join("artifacts/fragments")).unwrap().map(|entry| entry.unwrap().path());
    let mut files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    files.find(|file| {
        let final_block = [1, 0, 0, 0xff, 0xff];
        let mut read = Vec::new();
        let stream = [fs::read(file).unwrap(), final_block.to_vec()].concat();
        file.extension().is_none()
            && flate2::read::DeflateDecoder::new(&stream[..]).read_to_end(&mut read).is_ok()
            && read == artifact
    })
}

/// The file of an artifact.
pub fn blob_file(data: &Path, sha256: &str) -> PathBuf {
    data.join("artifacts/blobs").join(&sha256[..2]).join(sha256)
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(&sha2::Sha256::digest(bytes))
}

pub fn md5(bytes: &[u8]) -> String {
    hex(&md5::Md5::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `curl`, silent but for errors, reading no configuration of whoever runs the tests.
pub fn curl(arguments: &[&str]) -> Output {
    tools::command("curl").args(["-q", "-sS", "--max-time", "60"]).args(arguments).output().unwrap()
}
