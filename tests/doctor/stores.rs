//! What the stores can lack.

use std::fs;
use std::path::PathBuf;

use edgehop_tests::sample::artifact;
use edgehop_tests::server::{self, Server};

use crate::deployment::{Deployment, HEALTHY, Plan, visit};

/// The file of the artifact that is asked for first: the smallest, and of those the first by name.
fn asked_first(deployment: &Deployment) -> PathBuf {
    let bytes = artifact(deployment.server.address(), "modemFW", "prod");
    let mut folders = vec![deployment.server.data()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.into_iter().find(|path| fs::read(path).unwrap() == bytes).unwrap()
}

#[test]
fn an_empty_catalog() {
    let deployment = Plan { options: &["--no-sample"], ..HEALTHY }.build();
    let visited = deployment.visit();
    visited.names("published", &["nothing is published", "edgehop init <stack>"]);
    let checked = visited.json()["checked"].to_string();
    assert!(checked.contains("errors"), "what can be checked is: {checked}");
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
