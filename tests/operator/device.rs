//! A device: a shell, `curl` and `tar`.

use std::path::Path;
use std::process::{Command, Output};

use edgehop_tests::client::Response;
use edgehop_tests::sample::{manifest, members};
use edgehop_tests::server::Server;
use edgehop_tests::tools;
use serde_json::Value;

/// `curl`, silent but for errors, reading no configuration of whoever runs the tests.
pub fn curl(arguments: &[&str]) -> Output {
    tools::command("curl").args(["-q", "-sS", "--max-time", "60"]).args(arguments).output().unwrap()
}

/// What `curl` gets for a path and query with these header lines.
pub fn ask(server: &Server, target: &str, headers: &[&str]) -> Response {
    let url = server.url(target);
    let headers = headers.iter().flat_map(|header| ["-H", header]);
    let arguments: Vec<&str> = ["-i", &url].into_iter().chain(headers).collect();
    let output = curl(&arguments);
    assert!(output.status.success(), "{target}: {output:?}");
    let end = output.stdout.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(output.stdout[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let fields = lines.map(|line| line.split_once(": ").unwrap());
    let headers = fields.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Response { status, headers, body: output.stdout[end + 4..].to_vec(), complete: true }
}

/// What `curl --fail` exits with, and what it says.
pub fn fails(server: &Server, target: &str) -> (Option<i32>, String) {
    let output = curl(&["--fail", "-o", "/dev/null", &server.url(target)]);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// One component's part of an answer's manifest, whether it came in a package or alone.
pub fn entry(answer: &Response, component: &str) -> Value {
    let whole = match answer.header("content-type").as_deref() {
        Some("application/gzip") => manifest(&members(&answer.body)).remove(component),
        _ => answer.json().as_object_mut().unwrap().remove(component),
    };
    whole.unwrap_or_else(|| panic!("no {component} in {answer:?}"))
}

/// Runs a shell with these arguments in a folder, with the harness's `curl` on its path.
pub fn shell(folder: &Path, arguments: &[&str]) -> Output {
    let curl = tools::command("curl");
    let found = Path::new(curl.get_program()).parent().unwrap().display();
    let mut shell = Command::new("sh");
    shell.envs(curl.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("PATH", format!("{found}:{}", std::env::var("PATH").unwrap()));
    shell.args(arguments).current_dir(folder).output().unwrap()
}
