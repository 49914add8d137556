//! The objects of a data folder, as somebody finds them who looks into it, and those that releases name.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

/// Objects by the names that `edgehop gc` gives them: `blobs/<sha256>`, `fragments/<sha256>`.
pub(crate) type Names = BTreeSet<String>;

/// Every object that is there.
pub(crate) fn stored(data: &Path) -> Names {
    split(data).0
}

/// What lies beside no object: notes and signatures of those that are not there.
pub(crate) fn strays(data: &Path) -> Names {
    let (objects, beside) = split(data);
    beside.into_iter().filter(|name| !objects.contains(name.split_once('.').unwrap().0)).collect()
}

/// The objects, and what lies beside them.
fn split(data: &Path) -> (Names, Names) {
    let kinds = ["blobs", "fragments"].into_iter().flat_map(|kind| {
        let name = move |file: &PathBuf| format!("{kind}/{}", file.file_name().unwrap().to_str().unwrap());
        files(&data.join("artifacts").join(kind)).iter().map(name).collect::<Vec<_>>()
    });
    kinds.partition(|name| !name.contains('.'))
}

/// Every object that is hidden.
pub(crate) fn hidden(data: &Path) -> Names {
    let root = data.join("artifacts/aside");
    let name = |file: &PathBuf| {
        let mut parts = file.strip_prefix(&root).unwrap().iter().map(|part| part.to_str().unwrap());
        let (kind, digest) = (parts.next().unwrap(), parts.next_back().unwrap());
        format!("{kind}/{digest}")
    };
    files(&root).iter().map(name).collect()
}

/// Every object that a release names, as `edgehop releases --json` lists them.
pub(crate) fn named(releases: &Value) -> Names {
    let releases = releases.as_object().unwrap().values().flat_map(|releases| releases.as_array().unwrap());
    let names = releases.flat_map(|release| {
        let artifact = &release["artifact"];
        let blob = artifact["sha256"].as_str().map(|digest| format!("blobs/{digest}"));
        let fragment = artifact["fragment"]["sha256"].as_str().map(|digest| format!("fragments/{digest}"));
        blob.into_iter().chain(fragment)
    });
    names.collect()
}

/// The objects in the report of `edgehop gc --json`.
pub(crate) fn collected(report: &Value) -> Names {
    report["objects"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Sets back when these objects were last put.
pub(crate) fn age<'a>(data: &Path, names: impl IntoIterator<Item = &'a String>, by: Duration) {
    for name in names {
        let (kind, digest) = name.split_once('/').unwrap();
        touch(&data.join("artifacts").join(kind).join(&digest[..2]).join(digest), by);
    }
}

/// Sets a file's time back.
pub(crate) fn touch(file: &Path, by: Duration) {
    File::options().append(true).open(file).unwrap().set_modified(SystemTime::now() - by).unwrap();
}

/// What publishers are writing, or were when they were killed.
pub(crate) fn temporary(data: &Path) -> BTreeSet<PathBuf> {
    files(&data.join("artifacts/tmp")).into_iter().collect()
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
