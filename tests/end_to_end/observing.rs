//! What can be seen of a running server, by whom, and what nobody ever sees.

use edgehop_tests::client::{get, request};
use edgehop_tests::sample::{GAMER, md5};
use edgehop_tests::server::Server;

use crate::help::{Program, eventually, metric};

#[test]
fn healthz_says_that_the_catalog_can_be_read() {
    let server = Server::start(&["--sample-size", "4096"]);
    let answer = get(server.address(), "/healthz", &[]);
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok\n"[..]));
    assert_eq!(answer.header("cache-control").unwrap(), "no-store");
    let empty = Server::start(&["--no-sample"]);
    assert_eq!(get(empty.address(), "/healthz", &[]).status, 200);
}

#[test]
fn metrics_are_out_of_devices_reach() {
    let server = Server::start(&["--sample-size", "4096"]);
    assert_eq!(get(server.address(), "/metrics", &[]).status, 404);
    let answer = get(server.metrics(), "/metrics", &[]);
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(answer.body.ends_with(b"# EOF\n"));
    for target in [GAMER, "/healthz", "/"] {
        assert_eq!(get(server.metrics(), target, &[]).status, 404, "{target}");
    }
}

#[test]
fn answers_and_bytes_are_counted_once_by_route_and_status() {
    let server = Server::start(&["--sample-size", "4096"]);
    let package = get(server.address(), GAMER, &[]);
    let has = md5(server.address(), "modemFW", "prod");
    for _ in 0..3 {
        get(server.address(), "/package?modemFW=prod", &[("If-None-Match", &has)]);
        get(server.address(), "/nowhere", &[]);
        request(server.address(), "HEAD", GAMER.as_bytes(), &[]);
    }
    let count = |route: &str, status: u16| {
        metric(server.metrics(), &format!("edgehop_answers_total{{route=\"{route}\",status=\"{status}\"}}"))
    };
    eventually("six answers of the package, list among them", || count("package", 200) == 5);
    eventually("three with nothing to do", || count("package", 304) == 3);
    eventually("three that went astray", || count("other", 404) == 3);
    assert!(metric(server.metrics(), "edgehop_body_bytes_total{route=\"package\"}") >= package.body.len() as u64);
    // Neither a 304 nor a HEAD is a transfer that failed.
    assert_eq!(metric(server.metrics(), "edgehop_transfers_cut_total"), 0);
}

/// It is hashed to a cohort and dropped: no log, however detailed, no metric and no answer has it.
#[test]
fn a_devices_name_is_nowhere_to_be_seen() {
    for format in ["text", "json"] {
        let program = Program::start(&["--log-format", format], &[("EDGEHOP_LOG", "trace")]);
        let mut seen = String::new();
        for (method, target) in [
            ("GET", "/package?cpuArch=armv8&device=SN-SECRET-1"),
            ("GET", "/package?cpuArch=armv8&DEVICE=SN-SECRET-1&payloadType=metadataOnly"),
            ("GET", "/package?cpuArch=armv8&device=SN-SECRET-1&device=SN-SECRET-12"),
            ("GET", "/package?cpuArch=armv8&%64evice=%53N-SECRET-1&cohort=2"),
            ("HEAD", "/package?cpuArch=armv8&device=SN-SECRET-1"),
            ("POST", "/package?cpuArch=armv8&device=SN-SECRET-1"),
            ("GET", "/package?cpuArch=armv8&device=SN-SECRET-1%00"),
            ("GET", "/package?device=SN-SECRET-1"),
            ("GET", "/package?cpuArch=z80&device=SN-SECRET-1"),
            ("GET", "/package?cpuArch=armv8&ring=x&device=SN-SECRET-1"),
            // Misspelt, it is still nobody's business.
            ("GET", "/package?cpuArch=armv8&devcie=SN-SECRET-1"),
            ("GET", "/package?cpuArch=armv8&device.id=SN-SECRET-1"),
            ("GET", "/package?cpuArch=armv8&attrDevice=SN-SECRET-1"),
            ("GET", "/package?cpuArch=armv8&installed=device@SN-SECRET-1"),
            ("GET", "/blobs/x?device=SN-SECRET-1"),
            ("GET", "/nowhere?device=SN-SECRET-1"),
        ] {
            let answer = request(program.address(), method, target.as_bytes(), &[("X-Device", "SN-SECRET-1")]);
            assert!(answer.status < 500);
            seen += &format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body));
        }
        eventually("all are logged", || program.log().matches("answered").count() == 16);
        seen += &program.log();
        seen += &String::from_utf8(get(program.metrics(), "/metrics", &[]).body).unwrap();
        assert!(!seen.to_lowercase().contains("secret"), "{seen}");
    }
}
