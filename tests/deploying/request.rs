//! A request that a stand-in of these tests reads: its first line and its body.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;

/// The next one of a connection; `None` at its end.
pub fn read(reader: &mut BufReader<&TcpStream>) -> Option<(String, Vec<u8>)> {
    let (mut length, mut first) = (0, String::new());
    (reader.read_line(&mut first).ok()? > 0).then_some(())?;
    loop {
        let mut line = String::new();
        (reader.read_line(&mut line).ok()? > 0).then_some(())?;
        match line.split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok()?,
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, body))
}
