//! Open files: a connection for which there are none waits, as any other too many does.

use std::io::Read as _;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use edgehop_tests::client::get;
use edgehop_tests::sample::GAMER;

use crate::connections::{ask, open};
use crate::help::Program;

/// How long a download may stand still while others have their turn.
const TURN: Duration = Duration::from_secs(300);

const DOWNLOADS: usize = 60;

/// A whole download, head and body, of somebody who does not begin to read at once.
fn download(server: SocketAddr) -> Vec<u8> {
    let mut stream = open(server);
    stream.set_read_timeout(Some(TURN)).unwrap();
    ask(&mut stream, GAMER);
    thread::sleep(Duration::from_millis(200));
    let mut got = Vec::new();
    stream.read_to_end(&mut got).unwrap();
    got
}

#[test]
fn more_downloads_than_open_files_wait_for_each_other() {
    // So large that a package fits into no socket's buffers: its artifact stays open until somebody reads.
    let program = Program::with_open_files(96, &["--sample-size", "1048576"]);
    let server = program.address();
    let package = get(server, GAMER, &[]).body;
    let downloads: Vec<_> = (0..DOWNLOADS).map(|_| thread::spawn(move || download(server))).collect();
    for download in downloads {
        let got = download.join().unwrap();
        let head = String::from_utf8_lossy(&got[..got.len().min(200)]);
        assert!(got.starts_with(b"HTTP/1.1 200 ") && got.ends_with(&package), "{} bytes: {head}", got.len());
    }
    let log = program.log();
    assert!(log.contains("fewer connections than --max-connections says") && log.contains("places=16"), "{log}");
    assert!(!log.contains(" ERROR "), "{log}");
}
