//! What an operator does: start, look at what it says, set options, start again.

use std::fs;
use std::process::Command;

use edgehop_tests::client::get;
use edgehop_tests::sample::{GAMER, members};
use edgehop_tests::server::{self, Server};
use edgehop_tests::tools;

use crate::connections::{is_kept_waiting, open};
use crate::help::{Program, command, curl, eventually, list, sha256, wait};

const OS: &str = "/package?cpuArch=armv8";

/// Runs a line as if it had been pasted into a shell, in the program's folder.
fn paste(program: &Program, line: &str) -> String {
    let curl = tools::command("curl");
    let mut shell = Command::new("sh");
    let found = curl.get_program().to_owned();
    let folders = std::path::Path::new(&found).parent().unwrap().display();
    shell.env("PATH", format!("{folders}:{}", std::env::var("PATH").unwrap()));
    shell.envs(curl.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.args(["-c", line]).current_dir(program.folder()).output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_commands_it_prints_work_when_pasted() {
    let program = Program::start(&[], &[]);
    let said = program.ready();
    let sections: Vec<_> = said.split("  # ").skip(1).collect();
    let commands: Vec<_> = sections.iter().map(|section| section.split_once('\n').unwrap().1).collect();
    let said: Vec<_> = commands.iter().map(|line| paste(&program, line)).collect();
    assert_eq!(said.len(), 4);
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(json(&said[0])["os_armv8"]["latestVersion"], "1.1.0");
    let names = ["package_details.json", "modemFW_1.0", "os_armv8_1.1.0", "scoreboard_1.0.0", "videoStreamer_0.0.1"];
    assert_eq!(said[1].lines().collect::<Vec<_>>(), names);
    assert_eq!(said[2], "304\n");
    assert_eq!(json(&said[3])["ipModule"]["latestVersion"], "6.15.008");
    // All at once too, as one marks them with the mouse.
    assert!(paste(&program, &commands.concat()).contains("\n304\n"));
}

/// A script that waits for the first line has no use for the others.
#[test]
fn it_stays_when_nobody_reads_what_it_says() {
    // Nobody reads which port it has, so the test picks one. Until the server has it, anybody may take it.
    let picked = || {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        it_stays_on(port)
    };
    assert!((0..5).any(|_| picked()), "every port was taken");
}

/// Whether the port was free.
fn it_stays_on(port: std::net::SocketAddr) -> bool {
    let folder = server::folder();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut process = command(folder.path(), &["--listen", &port.to_string()], &[]).stdout(writer).spawn().unwrap();
    let mut answers = false;
    eventually("an answer or an end", || {
        answers = std::net::TcpStream::connect(port).is_ok() && get_status(&format!("http://{port}/healthz")) == "200";
        answers || process.try_wait().unwrap().is_some()
    });
    let (ended, log) = (process.try_wait().unwrap(), fs::read_to_string(folder.path().join("log")).unwrap());
    let _ = process.kill();
    let _ = process.wait();
    let taken = ended.is_some() && log.contains("Address already in use");
    assert!(taken || answers && ended.is_none(), "{ended:?}: {log}");
    !taken
}

fn get_status(url: &str) -> String {
    String::from_utf8(curl(&["-o", "/dev/null", "-w", "%{http_code}", url]).stdout).unwrap()
}

#[test]
fn every_option_is_a_flag_and_a_variable() {
    /// Whether an option is seen to be set, and whether it should be.
    type Shows = fn(&Program, bool) -> bool;
    let options: [(&str, &str, Shows); 10] = [
        ("listen", "127.0.0.2:0", |program, _| program.address().ip().to_string() == "127.0.0.2"),
        ("metrics-listen", "127.0.0.2:0", |program, _| program.metrics().ip().to_string() == "127.0.0.2"),
        ("data", "else/where", |program, _| program.folder().join("else/where/catalog.sqlite").exists()),
        ("sample-size", "5000", |program, _| list(program.address(), OS)["os_armv8"]["size"] == 5000),
        ("max-package-bytes", "100", |program, _| get(program.address(), OS, &[]).header("edgehop-fallback").is_some()),
        ("url-base", "https://ota.test/x/", |program, _| {
            let url = list(program.address(), OS)["os_armv8"]["url"].as_str().unwrap().to_owned();
            url.starts_with("https://ota.test/x/blobs/")
        }),
        ("max-connections", "1", |program, should| is_kept_waiting(program.address(), 1, should)),
        ("max-connections-per-address", "1", |program, _| {
            let _taken = open(program.address());
            get(program.address(), OS, &[]).status == 503
        }),
        ("log", "error", |program, _| program.log().is_empty()),
        ("log-format", "json", |program, _| program.log().starts_with('{')),
    ];
    let default = Program::start(&[], &[]);
    assert!(default.folder().join("edgehop-data/catalog.sqlite").exists());
    for (name, value, shows) in options {
        let variable = format!("EDGEHOP_{}", name.to_uppercase().replace('-', "_"));
        assert!(!shows(&default, false), "without --{name}");
        assert!(shows(&Program::start(&[&format!("--{name}"), value], &[]), true), "--{name} {value}");
        assert!(shows(&Program::start(&[], &[(&variable, value)]), true), "{variable}={value}");
    }
}

/// Where it listens for other machines, its own loopback address is no address for them.
#[test]
fn a_server_that_sends_devices_to_themselves_says_so() {
    let warning = "manifests send every device to http://127.0.0.1:";
    let warns = |arguments: &[&str]| {
        let program = Program::start(arguments, &[]);
        let (log, said) = (program.log().contains(warning), program.ready().contains(warning));
        assert_eq!(log, said, "{arguments:?}: {}{}", program.log(), program.ready());
        log
    };
    assert!(warns(&["--listen", "0.0.0.0:0"]));
    assert!(!warns(&["--listen", "0.0.0.0:0", "--url-base", "http://ota.example.com"]));
    assert!(!warns(&["--listen", "127.0.0.1:0"]));
    // Whoever asks has no say in where others are sent.
    let program = Program::start(&["--listen", "0.0.0.0:0"], &[]);
    let asked = format!("http://127.0.0.1:{}{OS}&payloadType=metadataOnly", program.address().port());
    let headers = ["-H", "Host: ota.test", "-H", "X-Forwarded-Host: ota.test", "-H", "Forwarded: host=ota.test"];
    let answer = String::from_utf8(curl(&[&headers[..], &[&asked]].concat()).stdout).unwrap();
    assert!(answer.contains("\"http://127.0.0.1:") && !answer.contains("ota.test"), "{answer}");
}

#[test]
fn no_sample_means_nothing_is_published() {
    let empty = |program: &Program| [OS, GAMER].map(|target| get(program.address(), target, &[]).status) == [404, 404];
    assert!(empty(&Program::start(&["--no-sample"], &[])));
    assert!(empty(&Program::start(&[], &[("EDGEHOP_NO_SAMPLE", "true")])));
    assert!(!empty(&Program::start(&[], &[("EDGEHOP_NO_SAMPLE", "false")])));
}

/// What people write into unit files and compose files.
#[test]
fn no_sample_takes_digits_for_yes_and_no() {
    for (value, status) in [("1", 404), ("0", 200)] {
        let program = Program::start(&[], &[("EDGEHOP_NO_SAMPLE", value)]);
        assert_eq!(get(program.address(), OS, &[]).status, status, "EDGEHOP_NO_SAMPLE={value}");
    }
}

#[test]
fn a_second_start_keeps_the_data() {
    let first = Server::start(&["--sample-size", "8192", "--url-base", "http://ota.test"]);
    let before = get(first.address(), GAMER, &[]);
    first.terminate();
    // Neither another size nor the absence of samples undoes what is there.
    let second = Server::restart(first.ended(), &["--sample-size", "4096", "--url-base", "http://ota.test"]);
    let after = get(second.address(), GAMER, &[]);
    assert_eq!(after.header("etag"), before.header("etag"));
    assert!(after.body == before.body);
    assert_eq!(second.log().matches("first start").count(), 1);
    second.terminate();
    let third = Server::restart(second.ended(), &["--no-sample", "--url-base", "http://ota.test"]);
    assert!(get(third.address(), GAMER, &[]).body == before.body);
}

/// A power cut in the first seconds must not leave a catalog that nobody fills any more.
#[test]
fn a_first_start_that_was_killed_is_finished_by_the_next() {
    let folder = server::folder();
    let mut process = command(folder.path(), &["--sample-size", "1048576"], &[]).spawn().unwrap();
    let blobs = folder.path().join("edgehop-data/artifacts/blobs");
    eventually("some artifacts are there", || fs::read_dir(&blobs).is_ok_and(|found| found.count() >= 3));
    process.kill().unwrap();
    process.wait().unwrap();
    let data = folder.path().join("edgehop-data");
    let program = Program::start(&["--data", data.to_str().unwrap(), "--sample-size", "1048576"], &[]);
    let names: Vec<_> = list(program.address(), GAMER).into_keys().collect();
    assert_eq!(names, ["modemFW", "os_armv8", "scoreboard", "videoStreamer"]);
}

#[test]
fn a_wrong_option_is_named_in_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (name, value) in [
        ("listen", "nonsense"),
        ("listen", "127.0.0.1:99999"),
        ("listen", "192.0.2.1:80"),
        ("metrics-listen", "nonsense"),
        ("data", "/dev/null/x"),
        ("data", "/proc"),
        ("sample-size", "0"),
        ("sample-size", "many"),
        ("max-package-bytes", "1MB"),
        ("max-connections", "0"),
        ("url-base", "ftp://ota.test"),
        ("url-base", "ota.test"),
        ("url-base", "https://ota.test/?x"),
        ("log", "no[="),
        ("log-format", "xml"),
        ("listen", &taken),
        ("metrics-listen", &taken),
    ] {
        let option = format!("--{name}");
        let variable = format!("EDGEHOP_{}", name.to_uppercase().replace('-', "_"));
        check_refusal(&option, &[&option, value], &[]);
        check_refusal(&option, &[], &[(&variable, value)]);
    }
    check_refusal("--no-samples", &["--no-samples"], &[]);
    check_refusal("nonsense", &["nonsense"], &[]);
}

/// That the server ends at once, without success, and its first line says what is wrong with the option.
fn check_refusal(option: &str, arguments: &[&str], environment: &[(&str, &str)]) {
    let folder = server::folder();
    let mut process = command(folder.path(), arguments, environment).spawn().unwrap();
    let (status, log) = (wait(&mut process), fs::read_to_string(folder.path().join("log")).unwrap());
    let context = format!("{arguments:?} {environment:?} {status}: {log}");
    assert!(status.code().is_some_and(|code| code != 0), "{context}");
    let first = log.lines().next().unwrap_or_default();
    assert!(first.contains(option) && first.len() < 300 && !log.contains("panicked"), "{context}");
    // The rest is where to read on, which the command-line library adds.
    let hints = ["", "  [possible values: ", "  tip: ", "Usage: ", "For more information, try '--help'."];
    let hint =
        |line: &str| hints.iter().any(|hint| if hint.is_empty() { line.is_empty() } else { line.starts_with(hint) });
    assert!(log.lines().skip(1).all(hint), "{context}");
}

#[test]
fn over_the_size_limit_the_manifest_comes_and_leads_to_the_artifacts() {
    let sizes = Server::start(&["--sample-size", "4096"]);
    let package = get(sizes.address(), GAMER, &[]).body;
    // The address is in the manifest, so its length must not differ: four ports of five digits.
    let limit = |bytes: usize| {
        let bytes = bytes.to_string();
        Server::start(&["--sample-size", "4096", "--url-base", &sizes.url(""), "--max-package-bytes", &bytes])
    };
    let fits = limit(package.len());
    let answer = get(fits.address(), GAMER, &[]);
    assert_eq!((answer.header("edgehop-fallback"), answer.body == package), (None, true));

    let over = limit(package.len() - 1);
    let answer = get(over.address(), GAMER, &[]);
    let why = answer.header("edgehop-fallback").unwrap();
    assert_eq!((answer.status, answer.header("content-type").unwrap().as_str()), (200, "application/json"));
    assert_eq!(why, format!("package-too-large; size={}; limit={}", package.len(), package.len() - 1));
    assert!(answer.body == members(&package)[0].1, "the manifest is the package's own");
    for entry in answer.json().as_object().unwrap().values() {
        let target = entry["url"].as_str().unwrap().strip_prefix(&sizes.url("")).unwrap().to_owned();
        let blob = get(over.address(), &target, &[]).body;
        assert_eq!(entry["sha256"], sha256(&blob));
        assert_eq!(entry["size"], blob.len());
    }
    // One component fits, and asking for the list is no fallback.
    assert_eq!(get(over.address(), OS, &[]).header("edgehop-fallback"), None);
    let listed = get(over.address(), &format!("{GAMER}&payloadType=metadataOnly"), &[]);
    assert_eq!(listed.header("edgehop-fallback"), None);
}
