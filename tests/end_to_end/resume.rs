//! A transfer that was cut goes on where it stopped, and what a device has is not sent again.

use std::fs;

use edgehop_tests::client::{Response, get, request};
use edgehop_tests::sample::{GAMER, md5};
use edgehop_tests::server::{self, Server};

use crate::help::{Shared, curl, list, sha256, timeless};

static SERVER: Shared = Shared::new(&[]);

/// Cuts at this many random places, besides those at the ends.
const CUTS: usize = 50;

/// A cheap generator (SplitMix64): the same cuts in every run, so that a failure can be repeated.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The target of the artifact that modems get; it is larger than a few reads.
fn blob(server: &Server) -> String {
    let entry = list(server.address(), "/package?modemFW=prod").remove("modemFW").unwrap();
    format!("/blobs/{}", entry["sha256"].as_str().unwrap())
}

#[test]
fn curl_resumes_a_package_from_any_byte() {
    let server = SERVER.server();
    let package = get(server.address(), GAMER, &[]).body;
    let (folder, url, length) = (server::folder(), server.url(GAMER), package.len() as u64);
    let file = folder.path().join("package.tar.gz");
    let mut seed = 1;
    let mut cuts = vec![0, 1, 2, 9, 10, 11, length - 9, length - 8, length - 2, length - 1, length];
    cuts.extend((0..CUTS).map(|_| random(&mut seed) % length));
    for cut in cuts {
        fs::write(&file, &package[..cut as usize]).unwrap();
        // At the very end there is nothing left, which is a 416. With `--fail`, some versions take that for a failure.
        let fail = if cut < length { "--fail" } else { "--no-fail" };
        let resumed = curl(&[fail, "-C", "-", "-o", file.to_str().unwrap(), &url]);
        let said = String::from_utf8_lossy(&resumed.stderr);
        assert!(resumed.status.success(), "cut at {cut} of {length}: {} {said}", resumed.status);
        assert!(fs::read(&file).unwrap() == package, "other bytes after a cut at {cut} of {length}");
    }
}

#[test]
fn curl_resumes_an_artifact() {
    let server = SERVER.server();
    let (folder, target) = (server::folder(), blob(&server));
    let artifact = get(server.address(), &target, &[]).body;
    let file = folder.path().join("artifact");
    let mut seed = 2;
    for _ in 0..5 {
        let cut = random(&mut seed) as usize % artifact.len();
        fs::write(&file, &artifact[..cut]).unwrap();
        assert!(curl(&["--fail", "-C", "-", "-o", file.to_str().unwrap(), &server.url(&target)]).status.success());
        assert!(target.ends_with(&sha256(&fs::read(&file).unwrap())), "cut at {cut}");
    }
}

#[test]
fn any_range_of_a_package_is_that_part_of_it() {
    let server = SERVER.server();
    let package = get(server.address(), GAMER, &[]).body;
    let (length, mut seed) = (package.len(), 3);
    for _ in 0..100 {
        let (one, other) = (random(&mut seed) as usize % length, random(&mut seed) as usize % length);
        let (first, last) = (one.min(other), one.max(other));
        let part = get(server.address(), GAMER, &[("Range", &format!("bytes={first}-{last}"))]);
        assert_eq!((part.status, part.complete), (206, true));
        assert_eq!(part.header("content-range"), Some(format!("bytes {first}-{last}/{length}")));
        assert!(part.body == package[first..=last], "{first}-{last}");
    }
}

#[test]
fn curl_does_not_fetch_again_what_it_has() {
    let server = SERVER.server();
    for target in [GAMER.to_owned(), format!("{GAMER}&payloadType=metadataOnly"), blob(&server)] {
        let folder = server::folder();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (file, tag, url) = (path("file"), path("etag"), server.url(&target));
        let fetch = |option: &str| {
            let done = curl(&["--fail", option, &tag, "-o", &file, "-w", "%{http_code} %{size_download}", &url]);
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(done.stdout).unwrap()
        };
        assert!(fetch("--etag-save").starts_with("200 "));
        let (bytes, modified) = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
        assert_eq!(fetch("--etag-compare"), "304 0", "{target}");
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), modified, "the file was touched");
        assert!(fs::read(&file).unwrap() == bytes && bytes == get(server.address(), &target, &[]).body);
    }
}

#[test]
fn head_tells_what_get_would() {
    let server = SERVER.server();
    let tag = |answer: Response| answer.header("etag").unwrap();
    let package = tag(get(server.address(), GAMER, &[]));
    let metadata = format!("{GAMER}&payloadType=metadataOnly");
    let listed = tag(get(server.address(), &metadata, &[]));
    let has = md5(server.address(), "modemFW", "prod");
    let artifact = blob(&server);
    let unknown = format!("/blobs/{}", "0".repeat(64));
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], u16);
    let cases: [Case<'_>; 17] = [
        (GAMER, &[], 200),
        (GAMER, &[("If-None-Match", &has)], 200),
        (&metadata, &[], 200),
        (&artifact, &[], 200),
        ("/healthz", &[], 200),
        ("/", &[], 200),
        (GAMER, &[("If-None-Match", &package)], 304),
        (&metadata, &[("If-None-Match", &listed)], 304),
        ("/package?modemFW=prod", &[("If-None-Match", &has)], 304),
        (&artifact, &[("If-None-Match", &has)], 304),
        ("/package?cpuArch=z80", &[], 404),
        (&unknown, &[], 404),
        ("/nowhere", &[], 404),
        ("/package", &[], 400),
        ("/package?cpuArch=armv8&ring=x", &[("If-None-Match", &has)], 400),
        (GAMER, &[("If-Match", "\"x\"")], 412),
        (&artifact, &[("If-Match", "\"x\"")], 412),
    ];
    for (target, headers, status) in cases {
        let got = get(server.address(), target, headers);
        let head = request(server.address(), "HEAD", target.as_bytes(), headers);
        assert_eq!((got.status, got.complete), (status, true), "{target}");
        assert_eq!((head.status, timeless(&head)), (status, timeless(&got)), "{target}");
        assert!(head.body.is_empty(), "{target}");
        // Whoever else asks that sets no condition, or another.
        assert!(status != 412 || got.header("cache-control").as_deref() == Some("no-store"), "{target}");
    }
}
