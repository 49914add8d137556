//! A proxy of the tests' own that stands before a deployment, and breaks what it is told to break.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};

use edgehop_tests::client::{Response, raw};

/// What a proxy does to requests and answers.
#[derive(Clone, Copy)]
pub struct Break {
    pub request: fn(&mut Request),
    pub answer: fn(&Request, &mut Response),
    /// A connection takes one request, does not say so, and ends when the next one comes.
    pub is_curt: bool,
}

/// A request's head.
pub struct Request {
    pub method: String,
    pub target: String,
    /// Names are lower-cased.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A proxy that has its address before it knows whom to ask, because what stands behind puts that address into URLs.
pub struct Front {
    address: SocketAddr,
    upstream: Arc<OnceLock<SocketAddr>>,
}

/// Lets everything through.
pub const WHOLE: Break = Break { request: |_| {}, answer: |_, _| {}, is_curt: false };

impl Front {
    pub fn new(breaks: Break) -> Front {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = Arc::new(OnceLock::new());
        let asked = Arc::clone(&upstream);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, asked) = (stream.unwrap(), Arc::clone(&asked));
                std::thread::spawn(move || serve(stream, asked.get().copied(), breaks));
            }
        });
        Front { address, upstream }
    }

    pub fn before(&self, upstream: SocketAddr) {
        self.upstream.set(upstream).unwrap();
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Request {
    pub fn drop_header(&mut self, name: &str) {
        self.headers.retain(|(field, _)| field != name);
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
}

/// Puts a header in place of any other of its name.
pub fn set(answer: &mut Response, name: &str, value: &str) {
    answer.headers.retain(|(field, _)| field != name);
    answer.headers.push((name.to_owned(), value.to_owned()));
}

/// Answers so in place of whoever stands behind.
pub fn replace(answer: &mut Response, status: u16, headers: &[(&str, &str)], body: &str) {
    answer.status = status;
    answer.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    set(answer, "content-length", &body.len().to_string());
    answer.body = body.as_bytes().to_vec();
}

/// One request a connection.
fn serve(mut stream: TcpStream, upstream: Option<SocketAddr>, breaks: Break) {
    let Some(mut request) = read(&mut stream) else { return };
    (breaks.request)(&mut request);
    let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", request.method, request.target);
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "connection") {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut head = head.into_bytes();
    head.extend_from_slice(&request.body);
    let head_only = request.method == "HEAD";
    let mut answer = match upstream {
        Some(upstream) => raw(upstream, &head, head_only),
        None => Response { status: 200, headers: Vec::new(), body: Vec::new(), complete: true },
    };
    (breaks.answer)(&request, &mut answer);
    let mut out = format!("HTTP/1.1 {} Whatever\r\n", answer.status);
    if !breaks.is_curt {
        out.push_str("connection: close\r\n");
    }
    for (name, value) in answer.headers.iter().filter(|(name, _)| name != "connection") {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    out.push_str("\r\n");
    // Whoever asked may have gone.
    let _ = stream.write_all(out.as_bytes());
    if !head_only {
        let _ = stream.write_all(&answer.body);
    }
    if breaks.is_curt {
        read(&mut stream);
    }
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let (mut bytes, mut byte) = (Vec::new(), [0; 1]);
    while !bytes.ends_with(b"\r\n\r\n") {
        (stream.read(&mut byte).ok()? == 1).then_some(())?;
        bytes.push(byte[0]);
    }
    let text = String::from_utf8(bytes).ok()?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let fields = lines.filter_map(|line| line.split_once(':'));
    let headers = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let mut request = Request { method, target, headers, body: Vec::new() };
    request.body.resize(request.header("content-length").parse().unwrap_or(0), 0);
    stream.read_exact(&mut request.body).ok()?;
    Some(request)
}
