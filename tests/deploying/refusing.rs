//! A service that answers every call alike.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

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
    loop {
        let (mut length, mut first) = (0, String::new());
        (reader.read_line(&mut first).ok()? > 0).then_some(())?;
        loop {
            let mut line = String::new();
            (reader.read_line(&mut line).ok()? > 0).then_some(())?;
            match line.split_once(':') {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().ok()?;
                }
                Some(_) => {}
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        let sent = if first.starts_with("HEAD ") { "" } else { body };
        write!(out, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{sent}", body.len()).ok()?;
    }
}
