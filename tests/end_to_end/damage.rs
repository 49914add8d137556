//! Of damaged bytes no device gets a whole transfer, the log says which object it is, and everything else goes on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use edgehop_tests::client::{Response, get};
use edgehop_tests::sample::{artifact, members};
use edgehop_tests::server::Server;

use crate::help::{blob_file, curl, eventually, fragment_of, metric, send, sha256};

/// What may happen to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    ShortByOne,
    Half,
    Empty,
    FirstByte,
    MiddleByte,
    LastByte,
    LongByOne,
    Gone,
}

const HARMS: [Harm; 8] = [
    Harm::ShortByOne,
    Harm::Half,
    Harm::Empty,
    Harm::FirstByte,
    Harm::MiddleByte,
    Harm::LastByte,
    Harm::LongByOne,
    Harm::Gone,
];

impl Harm {
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        let flipped = |at: usize| [&bytes[..at], &[bytes[at] ^ 1], &bytes[at + 1..]].concat();
        match self {
            Harm::ShortByOne => bytes[..bytes.len() - 1].to_vec(),
            Harm::Half => bytes[..bytes.len() / 2].to_vec(),
            Harm::Empty | Harm::Gone => vec![],
            Harm::FirstByte => flipped(0),
            Harm::MiddleByte => flipped(bytes.len() / 2),
            Harm::LastByte => flipped(bytes.len() - 1),
            Harm::LongByOne => [bytes, b"x"].concat(),
        }
    }

    /// Whether it shows before anything is sent.
    fn changes_length(self) -> bool {
        !matches!(self, Harm::FirstByte | Harm::MiddleByte | Harm::LastByte)
    }

    fn to(self, file: &Path, bytes: &[u8]) {
        match self {
            Harm::Gone => fs::remove_file(file).unwrap(),
            _ => fs::write(file, self.of(bytes)).unwrap(),
        }
    }
}

fn cut(server: &Server) -> u64 {
    metric(server.metrics(), "edgehop_transfers_cut_total")
}

/// The right bytes and nothing else.
fn check_whole(answer: &Response, bytes: &[u8]) {
    assert_eq!((answer.status, answer.complete), (200, true));
    assert!(answer.body == bytes);
}

/// What comes back on a connection of its own, as it comes.
fn raw(server: &Server, target: &str) -> Vec<u8> {
    let request = format!("GET {target} HTTP/1.1\r\nHost: ota.test\r\nConnection: close\r\n\r\n");
    send(server.address(), request.as_bytes())
}

/// The status with which a target is refused; `None` if its bytes are sent, or the connection is given up.
fn refusal(server: &Server, target: &str) -> Option<u16> {
    let answer = String::from_utf8_lossy(&raw(server, target)).into_owned();
    let status = answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().unwrap();
    (status != 200).then_some(status)
}

/// Fewer bytes than announced, and not even a head if the connection was given up before it was sent.
fn check_broken(server: &Server, target: &str, context: &str) {
    let answer = raw(server, target);
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return assert!(answer.is_empty(), "{context}: {answer:?}");
    };
    let (head, body) = (String::from_utf8_lossy(&answer[..end]).into_owned(), answer.len() - end - 4);
    let announced = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    let broken = announced.is_some_and(|announced| body < announced);
    assert!(head.starts_with("HTTP/1.1 200 ") && broken, "{context}: {body} bytes after {head}");
}

/// That a target which contains a file is never served whole while the file is damaged, and is again once it is mended.
fn check_damage(server: &Server, target: &str, file: &Path, harm: Harm) {
    let (good, bytes) = (get(server.address(), target, &[]).body, fs::read(file).unwrap());
    let other = get(server.address(), "/package?cpuArch=armv7", &[]).body;
    let (logged, cut_before) = (server.log().len(), cut(server));
    harm.to(file, &bytes);

    let context = format!("{harm:?} {target}");
    let download = curl(&["--fail", "-o", "/dev/null", &server.url(target)]).status.code();
    let name = file.file_name().unwrap().to_str().unwrap();
    let logged = || server.log()[logged..].contains(name);
    let (refused, is_blob) = (refusal(server, target), target.starts_with("/blobs/"));
    if let Some(status) = refused {
        // Nothing was promised yet, so it can be said.
        let expected = if is_blob && harm == Harm::Gone { 404 } else { 503 };
        assert_eq!((status, download), (expected, Some(22)), "{context}");
    } else {
        assert!(!(is_blob && harm.changes_length()), "{context}: it shows before anything is sent");
        check_broken(server, target, &context);
        // 18: fewer bytes than announced; 56: the connection was reset; 52: that was before anything had been sent.
        assert!(matches!(download, Some(18 | 52 | 56)), "{context}: curl {download:?}");
        eventually(&format!("{context}: three transfers are counted"), || cut(server) == cut_before + 3);
    }
    assert!(refused == Some(404) || logged(), "{context}: the log does not name {name}");
    // What needs no damaged object is served as before.
    check_whole(&get(server.address(), "/package?cpuArch=armv7", &[]), &other);

    fs::write(file, &bytes).unwrap();
    check_whole(&get(server.address(), target, &[]), &good);
}

/// A component's artifact: its bytes, its target and its file.
fn blob(server: &Server, component: &str) -> (Vec<u8>, String, PathBuf) {
    let bytes = artifact(server.address(), component, "prod");
    let digest = sha256(&bytes);
    let file = blob_file(&server.data(), &digest);
    (bytes, format!("/blobs/{digest}"), file)
}

const PACKAGE: &str = "/package?cpuArch=armv8&attrCellular=prod";

#[test]
fn a_package_with_a_damaged_fragment_is_cut_off() {
    let server = Server::start(&[]);
    let file = fragment_of(&server.data(), &blob(&server, "os_armv8").0).unwrap();
    // More bytes than the record says are not looked at: the right ones come first.
    HARMS
        .into_iter()
        .filter(|harm| *harm != Harm::LongByOne)
        .for_each(|harm| check_damage(&server, PACKAGE, &file, harm));
}

#[test]
fn a_package_with_a_damaged_artifact_is_cut_off() {
    let server = Server::start(&[]);
    let (_, _, file) = blob(&server, "modemFW");
    HARMS
        .into_iter()
        .filter(|harm| *harm != Harm::LongByOne)
        .for_each(|harm| check_damage(&server, PACKAGE, &file, harm));
}

#[test]
fn a_damaged_artifact_is_cut_off() {
    let server = Server::start(&[]);
    let (_, target, file) = blob(&server, "os_armv8");
    HARMS.into_iter().filter(|harm| *harm != Harm::Empty).for_each(|harm| check_damage(&server, &target, &file, harm));
}

/// What was found right is not hashed for every device, but only for as long as its file does not change.
#[test]
fn a_file_that_was_right_for_a_while_is_checked_again_once_it_changes() {
    let server = Server::start(&[]);
    let (bytes, target, file) = blob(&server, "os_armv8");
    let fragment = fragment_of(&server.data(), &bytes).unwrap();
    for (target, file, harm) in [(&*target, &file, Harm::FirstByte), (PACKAGE, &fragment, Harm::LastByte)] {
        // A file that changed just now is not trusted yet.
        thread::sleep(Duration::from_secs(4));
        let (good, right) = (get(server.address(), target, &[]).body, fs::read(file).unwrap());
        check_whole(&get(server.address(), target, &[]), &good);
        let modified = fs::metadata(file).unwrap().modified().unwrap();
        // Neither the size nor a time that anybody can set tells.
        harm.to(file, &right);
        File::options().write(true).open(file).unwrap().set_modified(modified).unwrap();
        check_broken(&server, target, "changed in place");
        let other = server.data().join("other");
        fs::write(&other, harm.of(&right)).unwrap();
        fs::rename(&other, file).unwrap();
        check_broken(&server, target, "replaced");
        fs::write(file, &right).unwrap();
        check_whole(&get(server.address(), target, &[]), &good);
    }
}

/// What a file system leaves after a power cut.
#[test]
fn an_emptied_artifact_is_no_success() {
    let server = Server::start(&["--sample-size", "4096"]);
    let (_, target, file) = blob(&server, "os_armv8");
    fs::write(file, b"").unwrap();
    let answer = get(server.address(), &target, &[]);
    assert!(!(answer.status == 200 && answer.complete), "{answer:?}");
}

#[test]
fn a_file_smaller_than_a_read_is_checked_too() {
    // Not so small that nothing can be compressed.
    let server = Server::start(&["--sample-size", "40000"]);
    let (bytes, target, file) = blob(&server, "os_armv8");
    let fragment = fragment_of(&server.data(), &bytes).unwrap();
    for harm in [Harm::ShortByOne, Harm::FirstByte, Harm::LastByte, Harm::Gone] {
        check_damage(&server, &target, &file, harm);
        check_damage(&server, PACKAGE, &fragment, harm);
    }
}

/// Whoever resumes after the cut must not be told that the damaged file was all there is.
#[test]
fn a_shortened_artifact_is_not_whole_for_one_who_resumes() {
    let server = Server::start(&[]);
    let (bytes, target, file) = blob(&server, "modemFW");
    fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    for first in [0, bytes.len() / 4, bytes.len() / 2] {
        let answer = get(server.address(), &target, &[("Range", &format!("bytes={first}-"))]);
        let range = answer.header("content-range").unwrap_or_default();
        let honest = range.ends_with(&format!("/{}", bytes.len())) && !answer.complete;
        assert!(honest || answer.status >= 500, "from {first}: {} {range}", answer.status);
    }
}

/// A part of an object cannot be checked against its digest, but the package's own checksum covers it.
#[test]
fn a_device_that_resumes_over_damage_finds_out() {
    let server = Server::start(&[]);
    let (bytes, _, _) = blob(&server, "os_armv8");
    let file = fragment_of(&server.data(), &bytes).unwrap();
    let good = get(server.address(), "/package?cpuArch=armv8", &[]).body;
    Harm::MiddleByte.to(&file, &fs::read(&file).unwrap());
    let rest = get(server.address(), "/package?cpuArch=armv8", &[("Range", "bytes=5000-")]);
    let package = [&good[..5000], &rest.body].concat();
    assert!(!rest.complete || std::panic::catch_unwind(|| members(&package)).is_err());
}
