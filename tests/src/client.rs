//! A device's HTTP, byte for byte: nothing is encoded, followed, retried or decompressed on the way.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a test waits for bytes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A response as it came.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header fields in order, names lower-cased.
    pub headers: Vec<(String, String)>,
    /// The bytes after the head.
    pub body: Vec<u8>,
    /// The body has as many bytes as `Content-Length` said, or none were due.
    pub complete: bool,
}

/// `GET target` with these header fields.
pub fn get(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> Response {
    request(address, "GET", target.as_bytes(), headers)
}

/// Any method, and a target of any bytes.
pub fn request(address: SocketAddr, method: &str, target: &[u8], headers: &[(&str, &str)]) -> Response {
    let mut head = [method.as_bytes(), b" ", target, b" HTTP/1.1\r\nHost: ota.test\r\nConnection: close\r\n"].concat();
    for (name, value) in headers {
        head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    raw(address, &head, method == "HEAD")
}

/// Sends these bytes and reads until the server closes.
pub fn raw(address: SocketAddr, request: &[u8], head_only: bool) -> Response {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // A cut transfer may end in a reset: what came before it counts.
    let _ = stream.read_to_end(&mut answer);
    parse(&answer, head_only)
}

impl Response {
    /// A header field's value; fields of one name are joined.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The text of a JSON error.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error text: {self:?}")).to_owned()
    }
}

fn parse(answer: &[u8], head_only: bool) -> Response {
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no HTTP head in {:?}", String::from_utf8_lossy(answer)));
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let due = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let body = answer[end + 4..].to_vec();
    let none_due = head_only || status == 304 || status == 204;
    let complete = if none_due { body.is_empty() } else { due.is_some_and(|due: usize| body.len() == due) };
    Response { status, headers, body, complete }
}
