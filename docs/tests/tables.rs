//! The reference names every setting and every metric that there is.

use std::collections::BTreeSet;
use std::process::Command;

use edgehop_tests::client::get;
use edgehop_tests::server::{self, Server};

use crate::{files, read};

/// The words of a text that begin so, each once.
fn words<'a>(text: &'a str, start: &str, more: &str) -> BTreeSet<&'a str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !more.contains(c));
    words.filter(|word| word.starts_with(start) && word.len() > start.len()).collect()
}

#[test]
fn the_reference_has_every_setting() {
    let page = read("docs/src/reference/settings.md");
    let help = Command::new(server::binary()).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let sources: String = files(&["edge/lambda/src"], "settings.rs").iter().map(|file| read(file)).collect();
    let options = words(&help, "--", "-");
    let variables = &words(&help, "EDGEHOP_", "_") | &words(&sources, "EDGEHOP_", "_");
    assert!(options.len() > 15 && variables.len() > 15, "{options:?} {variables:?}");
    let said = &words(&page, "--", "-") | &words(&page, "EDGEHOP_", "_");
    let of_clap = BTreeSet::from(["--help", "--version"]);
    let missing: Vec<_> = (&options | &variables).into_iter().filter(|word| !said.contains(word)).collect();
    let missing: Vec<_> = missing.into_iter().filter(|word| !of_clap.contains(word)).collect();
    assert!(missing.is_empty(), "docs/src/reference/settings.md lacks {missing:?}");
}

#[test]
fn the_reference_has_every_metric() {
    let page = read("docs/src/reference/metrics.md");
    let server = Server::start(&["--sample-size", "4096"]);
    // A family without a value is not listed, and an answer is counted a moment after its last byte.
    assert_eq!(get(server.address(), "/package?cpuArch=armv8", &[]).status, 200);
    let metrics = || String::from_utf8(get(server.metrics(), "/metrics", &[]).body).unwrap();
    for _ in (0..1000).take_while(|_| !metrics().contains("edgehop_answers_total{")) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let text = metrics();
    let names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.len() > 6, "{text}");
    let missing: Vec<_> = names.iter().filter(|name| !page.contains(&format!("`{name}"))).collect();
    assert!(missing.is_empty(), "docs/src/reference/metrics.md lacks {missing:?}");
}
