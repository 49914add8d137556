//! What the stores can lack.

use std::fs;
use std::path::PathBuf;

use edgehop_tests::sample::artifact;
use edgehop_tests::server::{self, Server};

use crate::deployment::{Deployment, HEALTHY, Plan, Visit, edgehop, visit};

/// The file of the artifact that is asked for first: the smallest, and of those the first by name.
fn asked_first(deployment: &Deployment) -> PathBuf {
    let bytes = artifact(deployment.server.address(), "modemFW", "prod");
    files(deployment.server.data()).into_iter().find(|path| fs::read(path).unwrap() == bytes).unwrap()
}

/// All files below a folder.
fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut folders = vec![folder];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

#[test]
fn an_empty_catalog() {
    let deployment = Plan { options: &["--no-sample"], ..HEALTHY }.build();
    let visited = deployment.visit();
    visited.names("published", &["nothing is published", "edgehop init <stack>"]);
    let checked = visited.json()["checked"].to_string();
    assert!(checked.contains("errors"), "what can be checked is: {checked}");
}

/// A deployment that has nothing but this published: components, versions, options.
fn with(published: &[&str]) -> Deployment {
    let deployment = Plan { options: &["--no-sample"], ..HEALTHY }.build();
    let file = deployment.server.data().with_file_name("file");
    for line in published {
        fs::write(&file, line.repeat(2000)).unwrap();
        let mut words = line.split_whitespace();
        let mut publish = edgehop();
        publish.arg("publish").args(words.by_ref().take(2)).arg(&file).args(words);
        let said = Visit::of(publish.arg("--data").arg(deployment.server.data()));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    }
    deployment
}

/// The only target lies behind a barrier.
#[test]
fn devices_that_must_say_what_they_run() {
    let deployment =
        with(&["ipModule 5.6.14", "ipModule 5.6.30-RC1 --barrier moves", "ipModule 6.15.008 --channel prod"]);
    let visited = visit(&deployment.endpoint(), &deployment.server.data(), &[]);
    assert_eq!((visited.code, visited.out.lines().count()), (Some(0), 2), "{visited:?}");
    // What is told by installed= is not told by digests.
    for part in [
        "not checked: digests in If-None-Match",
        "is well as far as it was checked",
        "list, artifacts, package, lifetimes, cache, conditions, errors",
    ] {
        assert!(visited.out.contains(part), "{visited:?}");
    }
    for file in files(deployment.server.data().join("artifacts")) {
        fs::remove_file(file).unwrap();
    }
    deployment.visit().names("artifacts", &["ipModule", "it is not there"]);
}

#[test]
fn devices_that_must_say_what_they_are() {
    let modem = "modem 1.0 --requires hw.rev>=3 --requires hw.board=a|b --channel prod";
    with(&[modem, "radio 2.0+x --requires hw.region!=eu --requires hw.board=b|c --channel beta"]).visit().is_well();
}

#[test]
fn a_catalog_that_gives_nothing_to_anybody() {
    let deployment = Plan { options: &["--no-sample"], ..HEALTHY }.build();
    let data = deployment.server.data();
    let file = data.with_file_name("file");
    fs::write(&file, "bytes").unwrap();
    for words in ["publish app 1.0 FILE --channel prod", "yank app 1.0 --reason broken --force known"] {
        let mut command = edgehop();
        command.args(words.split(' ').map(|word| if word == "FILE" { file.to_str().unwrap() } else { word }));
        let said = Visit::of(command.arg("--data").arg(&data));
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    deployment.visit().notes("published", &["no channel has a release for any device", "edgehop explain"]);
}

#[test]
fn no_stores_at_all() {
    let deployment = HEALTHY.build();
    let visited = visit(&deployment.endpoint(), &server::folder().path().join("nowhere"), &["--json"]);
    visited.names("stores", &["--data"]);
}

#[test]
fn the_stores_of_another_deployment() {
    let deployment = HEALTHY.build();
    let other = Server::start(&["--sample-size", "1000"]);
    visit(&deployment.endpoint(), &other.data(), &["--json"]).names("list", &["another catalog"]);
}

#[test]
fn an_artifact_that_is_gone() {
    let deployment = HEALTHY.build();
    fs::remove_file(asked_first(&deployment)).unwrap();
    deployment.visit().names("artifacts", &["modemFW", "it is not there"]);
}

/// The origin cuts what does not have its digest.
#[test]
fn an_artifact_that_is_damaged_in_the_store() {
    let deployment = HEALTHY.build();
    let file = asked_first(&deployment);
    let mut bytes = fs::read(&file).unwrap();
    bytes[40_000] ^= 1;
    fs::write(&file, bytes).unwrap();
    deployment.visit().names("blob-bytes", &["503", "publish the same file once more"]);
}
