//! Connections: how many there may be, how long one may be silent, and what becomes of them when the server stops.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use edgehop_tests::client::get;
use edgehop_tests::sample::GAMER;

use socket2::{Domain, Socket, Type};

use crate::help::{PATIENCE, Program, blob_file, eventually, list, metric};

/// Artifacts so large that a package fits into no socket's buffers: its transfer waits for a slow reader.
const LARGE: [&str; 2] = ["--sample-size", "6291456"];

/// How long nothing comes where no answer may come; one that must come has [`PATIENCE`].
const MOMENT: Duration = Duration::from_secs(1);

/// A connection that is there and says nothing yet.
pub fn open(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Asks, and leaves the answer where it is.
pub fn ask(stream: &mut TcpStream, target: &str) {
    write!(stream, "GET {target} HTTP/1.1\r\nHost: ota.test\r\nConnection: close\r\n\r\n").unwrap();
}

/// Whether one more is not answered while so many connections are open, but is once one of them has closed; and whether
/// that is what should be.
pub fn is_kept_waiting(server: SocketAddr, open_ones: usize, should: bool) -> bool {
    let mut silent: Vec<_> = (0..open_ones).map(|_| open(server)).collect();
    // The first ones must have been accepted, not the last one: they speak, and stay.
    for stream in &mut silent {
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: ota.test\r\n\r\n").unwrap();
        assert!(stream.read(&mut [0; 1000]).unwrap() > 0);
    }
    let mut late = open(server);
    ask(&mut late, "/healthz");
    late.set_read_timeout(Some(if should { MOMENT } else { PATIENCE })).unwrap();
    let waits = late.read(&mut [0; 9]).is_err();
    silent.pop();
    late.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(!waits || late.read(&mut [0; 9]).unwrap() == 9);
    waits
}

/// A download of which the first bytes have come.
fn begin(program: &Program) -> (TcpStream, Vec<u8>) {
    let mut stream = open(program.address());
    ask(&mut stream, GAMER);
    let mut got = vec![0; 1000];
    stream.read_exact(&mut got).unwrap();
    (stream, got)
}

fn stop(program: &Program) {
    program.signal("TERM");
    eventually("new connections are refused", || TcpStream::connect(program.address()).is_err());
}

#[test]
fn a_third_connection_waits_until_one_of_two_closes() {
    let program = Program::start(&["--max-connections", "2"], &[]);
    assert!(!is_kept_waiting(program.address(), 1, false));
    assert!(is_kept_waiting(program.address(), 2, true));
}

/// A connection from another address of this machine, that has asked.
fn from(address: Ipv4Addr, server: SocketAddr, target: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
    socket.connect(&server.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    ask(&mut stream, target);
    stream
}

/// The answer on a connection that closes behind it.
fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn silent_connections_of_one_address_do_not_stop_the_others_nor_probes() {
    const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
    const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
    const LIST: &str = "/package?cpuArch=armv8&payloadType=metadataOnly";
    let program = Program::start(&["--max-connections", "300"], &[]);
    let server = program.address();
    let mut silent: Vec<_> = (0..350).map(|_| open(server)).collect();
    assert!(rest(from(ELSEWHERE, server, LIST)).starts_with("HTTP/1.1 200 "));
    assert!(rest(from(HERE, server, "/healthz")).starts_with("HTTP/1.1 200 "));
    let refused = rest(from(HERE, server, LIST));
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("too many connections from this"), "{refused}");
    assert!(refused.contains("retry-after: ") && refused.contains("connection: close"), "{refused}");
    // 94 silent ones, a probe and a list.
    assert_eq!(metric(program.metrics(), "edgehop_connections_refused_total"), 96);
    silent.clear();
    eventually("the address is welcome again", || rest(from(HERE, server, LIST)).starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_named_proxy_has_any_number_of_connections() {
    const LIMITED: [&str; 4] = ["--max-connections", "3", "--max-connections-per-address", "1"];
    let program = Program::start(&[&LIMITED[..], &["--proxy", "192.0.2.1,127.0.0.1"]].concat(), &[]);
    assert!(is_kept_waiting(program.address(), 3, true));
}

#[test]
fn silent_connections_do_not_keep_metrics_and_probes_from_being_answered() {
    let program = Program::start(&["--max-connections", "1"], &[]);
    let _place = open(program.address());
    let before = program.open_files();
    let _silent: Vec<_> = (0..300).map(|_| open(program.metrics())).collect();
    for target in ["/metrics", "/healthz"] {
        assert_eq!(get(program.metrics(), target, &[]).status, 200, "{target}");
    }
    eventually("files are closed again", || program.open_files() < before + 20);
}

#[test]
fn a_download_that_runs_is_finished_before_the_server_stops() {
    let program = Program::start(&LARGE, &[]);
    let package = get(program.address(), GAMER, &[]).body;
    let idle = open(program.address());
    let (mut stream, mut got) = begin(&program);
    stop(&program);
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = stream.read(&mut piece).unwrap();
        if read == 0 {
            break;
        }
        got.extend_from_slice(&piece[..read]);
        thread::sleep(Duration::from_millis(10));
    }
    assert!(got.ends_with(&package) && got.starts_with(b"HTTP/1.1 200 "), "{} bytes came", got.len());
    // A connection on which nothing is asked is not waited for.
    let (status, folder) = program.ended();
    assert!(status.success(), "{status}");
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("stopping"), "{log}");
    drop(idle);
}

/// As `nc -N` does, and small clients that have nothing more to ask.
#[test]
fn who_closes_its_own_direction_gets_the_whole_answer() {
    let program = Program::start(&LARGE, &[]);
    let package = get(program.address(), GAMER, &[]).body;
    let mut stream = open(program.address());
    write!(stream, "GET {GAMER} HTTP/1.1\r\nHost: ota.test\r\n\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut got = Vec::new();
    stream.read_to_end(&mut got).unwrap();
    assert!(got.starts_with(b"HTTP/1.1 200 ") && got.ends_with(&package), "{} bytes came", got.len());
}

#[test]
fn told_twice_it_stops_at_once() {
    let program = Program::start(&LARGE, &[]);
    let (mut stream, got) = begin(&program);
    stop(&program);
    program.signal("TERM");
    let asked = Instant::now();
    program.ended();
    // The transfer itself would wait for a reader for minutes.
    assert!(asked.elapsed() < Duration::from_secs(20));
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    let head = String::from_utf8_lossy(&got);
    let length: usize = head.split_once("content-length: ").unwrap().1.split("\r\n").next().unwrap().parse().unwrap();
    assert!(rest.len() < length, "the transfer that was given up must not look whole");
}

/// Opening a FIFO that nobody writes to never ends, unless it is refused. A unit test of the server has a read that hangs.
#[test]
fn told_twice_it_stops_though_an_artifact_is_a_pipe() {
    let program = Program::start(&["--sample-size", "4096"], &[]);
    let digest = list(program.address(), "/package?cpuArch=armv8")["os_armv8"]["sha256"].as_str().unwrap().to_owned();
    let file = blob_file(&program.folder().join("edgehop-data"), &digest);
    std::fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    let mut stream = open(program.address());
    ask(&mut stream, &format!("/blobs/{digest}"));
    stream.set_read_timeout(Some(MOMENT)).unwrap();
    let _ = stream.read(&mut [0; 9]);
    stop(&program);
    program.signal("TERM");
    let (status, _) = program.ended();
    assert!(status.success(), "{status}");
}

/// The one slow test: it waits for a time-out of the server.
#[test]
fn a_connection_that_asks_nothing_is_closed() {
    let program = Program::start(&[], &[]);
    let begin = Instant::now();
    let silent = open(program.address());
    let mut half = open(program.address());
    half.write_all(b"GET /healthz HTTP/1.1\r\nHost: ota").unwrap();
    let mut dripping = open(program.address());
    dripping.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let mut kept = open(program.address());
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: ota.test\r\n\r\n").unwrap();
    assert!(kept.read(&mut [0; 1000]).unwrap() > 0);

    let mut waiting = vec![("silent", silent), ("half", half), ("kept", kept), ("dripping", dripping)];
    for (_, stream) in &waiting {
        stream.set_nonblocking(true).unwrap();
    }
    // Well before the minutes after which a silent transfer is given up.
    const LATEST: Duration = Duration::from_secs(45);
    while !waiting.is_empty() {
        let names: Vec<_> = waiting.iter().map(|(name, _)| *name).collect();
        assert!(begin.elapsed() < LATEST, "still open: {names:?}");
        waiting.retain_mut(|(name, stream)| {
            if *name == "dripping" {
                // A byte now and then does not buy more time. A failure to write means that it is closed, too.
                let _ = stream.write_all(b"X");
            }
            let mut answer = [0; 1000];
            let open = stream.read(&mut answer).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            assert!(open || begin.elapsed() > Duration::from_secs(5), "{name} got too little time");
            open
        });
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(get(program.address(), "/healthz", &[]).status, 200);
}
