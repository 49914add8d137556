//! The book is built, its links lead somewhere, its commands do what they say, and its tables name what there is.

mod blocks;
mod commands;
mod links;
mod proxies;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

/// The top folder of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file of the project, as text.
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files below these folders that end so, as paths in the project, sorted.
fn files(folders: &[&str], ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
            match path.is_dir() {
                true => folders.push(path),
                false if name.ends_with(ending) => found.push(name.to_owned()),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// Every page that a reader may open: those of the top folder, the book's, and those that stand beside what they describe.
fn pages() -> Vec<String> {
    let mut pages = files(&["docs/src", "cloudformation", "edge"], ".md");
    pages.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned));
    pages
}
