//! The recording, as data.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use edgehop_tests::client::{Response, request};
use edgehop_tests::sample::md5;
use serde::Deserialize;
use serde_json::Value;

const TEXT: &str = include_str!("sample-answers.json");

/// One recorded answer, and the request it answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recorded {
    pub(crate) name: String,
    request: Asked,
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    /// The package's members but for the manifest.
    pub(crate) tar: Option<Vec<Member>>,
    pub(crate) package_details: Option<BTreeMap<String, Value>>,
    pub(crate) json: Option<Value>,
    pub(crate) text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    method: String,
    target: String,
    headers: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) size: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "note")]
    _note: String,
    cases: Vec<Recorded>,
}

impl Recorded {
    pub(crate) fn all() -> Vec<Recorded> {
        serde_json::from_str::<File>(TEXT).unwrap().cases
    }

    /// Asks the same, with the digests of the sample data that is there.
    pub(crate) fn ask(&self, server: SocketAddr) -> Response {
        let headers: Vec<(&str, String)> =
            self.request.headers.iter().map(|(name, value)| (name.as_str(), filled(server, value))).collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        request(server, &self.request.method, self.request.target.as_bytes(), &headers)
    }
}

/// Puts real digests in place of `{md5:component@channel}`, and upper-case ones in place of `{MD5:…}`.
fn filled(server: SocketAddr, value: &str) -> String {
    let mut text = value.to_owned();
    while let Some((before, rest)) = text.split_once('{') {
        let (name, after) = rest.split_once('}').unwrap();
        let (kind, release) = name.split_once(':').unwrap();
        let (component, channel) = release.split_once('@').unwrap();
        let digest = md5(server, component, channel);
        let digest = if kind == "MD5" { digest.to_uppercase() } else { digest };
        text = format!("{before}{digest}{after}");
    }
    text
}
