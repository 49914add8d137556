use std::collections::{BTreeMap, BTreeSet};

use super::cohort::{Cohort, Ladder};
use super::entity_tag::{EntityTag, Listed, listed, trim};
use super::error::QueryError;
use super::limits::{MAX_DEVICE_BYTES, MAX_DIGESTS, MAX_IF_NONE_MATCH_BYTES, MAX_INSTALLED, MAX_VALUE_BYTES};
use super::parameters::{Parameter, parameters};
use super::{Asked, DEFAULT_CHANNEL, Payload, Query, Ring};
use crate::words::{ChannelName, ComponentKey, InvalidName, Md5, Version};

impl Query {
    /// Understands a raw query string (what follows the `?`) and the `If-None-Match` beside it.
    ///
    /// Errors name the key or header, what is wrong with it and what it takes.
    pub fn parse(raw: &str, if_none_match: Option<&[u8]>, ladder: &Ladder) -> Result<Asked, QueryError> {
        let mut given = parameters(raw)?;
        let mut take = |key: &str| given.remove(key);
        let (arch, os) = (take("cpuarch"), take("os"));
        let (installed, have) = (take("installed"), take("have"));
        let (device, cohort) = (take("device"), take("cohort"));
        let (ring, delta, payload) = (take("ring"), take("delta"), take("payloadtype"));

        let mut query = Query::default();
        for (key, parameter) in given {
            query.add(&key, &parameter)?;
        }
        query.os = read_os(arch, os)?;
        if query.os.is_none() && query.components.is_empty() {
            return Err(QueryError::nothing_asked());
        }
        query.payload = payload.map_or(Ok(Payload::default()), |given| read_payload(&given))?;
        query.installed = installed.map_or(Ok(BTreeMap::new()), |given| query.read_installed(&given))?;
        query.cohort = read_cohort(cohort, device, ladder)?;
        query.ring = ring.map_or(Ok(Ring::default()), |given| read_ring(&given))?;
        query.have = have.map_or(Ok(BTreeSet::new()), |given| read_have(&given))?;
        let tags = query.take_tags(if_none_match)?;
        query.delta = read_delta(delta)? && query.tells_state();
        Ok(Asked { query, tags })
    }

    /// Files a parameter that is not a reserved one: an attribute, a fact or a component.
    fn add(&mut self, key: &str, parameter: &Parameter<'_>) -> Result<(), QueryError> {
        let value: ChannelName = word(parameter)?;
        if let Some(name) = key.strip_prefix(crate::words::ATTRIBUTE_PREFIX) {
            if name.is_empty() {
                return Err(QueryError::bad(&parameter.spelled, "an attribute takes a name: attr<Name>=<channel>"));
            }
            if let Ok(name) = name.parse() {
                self.attributes.insert(name, value);
            }
        } else if let Ok(fact) = key.parse() {
            self.facts.insert(fact, word(parameter)?);
        } else if let Ok(component) = key.parse() {
            self.components.insert(component, value);
        }
        Ok(())
    }

    fn read_installed(&self, given: &Parameter<'_>) -> Result<BTreeMap<ComponentKey, Version>, QueryError> {
        let mut installed = BTreeMap::new();
        let entries = given.value.split(',').map(trim).filter(|entry| !entry.is_empty());
        for (number, entry) in (1..).zip(entries) {
            let read = || {
                let (name, version) = entry.split_once('@')?;
                let name = match name.to_ascii_lowercase() {
                    os if os == "os" => self.os_component()?.0,
                    name => name.parse().ok()?,
                };
                Some((name, version.parse().ok()?))
            };
            let (name, version): (ComponentKey, Version) = read().ok_or_else(|| {
                // What stands there is not repeated: it may be somebody's name.
                let takes = "is not <component>@<version>; os takes a cpuArch, a + is written %2B";
                QueryError::bad(&given.spelled, format_args!("entry {number} {takes}"))
            })?;
            installed.entry(name).or_insert(version);
        }
        if installed.len() > MAX_INSTALLED {
            return Err(QueryError::bad(&given.spelled, format_args!("it takes {MAX_INSTALLED} components at most")));
        }
        Ok(installed)
    }

    /// Moves the digests of `If-None-Match` to `have`; returns the tags that stay.
    fn take_tags(&mut self, header: Option<&[u8]>) -> Result<Vec<EntityTag>, QueryError> {
        let header = header.unwrap_or_default();
        if header.len() > MAX_IF_NONE_MATCH_BYTES {
            return Err(QueryError::header_too_long());
        }
        let (mut tags, mut input) = (Vec::new(), "have");
        for member in listed(&String::from_utf8_lossy(header)) {
            match member {
                Listed::Digest(digest) => {
                    self.have.insert(digest);
                    input = "If-None-Match";
                }
                Listed::Tag(tag) => tags.push(tag),
                // What is no tag at all matches nothing, so it is not an error (RFC 9110 section 13.1.2 has none).
                Listed::Other(_) => {}
            }
        }
        if self.have.len() > MAX_DIGESTS {
            return Err(QueryError::bad(input, format_args!("it takes {MAX_DIGESTS} digests at most")));
        }
        Ok(tags)
    }
}

/// A value of one word, lower-cased: a channel's name, or what a fact is.
fn word<T: TryFrom<String, Error = InvalidName>>(given: &Parameter<'_>) -> Result<T, QueryError> {
    let takes = format_args!("it takes 1 to {MAX_VALUE_BYTES} letters, digits and . _ -");
    given.value.to_ascii_lowercase().try_into().map_err(|_| QueryError::bad(&given.spelled, takes))
}

fn read_os(
    arch: Option<Parameter<'_>>,
    os: Option<Parameter<'_>>,
) -> Result<Option<(String, ChannelName)>, QueryError> {
    let os = match os {
        Some(given) => word(&given)?,
        None => word(&Parameter { spelled: "os".into(), value: DEFAULT_CHANNEL.into() })?,
    };
    let Some(arch) = arch else { return Ok(None) };
    let name = arch.value.to_ascii_lowercase();
    if name.is_empty() {
        return Ok(None);
    }
    if ComponentKey::os_of(&name).is_none() {
        return Err(QueryError::bad(&arch.spelled, "it takes 1 to 45 letters, digits, _ and -"));
    }
    Ok(Some((name, os)))
}

fn read_payload(given: &Parameter<'_>) -> Result<Payload, QueryError> {
    match given.value.to_ascii_lowercase().as_str() {
        "fullpayload" => Ok(Payload::Full),
        "metadataonly" => Ok(Payload::MetadataOnly),
        _ => Err(QueryError::payload_type()),
    }
}

fn read_ring(given: &Parameter<'_>) -> Result<Ring, QueryError> {
    Ok(match given.value.to_ascii_lowercase().as_str() {
        "canary" => Ring::Canary,
        "early" => Ring::Early,
        "general" => Ring::General,
        "hold" => Ring::Hold,
        _ => return Err(QueryError::bad(&given.spelled, "it takes canary, early, general or hold")),
    })
}

fn read_delta(given: Option<Parameter<'_>>) -> Result<bool, QueryError> {
    match given {
        None => Ok(false),
        Some(given) if given.value.eq_ignore_ascii_case("zstd") => Ok(true),
        Some(given) => Err(QueryError::bad(&given.spelled, "it takes zstd")),
    }
}

/// The cohort given, else the one `device` hashes to. `device` is not kept.
fn read_cohort(
    cohort: Option<Parameter<'_>>,
    device: Option<Parameter<'_>>,
    ladder: &Ladder,
) -> Result<Option<Cohort>, QueryError> {
    let hashed = match device {
        Some(given) => {
            let fits = given.value.len() <= MAX_DEVICE_BYTES
                && given.value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:@+/=- ".contains(&b));
            if !fits {
                let takes = format_args!("it takes up to {MAX_DEVICE_BYTES} letters, digits and . _ : @ + / = -");
                return Err(QueryError::bad(&given.spelled, takes));
            }
            (!given.value.is_empty()).then(|| ladder.cohort_of(&given.value.to_ascii_lowercase()))
        }
        None => None,
    };
    let Some(given) = cohort else { return Ok(hashed) };
    let digits = (1..=3).contains(&given.value.len()) && given.value.bytes().all(|b| b.is_ascii_digit());
    let index = if digits { given.value.parse().ok() } else { None };
    let index = index.ok_or_else(|| QueryError::bad(&given.spelled, "it takes a number from 0 to 999"))?;
    Ok(Some(ladder.clamp(index)))
}

fn read_have(given: &Parameter<'_>) -> Result<BTreeSet<Md5>, QueryError> {
    listed(&given.value)
        .map(|member| match member {
            Listed::Digest(digest) => Ok(digest),
            _ => Err(QueryError::bad(&given.spelled, "it takes MD5 digests of 32 hexadecimal digits, with commas")),
        })
        .collect()
}
