use edgehop_tests::client::get;
use edgehop_tests::proxies::Nginx;
use edgehop_tests::sample::GAMER;
use edgehop_tests::server::{Server, folder};
use edgehop_tests::tools;

use super::{median, report};

/// Turns of each side. A turn of ours is always followed by one of the peer's.
const TURNS: usize = 9;

/// Seconds a turn takes.
const SECONDS: u32 = 3;

/// Requests for a list a second, against nginx with the same list as a file.
pub(crate) fn lists() {
    let server = Server::start(&["--sample-size", "4096", "--log", "warn"]);
    let target = format!("{GAMER}&payloadType=metadataOnly");
    let (nginx, _files) = static_copy(&server, &target);
    for connections in [1, 8, 32] {
        let unit = |run: &Run| run.requests;
        let (ours, peer) = turns(&server.url(&target), &static_url(&nginx), connections, unit);
        let what = format!("lists, requests/s, {connections} connections");
        compare(&what, &ours, &peer, 1.0, |figure| format!("{figure:.0}"));
    }
}

/// Bytes a second of a 40 MB package, against nginx with the same package as a file.
pub(crate) fn packages() {
    let server = Server::start(&["--sample-size", "16777216", "--log", "warn"]);
    let (nginx, _files) = static_copy(&server, GAMER);
    for connections in [1, 8, 32] {
        let unit = |run: &Run| run.bytes;
        let (ours, peer) = turns(&server.url(GAMER), &static_url(&nginx), connections, unit);
        let what = format!("40 MB package, MB/s, {connections} connections");
        compare(&what, &ours, &peer, 1.0, |figure| format!("{:.0}", figure / 1e6));
    }
}

fn compare(what: &str, ours: &[f64], peer: &[f64], goal: f64, show: impl Fn(f64) -> String) {
    // Pair by pair, because the machine's speed drifts from one pair to the next.
    let ratio = median(ours.iter().zip(peer).map(|(ours, peer)| ours / peer).collect());
    let (ours, peer) = (median(ours.to_vec()), median(peer.to_vec()));
    report(what, show(ours), show(peer), ratio, &format!("≥ {goal}"), ratio >= goal);
}

/// An nginx with what the server answers now as a file.
fn static_copy(server: &Server, target: &str) -> (Nginx, tempfile::TempDir) {
    let files = folder();
    let answer = get(server.address(), target, &[]);
    assert!(answer.status == 200 && answer.complete);
    std::fs::write(files.path().join("answer"), answer.body).unwrap();
    (Nginx::serving(files.path()), files)
}

fn static_url(nginx: &Nginx) -> String {
    format!("http://{}/answer", nginx.address())
}

fn turns(ours: &str, peer: &str, connections: u32, figure: impl Fn(&Run) -> f64) -> (Vec<f64>, Vec<f64>) {
    wrk(ours, connections, 1);
    wrk(peer, connections, 1);
    (0..TURNS).map(|_| (figure(&wrk(ours, connections, SECONDS)), figure(&wrk(peer, connections, SECONDS)))).unzip()
}

/// What one run of wrk measured, a second.
struct Run {
    requests: f64,
    bytes: f64,
}

fn wrk(url: &str, connections: u32, seconds: u32) -> Run {
    let threads = connections.min(2);
    let output = tools::command("wrk")
        .args([
            format!("-t{threads}"),
            format!("-c{connections}"),
            format!("-d{seconds}s"),
            "--timeout=30s".into(),
            url.to_owned(),
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap_or_else(|| panic!("{text}"));
        line.trim().to_owned()
    };
    let bytes = field("Transfer/sec:");
    let digits = bytes.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &bytes[digits.len()..] {
        "GB" => f64::from(1 << 30),
        "MB" => f64::from(1 << 20),
        "KB" => 1024.0,
        _ => 1.0,
    };
    Run { requests: field("Requests/sec:").parse().unwrap(), bytes: digits.parse::<f64>().unwrap() * unit }
}
