//! `edgehop`, the operator's command line, on a folder that no server has seen.

use std::process::{Command, Output};

use edgehop_tests::client::get;
use edgehop_tests::sample::{GAMER, members};
use edgehop_tests::server::{Server, command_line, folder};

fn sample(data: &std::path::Path, size: &str) -> Output {
    Command::new(command_line()).arg("sample").arg("--data").arg(data).args(["--sample-size", size]).output().unwrap()
}

#[test]
fn sample_fills_a_folder_that_a_server_then_serves() {
    let folder = folder();
    let data = folder.path().join("data");
    let first = sample(&data, "65536");
    assert!(first.status.success(), "{first:?}");
    assert_eq!(String::from_utf8_lossy(&first.stdout).lines().count(), 12, "a line a release");
    let again = sample(&data, "65536");
    assert_eq!((again.status.code(), &again.stdout), (Some(0), &first.stdout), "what is there stays");

    let server = Server::restart(folder, &["--no-sample"]);
    assert_eq!(members(&get(server.address(), GAMER, &[]).body).len(), 5);
}

#[test]
fn other_bytes_under_a_published_version_are_refused_in_one_line() {
    let folder = folder();
    let data = folder.path().join("data");
    assert!(sample(&data, "65536").status.success());
    let refused = sample(&data, "1000");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("os_armv8 2.0.0") && said.contains("another version"), "{said}");
}
