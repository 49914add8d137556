//! The CDN's viewer-request function, as it is deployed, under Node: as an HTTP server that stands where the CDN's edge
//! stands, and as a filter that answers many questions a second.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::tools;

/// The entries of the key-value store that is associated with the function.
pub type Entries = BTreeMap<String, String>;

/// The function as a server of a free port, before an upstream: a cache, or the origin itself. It ends when it is dropped.
#[derive(Debug)]
pub struct ViewerRequest {
    process: Child,
    address: SocketAddr,
    _words: Option<tempfile::NamedTempFile>,
}

/// A request as the function sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// The method.
    pub method: String,
    /// The path.
    pub uri: String,
    /// What follows the `?`, if there is one.
    pub query: Option<String>,
    /// Names and values; one name may come more than once.
    pub headers: Vec<(String, String)>,
}

/// What the function makes of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Given {
    /// An answer.
    #[serde(rename_all = "camelCase")]
    Answered {
        /// The HTTP status.
        status_code: u16,
        /// Header fields, lower-cased.
        headers: BTreeMap<String, Field>,
        /// The whole body.
        body: String,
    },
    /// The request, as it goes on.
    Passed {
        /// The method.
        method: String,
        /// The path.
        uri: String,
        /// The query, without its `?`.
        querystring: String,
        /// Header fields, lower-cased.
        headers: BTreeMap<String, Field>,
    },
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Field {
    /// Its first value.
    pub value: String,
}

/// The function as it is deployed: without lines of comment, which would not fit into the CDN's quota.
pub fn deployed() -> &'static str {
    static DEPLOYED: LazyLock<String> = LazyLock::new(|| {
        let source = include_str!("../../edge/viewer-request/viewer-request.js");
        source.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//")).collect()
    });
    &DEPLOYED
}

/// A file that has it.
pub fn function() -> &'static Path {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = tools::target().join("tmp");
        std::fs::create_dir_all(&folder).unwrap();
        let mut file = tempfile::NamedTempFile::new_in(&folder).unwrap();
        file.write_all(deployed().as_bytes()).unwrap();
        // Other processes write the same at any time.
        let path = folder.join("viewer-request.js");
        file.persist(&path).unwrap();
        path
    });
    &FILE
}

impl ViewerRequest {
    /// Starts the function before an upstream on this machine; no key-value store is associated with it.
    pub fn before(upstream: SocketAddr) -> Self {
        Self::start(upstream, None)
    }

    /// The same, with a key-value store that holds these entries.
    pub fn with_words(upstream: SocketAddr, words: &Entries) -> Self {
        Self::start(upstream, Some(words))
    }

    /// Where devices ask.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn start(upstream: SocketAddr, words: Option<&Entries>) -> Self {
        let words = words.map(file);
        let mut host = host(function(), &["serve", &upstream.port().to_string()], words.as_ref());
        let mut process = host.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim().parse().unwrap_or_else(|_| panic!("the viewer-request function did not start"));
        ViewerRequest { process, address: (Ipv4Addr::LOCALHOST, port).into(), _words: words }
    }
}

impl Drop for ViewerRequest {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Event {
    /// `GET /package` with a query and the fields of `If-None-Match` beside it.
    pub fn package(query: &str, if_none_match: &[&str]) -> Event {
        let host = ("host".to_owned(), "ota.test".to_owned());
        let tags = if_none_match.iter().map(|field| ("if-none-match".to_owned(), (*field).to_owned()));
        Event {
            method: "GET".into(),
            uri: "/package".into(),
            query: Some(query.into()),
            headers: std::iter::once(host).chain(tags).collect(),
        }
    }
}

/// What a function (as a rule [`function`]) makes of these requests, in their order.
///
/// # Panics
///
/// If it fails at one of them: its message is on standard error.
pub fn filter(
    function: &Path,
    words: Option<&Entries>,
    events: impl Iterator<Item = Event> + Send,
    mut each: impl FnMut(Given),
) {
    let words = words.map(file);
    let mut process =
        host(function, &["filter"], words.as_ref()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
    let (asked, answered) = thread::scope(|scope| {
        let writer = scope.spawn(move || write(input, events));
        let mut answered = 0;
        for line in BufReader::new(output).lines() {
            let line = line.unwrap();
            each(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
            answered += 1;
        }
        (writer.join().unwrap(), answered)
    });
    assert!(process.wait().unwrap().success() && asked == answered, "{answered} of {asked} requests were answered");
}

fn write(input: ChildStdin, events: impl Iterator<Item = Event>) -> usize {
    let mut input = std::io::BufWriter::with_capacity(1 << 16, input);
    let mut count = 0;
    for event in events {
        let line = serde_json::to_string(&event).unwrap() + "\n";
        count += 1;
        // A function that failed takes no more; the count tells.
        if input.write_all(line.as_bytes()).is_err() {
            break;
        }
    }
    let _ = input.flush();
    count
}

fn host(function: &Path, arguments: &[&str], words: Option<&tempfile::NamedTempFile>) -> Command {
    let mut node = tools::command("node");
    node.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/viewer_host.js")).arg(function).args(arguments);
    node.args(words.map(|file| file.path()));
    node
}

fn file(words: &Entries) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(serde_json::to_string(words).unwrap().as_bytes()).unwrap();
    file
}
