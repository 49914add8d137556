use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::error::QueryError;
use super::limits::{MAX_PARAMETERS, MAX_QUERY_BYTES};

/// A key as the device spelled it, and its value; both decoded, the value not yet lower-cased.
pub(super) struct Parameter {
    pub(super) spelled: String,
    pub(super) value: Vec<u8>,
}

impl Parameter {
    /// The value as lower-cased text. What is not UTF-8 has a sign in it that no word takes.
    pub(super) fn lower(&self) -> String {
        self.text().to_ascii_lowercase()
    }

    /// The value as text, likewise.
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }
}

/// Splits and decodes a query string. By lower-cased key; the first of two wins, and an empty value is none.
pub(super) fn parameters(raw: &str) -> Result<BTreeMap<String, Parameter>, QueryError> {
    if raw.len() > MAX_QUERY_BYTES {
        return Err(QueryError::query_too_long());
    }
    let mut found = BTreeMap::new();
    for (index, pair) in raw.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if index == MAX_PARAMETERS {
            return Err(QueryError::bad("query", format_args!("it takes {MAX_PARAMETERS} parameters at most")));
        }
        let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.is_empty()) else { continue };
        // Every key with a meaning is ASCII.
        let Ok(spelled) = String::from_utf8(decode(key)) else { continue };
        found.entry(spelled.to_ascii_lowercase()).or_insert_with(|| Parameter { spelled, value: decode(value) });
    }
    Ok(found)
}

/// Percent-decoding; a `%` without two hexadecimal digits stays, and no word takes it.
fn decode(text: &str) -> Vec<u8> {
    percent_decode_str(&text.replace('+', " ")).collect()
}
