use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use edgehop_tests::function_url::{event, response};
use edgehop_tests::lambda::{Environment, URL_BASE};
use edgehop_tests::sample::GAMER;
use edgehop_tests::stocked::Stocked;
use edgehop_tests::tools;

use super::{median, report};

/// Starts of which the middle one counts.
const STARTS: usize = 21;

/// The artifact that is streamed, in bytes.
const STREAMED: usize = 150_000_000;

/// What the function weighs as it is deployed: its zip, the time from its start to its first answer (over a DynamoDB on
/// this machine, without TLS, the binary in the page cache), its memory while it streams.
pub(crate) fn function() {
    let program = deployed();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cloud = runtime.block_on(Stocked::with_samples(4096));
    let bytes: Vec<u8> = (0..STREAMED).map(|n| (n * 31 + (n >> 8) * 7 + (n >> 16)) as u8).collect();
    let artifact = runtime.block_on(cloud.publish("large", &bytes));
    drop(bytes);
    let start = || start(&program, &cloud);

    let mib = zipped(&program) as f64 / f64::from(1 << 20);
    report("function, zipped, MiB", format!("{mib:.2}"), "8 MiB".into(), mib / 8.0, "≤ 1", mib <= 8.0);

    let list = event("GET", &format!("{GAMER}&payloadType=metadataOnly"), &[]);
    for (what, question) in [
        ("cold start, health, no store, ms", event("GET", "/", &[])),
        ("cold start, list of four, ms", list.clone()),
        ("cold start, package of four, ms", event("GET", GAMER, &[])),
    ] {
        let starts = (0..STARTS).map(|_| {
            let started = Instant::now();
            let post = start().invoke(&question);
            assert_eq!(response("GET", &post).status, 200);
            (post.first_byte - started).as_secs_f64() * 1e3
        });
        let ms = median(starts.collect());
        report(what, format!("{ms:.1}"), "60 ms".into(), ms / 60.0, "≤ 1", ms <= 60.0);
    }

    let mut function = start();
    function.invoke(&list);
    let idle = peak_mib(function.pid());
    let started = Instant::now();
    let answer = response("GET", &function.invoke(&event("GET", "/package?large=prod", &[])));
    let seconds = started.elapsed().as_secs_f64();
    assert!(answer.complete && answer.body.len() as u64 > artifact.size);
    let mib = peak_mib(function.pid());
    println!("  ({idle:.1} MiB after a list; {:.0} MB/s)", STREAMED as f64 / 1e6 / seconds);
    report("peak memory, MiB, streaming 150 MB", format!("{mib:.1}"), "64 MiB".into(), mib / 64.0, "≤ 1", mib <= 64.0);
}

/// A process of it over these stores.
pub(crate) fn start(program: &Path, cloud: &Stocked) -> Environment {
    let mut variables = cloud.environment();
    for (name, value) in [("EDGEHOP_URL_BASE", URL_BASE), ("EDGEHOP_INVOKE_MODE", "RESPONSE_STREAM")] {
        variables.push((name.to_owned(), value.to_owned()));
    }
    Environment::bare(program, &variables)
}

/// The program as it is deployed.
pub(crate) fn deployed() -> PathBuf {
    let done = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "edgehop-lambda", "--bin", "bootstrap", "--profile", "lambda"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status();
    assert!(done.unwrap().success(), "cargo build --package edgehop-lambda --profile lambda failed");
    tools::target().join("lambda/bootstrap")
}

/// The size of a zip with nothing but the program.
fn zipped(program: &Path) -> u64 {
    let zip = edgehop_tests::server::folder();
    let zip = zip.path().join("function.zip");
    let script = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z: z.write(sys.argv[2], 'bootstrap')";
    let done = tools::command("python3").arg("-c").arg(script).arg(&zip).arg(program).status().unwrap();
    assert!(done.success());
    std::fs::metadata(zip).unwrap().len()
}

/// The most memory that a process had resident so far.
pub(crate) fn peak_mib(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
