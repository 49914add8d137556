//! What can be seen of a running server, by whom, and what nobody ever sees.

use edgehop_tests::client::{get, request};
use edgehop_tests::sample::{GAMER, md5};
use edgehop_tests::server::Server;

use crate::help::{Program, eventually, metric, send};

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
    assert_eq!(get(server.metrics(), "/healthz", &[]).status, 200);
    for target in [GAMER, "/"] {
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

/// The HTTP library answers what it cannot read before there is a request.
#[test]
fn an_answer_of_the_http_library_is_counted_and_logged() {
    let server = Server::start(&["--sample-size", "4096"]);
    let long = "x".repeat(1 << 20);
    let unreadable = [
        (400, "NO REQUEST AT ALL\r\n\r\n".to_owned(), "version"),
        (400, "GET / HTTP/1.1\r\nSECRET 1: x\r\n\r\n".to_owned(), "header"),
        (414, format!("GET /{} HTTP/1.1\r\n\r\n", &long[..70_000]), "URI"),
        (431, format!("GET / HTTP/1.1\r\nSECRET: {long}\r\n\r\n"), "head"),
    ];
    for (status, request, _) in &unreadable {
        let answer = String::from_utf8(send(server.address(), request.as_bytes())).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    let lines = || {
        let log = server.log();
        log.lines().filter(|line| line.contains(r#""route":"none""#)).map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("each is logged", || lines().len() == unreadable.len());
    for (status, _, why) in &unreadable {
        let said = |line: &String| line.contains(&format!(r#""status":{status}"#)) && line.contains(why);
        assert!(lines().iter().any(said), "{status} {why}: {:?}", lines());
    }
    let count =
        |status: u16| metric(server.metrics(), &format!("edgehop_answers_total{{route=\"none\",status=\"{status}\"}}"));
    assert_eq!([400, 414, 431].map(count), [2, 1, 1]);
    assert!(!server.log().contains("SECRET"), "{}", server.log());
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
