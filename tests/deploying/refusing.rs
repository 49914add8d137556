//! A service that answers every call alike.

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use crate::request;

/// One that is running. It ends with the process.
pub struct Refusing {
    url: String,
}

impl Refusing {
    /// With this status, such as `403 Forbidden`, to which headers may be added in lines of their own; and this body, which
    /// HEAD does without.
    pub fn start(status: &'static str, body: &'static str) -> Refusing {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                std::thread::spawn(move || serve(&stream.unwrap(), status, body));
            }
        });
        Refusing { url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

fn serve(stream: &TcpStream, status: &str, body: &str) -> Option<()> {
    let (mut reader, mut out) = (BufReader::new(stream), stream);
    while let Some((first, _)) = request::read(&mut reader) {
        let sent = if first.starts_with("HEAD ") { "" } else { body };
        write!(out, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{sent}", body.len()).ok()?;
    }
    None
}
