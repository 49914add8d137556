//! Slow devices: they keep their downloads as long as they take anything at all, and one that stops taking bytes does not.
//!
//! All of them at once, for three minutes, over sockets as small as a modem's.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use edgehop_tests::sample::GAMER;
use socket2::{Domain, Socket, Type};

use crate::help::{PATIENCE, Program, eventually, metric};

/// How long slow devices read.
const READING: Duration = Duration::from_secs(180);

/// Artifacts so large that most of a package waits in the server, whatever sockets buffer.
const LARGE: [&str; 2] = ["--sample-size", "16777216"];

/// Bytes a second, with the largest segment and the receive buffer of the device's socket, in bytes.
const DEVICES: [(usize, u32, usize); 7] = [
    (500, 88, 4096),
    (500, 536, 16 * 1024),
    (1000, 536, 16 * 1024),
    (1000, 32_000, 64 * 1024),
    (5000, 536, 64 * 1024),
    (10_000, 1460, 128 * 1024),
    (20_000, 1460, 128 * 1024),
];

/// A device that has asked for a package and read nothing of it yet.
fn asked(server: SocketAddr, segment: u32, buffer: usize) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(buffer).unwrap();
    socket.set_tcp_mss(segment).unwrap();
    socket.connect(&server.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {GAMER} HTTP/1.1\r\nHost: ota.test\r\n\r\n").unwrap();
    stream
}

/// Reads so many bytes a second for as long as slow devices read, and keeps the connection; says when it ended instead.
fn reads_slowly(mut stream: TcpStream, rate: usize) -> Result<TcpStream, String> {
    let started = Instant::now();
    let mut piece = vec![0; rate];
    while started.elapsed() < READING {
        let read = stream.read(&mut piece);
        if !matches!(read, Ok(1..)) {
            return Err(format!("{rate} bytes a second: {read:?} after {:?}", started.elapsed()));
        }
        thread::sleep(Duration::from_secs(1));
    }
    Ok(stream)
}

#[test]
fn a_steady_device_keeps_its_download_and_a_stalled_one_does_not() {
    let program = Program::start(&LARGE, &[]);
    let stalled = [(536, 16 * 1024), (1460, 128 * 1024)].map(|(mss, buffer)| asked(program.address(), mss, buffer));
    let devices = DEVICES.map(|(rate, mss, buffer)| {
        let stream = asked(program.address(), mss, buffer);
        thread::spawn(move || reads_slowly(stream, rate))
    });
    let ends = devices.map(|device| device.join().unwrap());
    assert!(ends.iter().all(Result::is_ok), "{ends:#?}");

    // What the kernel still holds goes on to a device that was cut off, so that only the server knows.
    let cut = || metric(program.metrics(), "edgehop_transfers_cut_total") as usize;
    eventually("the stalled downloads are cut", || cut() >= stalled.len());
    assert_eq!(cut(), stalled.len(), "slow devices were cut:\n{}", program.log());
}
