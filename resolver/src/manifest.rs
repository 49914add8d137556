//! `package_details.json`: one object for each component, in the AWS sample's format with additional keys.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use crate::catalog::{Artifact, ObjectKey};
use crate::decide::{Decision, Entry, Outcome};
use crate::words::{ComponentName, KeyId, Md5, Sha256, Version, json_fit_to_show};

/// Presigned URLs of artifacts, which replace their URLs under `/blobs/`.
pub type Addresses = BTreeMap<Sha256, String>;

/// The manifest's name in a package.
pub const FILE_NAME: &str = "package_details.json";

/// Usual size of an entry, as a hint for the first allocation.
const TYPICAL_ENTRY_BYTES: usize = 448;

/// Renders a decision's manifest as JSON text with a final newline; components are in the order of their names.
///
/// `url_base`, without a final `/`, is the start of every `url` that is not among `addresses`.
pub fn manifest(decision: &Decision, url_base: &str, addresses: &Addresses) -> Bytes {
    let stated = file_names(decision).into_iter().filter(|file| file.is_stated);
    let mut files: BTreeMap<&str, String> = stated.map(|file| (file.component.as_str(), file.name)).collect();
    let named = decision.entries.iter().map(|entry| (entry.component.as_str(), entry));
    let entries: BTreeMap<&str, Details<'_>> =
        named.map(|(name, entry)| (name, details(entry, files.remove(name), url_base, addresses))).collect();
    let mut text = Vec::with_capacity(TYPICAL_ENTRY_BYTES * (entries.len() + 1));
    #[expect(clippy::expect_used, reason = "strings and numbers under string keys always have a JSON form")]
    serde_json::to_writer(&mut text, &entries).expect("a manifest has a JSON form");
    text.push(b'\n');
    match std::str::from_utf8(&text).map(json_fit_to_show) {
        Ok(Cow::Owned(fit)) => fit.into(),
        _ => text.into(),
    }
}

/// An artifact's name in a package.
pub(crate) struct FileName<'a> {
    pub(crate) component: &'a ComponentName,
    pub(crate) name: String,
    /// Whether the manifest states the name, because it is not `<component>_<version>`.
    is_stated: bool,
}

/// Returns the file names of a decision's artifacts: `<component>_<version>`, where that is unique.
///
/// `radio` with `lte_1.0` and `radio_lte` with `1.0` would share a name, `package` with `details.json` would take the
/// manifest's, and some file systems ignore case. Such artifacts are called `<component>@<version>`, which is always
/// unique, because neither components nor versions contain an `@`.
pub(crate) fn file_names(decision: &Decision) -> Vec<FileName<'_>> {
    let usual = |component: &ComponentName, version: &Version| format!("{component}_{version}");
    let mut taken: BTreeMap<String, usize> = BTreeMap::from([(FILE_NAME.to_owned(), 1)]);
    for (component, release) in decision.delivered() {
        *taken.entry(usual(component, &release.version).to_ascii_lowercase()).or_default() += 1;
    }
    let named = decision.delivered().map(|(component, release)| {
        let name = usual(component, &release.version);
        let is_stated = taken.get(&name.to_ascii_lowercase()).is_some_and(|count| *count > 1);
        let name = if is_stated { format!("{component}@{}", release.version) } else { name };
        FileName { component, name, is_stated }
    });
    named.collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_version: Option<&'a Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(rename = "status_code")]
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_version: Option<&'a Version>,
    hops_remaining: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    reason: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    bytes: Option<Bits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Signed<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed<'a> {
    key_id: KeyId,
    minisig: &'a str,
}

#[derive(Serialize)]
struct Bits {
    md5: Md5,
    sha256: Sha256,
    size: u64,
}

fn details<'a>(entry: &'a Entry, file: Option<String>, url_base: &str, addresses: &Addresses) -> Details<'a> {
    let artifact = entry.outcome.release().map(|release| &release.artifact);
    let signature = entry.outcome.release().and_then(|release| release.signature.as_ref());
    let (hops_remaining, retry_after) = match entry.outcome {
        Outcome::Install { hops_remaining, .. } => (hops_remaining, None),
        Outcome::Waiting { hops_remaining, retry_after, .. } => (hops_remaining, Some(retry_after)),
        _ => (0, None),
    };
    let url = |artifact: &Artifact| match addresses.get(&artifact.sha256) {
        Some(address) => address.clone(),
        None => format!("{url_base}/{}", ObjectKey::Blob(artifact.sha256)),
    };
    Details {
        file,
        latest_version: entry.outcome.release().map(|release| &release.version).or(entry.target.as_ref()),
        url: artifact.map(url),
        status_code: entry.outcome.status_code(),
        target_version: entry.target.as_ref(),
        hops_remaining,
        retry_after,
        reason: &entry.reason,
        bytes: artifact.map(|artifact| Bits { md5: artifact.md5, sha256: artifact.sha256, size: artifact.size }),
        signature: signature
            .map(|signature| Signed { key_id: signature.key.id(), minisig: signature.minisig.as_str() }),
    }
}
