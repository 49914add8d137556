use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;

use super::cohort::{Cohort, Ladder};
use super::entity_tag::{EntityTag, Listed, listed, trim};
use super::error::QueryError;
use super::limits::{MAX_IF_NONE_MATCH_BYTES, MAX_PARAMETERS, MAX_QUERY_BYTES, MAX_VALUE_BYTES};
use super::{DEFAULT_CHANNEL, ParsedQuery, Payload, Query, Ring};
use crate::words::{ATTRIBUTE_PREFIX, ChannelName, ComponentKey, FactValue, Md5, Version};

impl Query {
    /// Parses a raw query string (the text after `?`) and the `If-None-Match` of its request.
    ///
    /// Errors name the key or header, the fault and the values that it takes.
    pub fn parse(raw: &str, if_none_match: Option<&[u8]>, ladder: &Ladder) -> Result<ParsedQuery, QueryError> {
        let mut given = parameters(raw)?;
        let mut take = |key: &str| given.remove(key);
        let (arch, os) = (take("cpuarch"), take("os"));
        let (installed, have) = (take("installed"), take("have"));
        let (device, cohort) = (take("device"), take("cohort"));
        let (ring, delta, payload) = (take("ring"), take("delta"), take("payloadtype"));

        let mut query = Query::default();
        for (key, parameter) in given {
            query.add(&key, &parameter);
        }
        query.os = read_os(arch, os)?;
        if query.os.is_none() && query.components.is_empty() && query.unreadable.components.is_empty() {
            return Err(QueryError::nothing_asked());
        }
        query.payload = payload.map_or(Ok(Payload::default()), |given| read_payload(&given))?;
        query.installed = installed.map(|given| query.read_installed(&given)).unwrap_or_default();
        query.cohort = read_cohort(cohort, device, ladder)?;
        query.ring = ring.map_or(Ok(Ring::default()), |given| read_ring(&given))?;
        query.have = have.map_or(Ok(BTreeSet::new()), |given| read_have(&given))?;
        let tags = query.take_tags(if_none_match)?;
        query.delta = delta.is_some_and(|given| reads_delta(&given)) && query.tells_state();
        Ok(ParsedQuery { query, tags })
    }

    /// Adds a parameter that is not a reserved one: an attribute, a fact or a component. Any other is ignored.
    fn add(&mut self, key: &str, parameter: &Parameter) {
        let channel: Option<ChannelName> = parameter.lower().try_into().ok();
        if let Some(name) = key.strip_prefix(ATTRIBUTE_PREFIX) {
            let Ok(name) = name.parse() else { return };
            match channel {
                Some(channel) => _ = self.attributes.insert(name, channel),
                None => _ = self.unreadable.attributes.insert(name),
            }
        } else if let Ok(fact) = key.parse() {
            self.facts.insert(fact, FactValue::reported(&parameter.value));
        } else if let Ok(component) = key.parse() {
            match channel {
                Some(channel) => _ = self.components.insert(component, channel),
                None => _ = self.unreadable.components.insert(component),
            }
        }
    }

    /// Reads the versions that a device reports to run. Unreadable entries are ignored.
    fn read_installed(&self, given: &Parameter) -> BTreeMap<ComponentKey, Version> {
        let text = given.text();
        let mut installed = BTreeMap::new();
        let read = |entry: &str| {
            let (name, version) = entry.split_once('@')?;
            let name = match name.to_ascii_lowercase() {
                os if os == "os" => self.os_component()?.0,
                name => name.parse().ok()?,
            };
            // Versions have no spaces, so a space was an unescaped plus.
            Some((name, version.replace(' ', "+").parse().ok()?))
        };
        for (name, version) in text.split(',').map(trim).filter_map(read) {
            installed.entry(name).or_insert(version);
        }
        installed
    }

    /// Moves the digests of `If-None-Match` to `have`; returns the tags that stay.
    fn take_tags(&mut self, header: Option<&[u8]>) -> Result<Vec<EntityTag>, QueryError> {
        let header = header.unwrap_or_default();
        if header.len() > MAX_IF_NONE_MATCH_BYTES {
            return Err(QueryError::header_too_long());
        }
        let mut tags = Vec::new();
        for member in listed(&String::from_utf8_lossy(header)) {
            match member {
                Listed::Digest(digest) => _ = self.have.insert(digest),
                Listed::Tag(tag) => tags.push(tag),
                // An invalid tag matches nothing, and is no error (RFC 9110 section 13.1.2 has none).
                Listed::Other(_) => {}
            }
        }
        Ok(tags)
    }
}

fn read_os(arch: Option<Parameter>, os: Option<Parameter>) -> Result<Option<(String, ChannelName)>, QueryError> {
    let takes = format_args!("it takes 1 to {MAX_VALUE_BYTES} letters, digits and . _ -");
    let (spelled, channel) = match &os {
        Some(given) => (given.spelled.as_str(), given.lower()),
        None => ("os", DEFAULT_CHANNEL.to_owned()),
    };
    let channel = channel.try_into().map_err(|_| QueryError::bad(spelled, takes))?;
    let Some(arch) = arch else { return Ok(None) };
    let name = arch.lower();
    if ComponentKey::os_of(&name).is_none() {
        return Err(QueryError::bad(&arch.spelled, "it takes 1 to 45 letters, digits, _ and -"));
    }
    Ok(Some((name, channel)))
}

fn read_payload(given: &Parameter) -> Result<Payload, QueryError> {
    match given.lower().as_str() {
        "fullpayload" => Ok(Payload::Full),
        "metadataonly" => Ok(Payload::MetadataOnly),
        _ => Err(QueryError::payload_type()),
    }
}

fn read_ring(given: &Parameter) -> Result<Ring, QueryError> {
    Ok(match given.lower().as_str() {
        "canary" => Ring::Canary,
        "early" => Ring::Early,
        "general" => Ring::General,
        "hold" => Ring::Hold,
        _ => return Err(QueryError::bad(&given.spelled, "it takes canary, early, general or hold")),
    })
}

/// Returns true if the device can apply zstd patches. Newer devices may name other formats, which are ignored.
fn reads_delta(given: &Parameter) -> bool {
    given.lower().split(',').any(|format| trim(format) == "zstd")
}

/// Reads the cohort that is given, or else computes it from `device`, which is not kept.
fn read_cohort(
    cohort: Option<Parameter>,
    device: Option<Parameter>,
    ladder: &Ladder,
) -> Result<Option<Cohort>, QueryError> {
    let Some(given) = cohort else { return Ok(device.map(|device| ladder.cohort_of(&device.value))) };
    let value = given.text();
    let digits = (1..=3).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    let index = if digits { value.parse().ok() } else { None };
    let index = index.ok_or_else(|| QueryError::bad(&given.spelled, "it takes a number from 0 to 999"))?;
    Ok(Some(ladder.clamp(index)))
}

fn read_have(given: &Parameter) -> Result<BTreeSet<Md5>, QueryError> {
    listed(&given.text())
        .map(|member| match member {
            Listed::Digest(digest) => Ok(digest),
            _ => Err(QueryError::bad(&given.spelled, "it takes MD5 digests of 32 hexadecimal digits, with commas")),
        })
        .collect()
}

/// A parameter's key and value as the device spelled them, but percent-decoded.
struct Parameter {
    spelled: String,
    value: Vec<u8>,
}

impl Parameter {
    /// Returns the value as lower-cased text. Invalid UTF-8 becomes a character that no name allows.
    fn lower(&self) -> String {
        self.text().to_ascii_lowercase()
    }

    /// Returns the value as text. Invalid UTF-8 becomes a character that no name allows.
    fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }
}

/// Splits and decodes a query string. Parameters are keyed by lower-cased key; of equal keys the first wins, and empty
/// values count as absent.
fn parameters(raw: &str) -> Result<BTreeMap<String, Parameter>, QueryError> {
    if raw.len() > MAX_QUERY_BYTES {
        return Err(QueryError::query_too_long());
    }
    let mut found = BTreeMap::new();
    for (index, pair) in raw.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if index == MAX_PARAMETERS {
            return Err(QueryError::bad("query", format_args!("it takes {MAX_PARAMETERS} parameters at most")));
        }
        let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.is_empty()) else { continue };
        // All valid keys are ASCII.
        let Ok(spelled) = String::from_utf8(decode(key)) else { continue };
        found.entry(spelled.to_ascii_lowercase()).or_insert_with(|| Parameter { spelled, value: decode(value) });
    }
    Ok(found)
}

/// Percent-decodes text; a `%` without two hexadecimal digits stays, and no name allows it.
fn decode(text: &str) -> Vec<u8> {
    percent_decode_str(&text.replace('+', " ")).collect()
}
