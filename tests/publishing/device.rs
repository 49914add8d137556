//! A device that has nothing: what it is given, it takes apart to the last byte.

use std::net::SocketAddr;

use edgehop_tests::client::get;
use edgehop_tests::sample::{manifest, members};
use resolver::words::Sha256;

/// What a device was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) version: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) minisig: Option<String>,
}

/// Asks for a component on `prod` and checks that the answer is whole: one gzip member, one archive, a manifest that is
/// true of what follows it, and the same bytes and signature under the URL that it names. `None` if nothing is
/// published.
pub(crate) fn install(server: SocketAddr, component: &str) -> Option<Given> {
    let answer = get(server, &format!("/package?{component}=prod"), &[]);
    assert!(answer.complete, "cut short: {} {:?}", answer.status, answer.headers);
    if answer.status == 404 {
        return None;
    }
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type").as_deref(), Some("application/gzip"));
    let mut members = members(&answer.body);
    let manifest = manifest(&members);
    let entry = &manifest[component];
    let text = |name: &str| entry[name].as_str().unwrap_or_else(|| panic!("no {name} in {manifest:?}")).to_owned();
    let (version, sha256) = (text("latestVersion"), text("sha256"));
    assert_eq!((members.len(), manifest.len()), (2, 1));
    let (name, bytes) = members.remove(1);
    assert_eq!(name, format!("{component}_{version}"));
    assert_eq!(Sha256::of(&bytes).to_string(), sha256, "{component} {version}");
    assert_eq!(entry["size"], bytes.len());
    assert!(text("url").ends_with(&format!("/blobs/{sha256}")));
    assert!(blob(server, &sha256) == bytes, "/blobs/{sha256} has other bytes");
    let minisig = entry["signature"]["minisig"].as_str().map(str::to_owned);
    if let Some(minisig) = &minisig {
        let beside = get(server, &format!("/blobs/{sha256}.minisig"), &[]);
        assert_eq!((beside.status, String::from_utf8(beside.body).unwrap()), (200, minisig.clone()));
    }
    Some(Given { version, bytes, minisig })
}

/// An artifact's bytes, whole.
pub(crate) fn blob(server: SocketAddr, sha256: &str) -> Vec<u8> {
    let answer = get(server, &format!("/blobs/{sha256}"), &[]);
    assert!(answer.status == 200 && answer.complete, "/blobs/{sha256}: {} {:?}", answer.status, answer.headers);
    answer.body
}
