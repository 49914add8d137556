//! A whole deployment on one machine: the function, a cache, the origin.

use edgehop_tests::client::{get, request};
use edgehop_tests::proxies::Varnish;
use edgehop_tests::sample::md5;
use edgehop_tests::server::Server;
use edgehop_tests::viewer::ViewerRequest;

const QUESTION: &str = "/package?cpuArch=armv8&attrGamer=prod&payloadType=metadataOnly";

/// The same question, as other devices spell it.
const SPELLINGS: [&str; 3] = [
    "/package?payloadtype=METADATAONLY&attrgamer=Prod&CPUARCH=ARMV8",
    "/package?attrGamer=prod&attrGamer=beta&cpuArch=armv8&payloadType=metadataOnly&ring=general&os=prod&&",
    "/package?cpuArch=armv%38&%61ttrGamer=prod&payloadType=metadataOnly&delta=zstd&a+b=1",
];

#[test]
fn spellings_of_one_question_share_an_answer_of_the_cache() {
    let server = Server::start(&["--sample-size", "4096"]);
    let cache = Varnish::before(server.address());
    let edge = ViewerRequest::before(cache.address());
    let first = get(edge.address(), QUESTION, &[]);
    assert_eq!((first.status, first.complete), (200, true));
    for spelling in SPELLINGS {
        let answer = get(edge.address(), spelling, &[]);
        // A hit names two requests: this one, and the one that filled the cache.
        assert!(answer.header("x-varnish").unwrap().contains(' '), "{spelling} is another question to the cache");
        assert_eq!((answer.status, &answer.body), (200, &first.body), "{spelling}");
    }
}

#[test]
fn what_a_device_has_is_moved_into_the_question_and_answered_with_304() {
    let server = Server::start(&["--sample-size", "4096"]);
    let cache = Varnish::before(server.address());
    let edge = ViewerRequest::before(cache.address());
    let digest = md5(server.address(), "os_armv8", "prod");
    for _ in 0..2 {
        let tag = format!("\"{}\"", digest.to_uppercase());
        let answer = get(edge.address(), "/package?cpuArch=armv8", &[("If-None-Match", &tag)]);
        assert_eq!((answer.status, answer.body.len()), (304, 0));
        let listed = get(edge.address(), &format!("/package?cpuArch=armv8&have={digest}"), &[]);
        assert_eq!(listed.status, 200, "it set no condition");
        let other = get(edge.address(), "/package?cpuArch=armv8&attrGamer=prod", &[("If-None-Match", &tag)]);
        assert_eq!((other.status, other.complete), (200, true));
    }
}

#[test]
fn junk_goes_no_further_than_the_edge() {
    let server = Server::start(&["--sample-size", "4096"]);
    let edge = ViewerRequest::before(server.address());
    let asked = [
        ("GET", "/package", 400),
        ("GET", "/package?cpuArch=armv8&have=1", 400),
        ("GET", &format!("/package?{}", "x".repeat(4097)), 414),
        ("GET", "/", 404),
        ("GET", "/package/", 404),
        ("GET", "/blobs/..", 404),
        ("POST", "/package?cpuArch=armv8", 405),
        ("DELETE", "/healthz", 405),
    ];
    for (method, target, status) in asked {
        let answer = request(edge.address(), method, target.as_bytes(), &[]);
        let direct = request(server.address(), method, target.as_bytes(), &[]);
        assert_eq!(answer.status, status, "{method} {target}");
        // The page for people at / is the origin's own, and of no use behind a CDN.
        if target != "/" {
            assert_eq!((answer.status, &answer.body), (direct.status, &direct.body), "{method} {target}");
            for name in ["content-type", "cache-control", "allow"] {
                assert_eq!(answer.header(name), direct.header(name), "{method} {target}: {name}");
            }
        }
    }
    let answered = server.log().lines().filter(|line| line.contains("\"answered\"")).count();
    assert_eq!(answered, asked.len(), "each was asked of the origin once, past the function");
}
