use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::error::QueryError;
use super::limits::{MAX_KEY_BYTES, MAX_PARAMETERS, MAX_QUERY_BYTES};

/// A key as the device spelled it, and its value; both decoded, the value not yet lower-cased.
pub(super) struct Parameter<'a> {
    pub(super) spelled: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
}

/// Splits and decodes a query string. By lower-cased key; the first of two wins.
pub(super) fn parameters(raw: &str) -> Result<BTreeMap<String, Parameter<'_>>, QueryError> {
    if raw.len() > MAX_QUERY_BYTES {
        return Err(QueryError::query_too_long());
    }
    let mut found = BTreeMap::new();
    let pairs = raw.split('&').filter(|pair| !pair.is_empty());
    for (index, pair) in pairs.enumerate() {
        if index == MAX_PARAMETERS {
            return Err(QueryError::bad("query", format_args!("it takes {MAX_PARAMETERS} parameters at most")));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let spelled = decode(key, format_args!("parameter {}", index + 1))?;
        check_key(&spelled)?;
        let value = decode(value, &spelled)?;
        found.entry(spelled.to_ascii_lowercase()).or_insert(Parameter { spelled, value });
    }
    Ok(found)
}

/// A space is let through: devices of the sample may send one, and no name holds one, so the key is left out later.
fn check_key(key: &str) -> Result<(), QueryError> {
    let fits = (1..=MAX_KEY_BYTES).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._- ".contains(&b));
    if fits {
        return Ok(());
    }
    let name = if key.is_empty() { "(empty key)" } else { key };
    Err(QueryError::bad(name, format_args!("a key takes 1 to {MAX_KEY_BYTES} letters, digits and . _ -")))
}

/// Percent-decoding that refuses what `percent_encoding` would let stand: a `%` without two hexadecimal digits.
fn decode<'a>(text: &'a str, input: impl std::fmt::Display) -> Result<Cow<'a, str>, QueryError> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let broken = bytes.iter().enumerate().any(|(at, b)| {
        *b == b'%' && !bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    });
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(utf8) if !broken => Ok(Cow::Owned(utf8.into_owned())),
        _ => Err(QueryError::bad(&input.to_string(), "it takes UTF-8, and two hexadecimal digits after a %")),
    }
}
