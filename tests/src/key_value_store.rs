//! A small stand-in for CloudFront's key-value store: four calls, conditions on its version, and its quotas.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use percent::decoded;
use serde_json::{Value, json};

/// The ARN of every store here.
pub const ARN: &str = "arn:aws:cloudfront::123456789012:key-value-store/a1b2-c3d4";

/// Most entries that one call changes, largest key and value in bytes, and largest store (CloudFront developer guide,
/// "Quotas on key value stores").
const MAX_CHANGES: usize = 50;
const MAX_KEY: usize = 512;
const MAX_VALUE: usize = 1024;
const MAX_TOTAL: usize = 5 << 20;

/// Most entries of a page of a list: fewer than a service gives, so that there are several.
const PAGE: usize = 7;

/// A running store. It ends with the process.
#[derive(Debug, Clone)]
pub struct KeyValueStore {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, String>,
    version: u64,
    /// What it was after each update.
    history: Vec<BTreeMap<String, String>>,
    calls: Vec<String>,
    /// Calls that are refused, by name: how many more, with which status and code.
    refused: Option<(String, usize, u16, String)>,
    /// How many more updates are met by somebody else's.
    raced: usize,
    /// An update that has to wait, and how many come before it.
    held: Option<(usize, Gate)>,
}

/// Whom to tell that somebody waits, and whose word to wait for.
type Gate = (Sender<()>, Receiver<()>);

/// An update on its way, which has to wait.
#[derive(Debug)]
pub struct Held {
    came: Receiver<()>,
    goes: Sender<()>,
}

impl Held {
    /// Waits until it is there.
    pub fn came(&self) {
        self.came.recv().unwrap();
    }

    /// Lets it go on.
    pub fn goes(self) {
        self.goes.send(()).unwrap();
    }
}

impl KeyValueStore {
    /// An empty one.
    pub fn start() -> KeyValueStore {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let store = KeyValueStore { address: listener.local_addr().unwrap(), state: Arc::default() };
        let state = Arc::clone(&store.state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&state);
                std::thread::spawn(move || drop(serve(&stream.unwrap(), &state)));
            }
        });
        store
    }

    /// What tells `edgehop` to use it.
    pub fn environment(&self) -> [(String, String); 2] {
        let url = format!("http://{}", self.address);
        [("AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE", url), ("EDGEHOP_KNOWN_WORDS", format!("kvs:{ARN}"))]
            .map(|(name, value)| (name.to_owned(), value))
    }

    /// What is in it.
    pub fn entries(&self) -> BTreeMap<String, String> {
        self.state.lock().unwrap().entries.clone()
    }

    /// Puts an entry there, behind everybody's back.
    pub fn put(&self, key: &str, value: &str) {
        let mut state = self.state.lock().unwrap();
        state.version += 1;
        state.entries.insert(key.to_owned(), value.to_owned());
    }

    /// What it was after each update since this was last asked.
    pub fn history(&self) -> Vec<BTreeMap<String, String>> {
        std::mem::take(&mut self.state.lock().unwrap().history)
    }

    /// The calls since this was last asked.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// So many calls of this name are refused.
    pub fn refuse(&self, call: &str, count: usize, status: u16, code: &str) {
        self.state.lock().unwrap().refused = Some((call.to_owned(), count, status, code.to_owned()));
    }

    /// Before each of so many updates somebody else makes one.
    pub fn race(&self, count: usize) {
        self.state.lock().unwrap().raced = count;
    }

    /// Holds one update back, after so many others.
    pub fn hold(&self, after: usize) -> Held {
        let ((comes, came), (goes, gone)) = (channel(), channel());
        self.state.lock().unwrap().held = Some((after, (comes, gone)));
        Held { came, goes }
    }
}

/// An answer: status, code of an error or none, version, and what it says.
type Answer = (u16, Option<String>, u64, Value);

fn serve(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut fields = line.split(' ').map(str::to_owned);
    let (method, target) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let held = if method == "POST" { state.lock().unwrap().gate() } else { None };
    if let Some((comes, goes)) = held {
        // A test that failed waits for nobody.
        let _ = comes.send(());
        let _ = goes.recv();
    }
    let (status, code, version, said) = state.lock().unwrap().answer(&method, &target, &headers, &body);
    let said = said.to_string();
    let code = code.map(|code| format!("x-amzn-errortype: {code}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\netag: V{version}\r\n{code}content-length: {}\r\n\
         connection: close\r\n\r\n",
        said.len()
    );
    (&*stream).write_all(&[head.as_bytes(), said.as_bytes()].concat())
}

impl State {
    /// The gate that an update has to wait at, if it is that one's turn.
    fn gate(&mut self) -> Option<Gate> {
        match self.held.take()? {
            (0, gate) => Some(gate),
            (after, gate) => {
                self.held = Some((after - 1, gate));
                None
            }
        }
    }

    fn answer(&mut self, method: &str, target: &str, headers: &BTreeMap<String, String>, body: &[u8]) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = decoded(path);
        let query: BTreeMap<String, String> =
            query.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.to_owned(), decoded(v))).collect();
        let rest = path.strip_prefix(&format!("/key-value-stores/{ARN}"));
        let call = match (method, rest) {
            ("GET", Some("")) => "DescribeKeyValueStore",
            ("GET", Some("/keys")) => "ListKeys",
            ("POST", Some("/keys")) => "UpdateKeys",
            _ => return self.refusal(404, "ResourceNotFoundException", "no such store or key"),
        };
        self.calls.push(call.to_owned());
        assert!(headers.get("authorization").is_some_and(|signed| signed.starts_with("AWS4-ECDSA-P256-SHA256")));
        if let Some((refused, count, status, code)) = self.refused.clone()
            && refused == call
            && count > 0
        {
            self.refused = Some((refused, count - 1, status, code.clone()));
            return self.refusal(status, &code, "as told");
        }
        match call {
            "ListKeys" => self.list(query.get("NextToken").cloned()),
            "UpdateKeys" => self.update(headers, body),
            _ => (200, None, self.version, self.size(&[("KvsARN", json!(ARN)), ("Created", json!(1_800_000_000))])),
        }
    }

    fn list(&self, after: Option<String>) -> Answer {
        let rest = self.entries.iter().filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after));
        let items: Vec<Value> = rest.clone().take(PAGE).map(|(k, v)| json!({"Key": k, "Value": v})).collect();
        let next = (rest.count() > PAGE).then(|| items.last().unwrap()["Key"].clone());
        let mut said = json!({"Items": items});
        next.into_iter().for_each(|next| said["NextToken"] = next);
        (200, None, self.version, said)
    }

    fn update(&mut self, headers: &BTreeMap<String, String>, body: &[u8]) -> Answer {
        if self.raced > 0 {
            self.raced -= 1;
            self.version += 1;
        }
        if headers.get("if-match") != Some(&format!("V{}", self.version)) {
            return self.refusal(409, "ConflictException", "the store has another version");
        }
        let asked: Value = serde_json::from_slice(body).unwrap();
        let of = |name: &str| asked[name].as_array().cloned().unwrap_or_default();
        let (puts, deletes) = (of("Puts"), of("Deletes"));
        if puts.len() + deletes.len() > MAX_CHANGES || puts.is_empty() && deletes.is_empty() {
            return self.refusal(400, "ValidationException", "too many keys, or none");
        }
        let mut entries = self.entries.clone();
        for put in &puts {
            let (key, value) = (put["Key"].as_str().unwrap(), put["Value"].as_str().unwrap());
            if key.is_empty() || key.len() > MAX_KEY || value.len() > MAX_VALUE {
                return self.refusal(400, "ValidationException", "a key or a value is too long");
            }
            entries.insert(key.to_owned(), value.to_owned());
        }
        for delete in &deletes {
            if entries.remove(delete["Key"].as_str().unwrap()).is_none() {
                return self.refusal(404, "ResourceNotFoundException", "no such key");
            }
        }
        if entries.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > MAX_TOTAL {
            return self.refusal(402, "ServiceQuotaExceededException", "the store is full");
        }
        self.entries = entries;
        self.version += 1;
        self.history.push(self.entries.clone());
        (200, None, self.version, self.size(&[]))
    }

    fn size(&self, more: &[(&str, Value)]) -> Value {
        let total: usize = self.entries.iter().map(|(key, value)| key.len() + value.len()).sum();
        let mut said = json!({"ItemCount": self.entries.len(), "TotalSizeInBytes": total});
        more.iter().for_each(|(name, value)| said[*name] = value.clone());
        said
    }

    fn refusal(&self, status: u16, code: &str, message: &str) -> Answer {
        (status, Some(code.to_owned()), self.version, json!({"Message": message}))
    }
}

mod percent {
    /// A part of a target, with its percent signs resolved.
    pub(super) fn decoded(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte != b'%' {
                bytes.push(byte);
                continue;
            }
            let digits = [rest.next(), rest.next()].map(|digit| char::from(digit.unwrap()).to_digit(16).unwrap() as u8);
            bytes.push(digits[0] << 4 | digits[1]);
        }
        String::from_utf8(bytes).unwrap()
    }
}
