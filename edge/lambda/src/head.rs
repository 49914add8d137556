use std::collections::BTreeMap;

use http::response::Parts;
use serde::Serialize;

/// Status and headers in the format of function URLs, for streamed and buffered responses.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head {
    pub(crate) status_code: u16,
    /// Header fields; fields of one name are joined (RFC 9110 section 5.3).
    pub(crate) headers: BTreeMap<String, String>,
    /// Empty list of cookies, which some readers require.
    pub(crate) cookies: [String; 0],
}

impl Head {
    pub(crate) fn of(head: &Parts) -> Head {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &head.headers {
            let text = String::from_utf8_lossy(value.as_bytes());
            let joined = headers.entry(name.as_str().to_owned()).or_default();
            if !joined.is_empty() {
                joined.push_str(", ");
            }
            joined.push_str(&text);
        }
        Head { status_code: head.status.as_u16(), headers, cookies: [] }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "a number and strings under string keys always have a JSON form")]
        serde_json::to_vec(self).expect("a head has a JSON form")
    }
}
