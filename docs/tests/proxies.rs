//! The proxies that the book shows, run by its own files: addresses and certificates alone are others.

use std::net::SocketAddr;
use std::path::Path;

use edgehop_tests::client::get;
use edgehop_tests::proxies::{Caddy, Nginx, Varnish};
use edgehop_tests::sample::GAMER;
use edgehop_tests::server::{Server, folder};
use edgehop_tests::tools;

const NGINX: &str = include_str!("../src/guides/proxies/nginx.conf");
const VARNISH: &str = include_str!("../src/guides/proxies/default.vcl");
const CADDY: &str = include_str!("../src/guides/proxies/Caddyfile");

/// Where the files say that edgehop and the proxy are.
const ORIGIN: &str = "127.0.0.1:8080";
const HOST: &str = "ota.example.com";

/// How the file for Varnish says where edgehop is.
const ORIGIN_IN_VCL: &str = "vcl 4.1;\nbackend default {\n    .host = \"127.0.0.1\";\n    .port = \"8080\";\n}\n";

/// A text with other words, each of which must be there.
fn changed(text: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "no {from:?} in\n{text}");
        text.replace(from, to)
    })
}

/// Makes a key, and a certificate that nobody signed.
fn certify(folder: &Path) {
    let mut openssl = tools::command("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj"]).arg(format!("/CN={HOST}"));
    let output = openssl.args(["-keyout", "key", "-out", "pem"]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Status and body of what curl hears.
fn ask(url: &str, more: &[&str]) -> (String, Vec<u8>) {
    let mut curl = tools::command("curl");
    curl.args(["-q", "-sS", "-k", "--max-time", "60", "-w", "%{stderr}%{http_code}"]).args(more).arg(url);
    let output = curl.output().unwrap();
    (String::from_utf8(output.stderr).unwrap(), output.stdout)
}

/// That devices get through a proxy what the origin sends, and operators nothing.
fn check(base: &str, origin: SocketAddr) {
    let whole = get(origin, GAMER, &[]);
    assert_eq!((whole.status, get(origin, "/readyz", &[]).status), (200, 200));
    for _ in 0..2 {
        let answer = ask(&format!("{base}{GAMER}"), &[]);
        assert!(answer.0 == "200" && answer.1 == whole.body, "{base}: {}", answer.0);
    }
    let part = ask(&format!("{base}{GAMER}"), &["-r", "100-199"]);
    assert!(part.0 == "206" && part.1 == whole.body[100..200], "{base}: {}", part.0);
    assert_eq!(ask(&format!("{base}/readyz"), &[]).0, "404", "{base}");
    assert_eq!(ask(&format!("{base}/healthz"), &[]).0, "200", "{base}");
}

#[test]
fn the_guides_proxies_serve_devices() {
    let server = Server::start(&["--sample-size", "4096", "--proxy", "127.0.0.1"]);
    let (origin, own) = (server.address(), folder());
    let (address, path) = (origin.to_string(), own.path().display().to_string());

    certify(own.path());
    let words = [
        ("/var/cache/nginx", &*path),
        ("listen 443", "listen ADDRESS"),
        ("/etc/ssl/ota.example.com.pem", &format!("{path}/pem")),
        ("/etc/ssl/ota.example.com.key", &format!("{path}/key")),
        (ORIGIN, &address),
    ];
    let nginx = Nginx::with_http(&changed(NGINX, &words));
    check(&format!("https://{}", nginx.address()), origin);

    let after = VARNISH.strip_prefix(ORIGIN_IN_VCL).unwrap();
    let varnish = Varnish::with_vcl(origin, after);
    check(&format!("http://{}", varnish.address()), origin);

    let caddy = Caddy::with_site(&changed(CADDY, &[(HOST, "http://ADDRESS"), (ORIGIN, &address)]));
    check(&format!("http://{}", caddy.address()), origin);
}
