//! A transfer that the origin cut off is never kept as if it were whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use edgehop_tests::client::{Response, get};
use edgehop_tests::server::Server;

use crate::cache::{Cache, both};

/// How long an error may be remembered, five seconds, and as long as a busy machine takes.
const PATIENCE: Duration = Duration::from_secs(15);

const PACKAGE: &str = "/package?modemFW=prod";

/// The modem's firmware, which goes into packages as it is: its target and its file.
fn modem(server: &Server) -> (String, PathBuf) {
    let manifest = get(server.address(), &format!("{PACKAGE}&payloadType=metadataOnly"), &[]).json();
    let sha256 = manifest["modemFW"]["sha256"].as_str().unwrap().to_owned();
    let file = server.data().join("artifacts/blobs").join(&sha256[..2]).join(&sha256);
    (format!("/blobs/{sha256}"), file)
}

/// The answer, if it is a success with all of its bytes.
fn whole(cache: &Cache, target: &str) -> Option<Response> {
    let answer = get(cache.address(), target, &[]);
    (answer.status == 200 && answer.complete).then_some(answer)
}

fn check(cache: &Cache, server: &Server, target: &str, file: &Path, harm: impl Fn(&mut Vec<u8>)) {
    let (good, bytes) = (get(server.address(), target, &[]).body, fs::read(file).unwrap());
    let mut harmed = bytes.clone();
    harm(&mut harmed);
    fs::write(file, harmed).unwrap();
    // Many at once wait for one transfer of the cache's; those who come later must not find its remains.
    for _ in 0..3 {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert!(whole(cache, target).is_none(), "a damaged {target} came whole"));
            }
        });
    }
    fs::write(file, bytes).unwrap();
    let mended = Instant::now();
    let answer = loop {
        match whole(cache, target) {
            Some(answer) => break answer,
            None => assert!(mended.elapsed() < PATIENCE, "{target} does not recover"),
        }
        thread::sleep(Duration::from_millis(100));
    };
    assert!(answer.body == good, "{target}");
    let again = whole(cache, target).unwrap();
    assert!(again.body == good && cache.is_hit(&again), "{target} is not cached once it is whole");
}

#[test]
fn a_transfer_that_was_cut_off_is_never_cached_as_whole() {
    let server = Server::start(&["--sample-size", "400000"]);
    let (blob, file) = modem(&server);
    let flipped = |bytes: &mut Vec<u8>| bytes[200_000] ^= 1;
    let halved = |bytes: &mut Vec<u8>| bytes.truncate(200_000);
    for cache in both(server.address()) {
        // The same bytes under names that the cache has not met.
        check(&cache, &server, PACKAGE, &file, flipped);
        check(&cache, &server, &format!("{PACKAGE}&made=up"), &file, halved);
        check(&cache, &server, &blob, &file, flipped);
        check(&cache, &server, &format!("{blob}?again"), &file, halved);
    }
}
