//! HTTP/1.1 as far as the SDK and its stand-ins speak it.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request, whole.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A response, whole.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// Status code and reason.
    pub(crate) status: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// What `Content-Length` said: of a HEAD, more than there is.
    pub(crate) length: usize,
}

impl Request {
    /// The next request of a connection; `None` if there is none. `rest` holds what was read beyond it.
    pub(crate) async fn read(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Result<Option<Request>> {
        let end = loop {
            if let Some(end) = head_end(rest) {
                break end;
            }
            if stream.read_buf(rest).await? == 0 {
                return Ok(None);
            }
        };
        let head = rest.drain(..end).collect::<Vec<u8>>();
        let (first, headers) = parse(&head);
        let mut words = first.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut request = Request { method, target, headers, body: Vec::new() };
        if request.header("transfer-encoding").is_some() {
            return Err(Error::new(ErrorKind::Unsupported, "a request in chunks"));
        }
        let length = request.header("content-length").map_or(0, |text| text.parse().unwrap());
        while rest.len() < length {
            if stream.read_buf(rest).await? == 0 {
                return Ok(None);
            }
        }
        request.body = rest.drain(..length).collect();
        Ok(Some(request))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

impl Response {
    /// Its head, the empty line at its end included.
    pub(crate) fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", self.status, self.length);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }
}

/// Asks a server on a connection of its own.
pub(crate) async fn exchange(server: SocketAddr, request: &Request) -> Result<Response> {
    let mut stream = TcpStream::connect(server).await?;
    let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", request.method, request.target);
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "connection") {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), &request.body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let end = head_end(&answer).ok_or(ErrorKind::UnexpectedEof)?;
    let (first, mut headers) = parse(&answer[..end]);
    let status = first.split_once(' ').map_or("", |(_, status)| status).to_owned();
    let mut body = answer.split_off(end);
    if find(&headers, "transfer-encoding").is_some() {
        body = joined(&body)?;
    }
    let length = find(&headers, "content-length").map_or(body.len(), |text| text.parse().unwrap());
    headers.retain(|(name, _)| !["connection", "transfer-encoding", "content-length"].contains(&&**name));
    if request.method != "HEAD" && body.len() != length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(Response { status, headers, body, length })
}

/// Answers a request: nothing comes behind the head of `HEAD`.
pub(crate) async fn send(stream: &mut TcpStream, request: &Request, response: &Response) -> Result<()> {
    let body = if request.method == "HEAD" { &[] } else { &response.body[..] };
    stream.write_all(&[response.head().as_bytes(), body].concat()).await
}

/// Where the head of a message ends.
fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// The first line of a head, and its fields with lower-cased names.
fn parse(head: &[u8]) -> (String, Vec<(String, String)>) {
    let head = String::from_utf8_lossy(head).into_owned();
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let fields = lines.filter_map(|line| line.split_once(':'));
    (first, fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect())
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

/// A body without its chunks' heads.
fn joined(mut chunks: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|two| two == b"\r\n").ok_or(ErrorKind::UnexpectedEof)?;
        let size = String::from_utf8_lossy(&chunks[..end]).into_owned();
        let size = usize::from_str_radix(&size, 16).map_err(|_| ErrorKind::InvalidData)?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(chunks.get(end + 2..end + 2 + size).ok_or(ErrorKind::UnexpectedEof)?);
        chunks = chunks.get(end + 4 + size..).ok_or(ErrorKind::UnexpectedEof)?;
    }
}
