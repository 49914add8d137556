//! Of damaged bytes no device gets a whole transfer, the log says which object it is, and everything else goes on.

use std::fs;
use std::path::{Path, PathBuf};

use edgehop_tests::client::{Response, get};
use edgehop_tests::sample::{artifact, members};
use edgehop_tests::server::Server;

use crate::help::{blob_file, curl, eventually, fragment_of, metric, sha256};

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

/// That a target which contains a file is never served whole while the file is damaged, and is again once it is mended.
fn check_damage(server: &Server, target: &str, file: &Path, harm: Harm) {
    let (good, bytes) = (get(server.address(), target, &[]).body, fs::read(file).unwrap());
    let other = get(server.address(), "/package?cpuArch=armv7", &[]).body;
    let (logged, cut_before) = (server.log().len(), cut(server));
    harm.to(file, &bytes);

    let context = format!("{harm:?} {target}");
    let answer = get(server.address(), target, &[]);
    let download = curl(&["--fail", "-o", "/dev/null", &server.url(target)]).status.code();
    let name = file.file_name().unwrap().to_str().unwrap();
    if target.starts_with("/blobs/") && harm == Harm::Gone {
        // Nothing was promised yet, so it can be said.
        assert_eq!((answer.status, download), (404, Some(22)), "{context}");
    } else {
        assert_eq!((answer.status, answer.complete), (200, false), "{context}");
        // 18: fewer bytes than announced; 56: the connection was reset.
        assert!(matches!(download, Some(18 | 56)), "{context}: curl {download:?}");
        eventually(&format!("{context}: two transfers are counted"), || cut(server) == cut_before + 2);
        assert!(server.log()[logged..].contains(name), "{context}: the log does not name {name}");
    }
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
