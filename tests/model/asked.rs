//! What a question says, read in the most obvious way.

use crate::ask::Question;

/// A question's keys, lower-cased, and values, as they are; of two the first.
pub(crate) type Pairs = Vec<(String, String)>;

/// Keys, lower-cased, and values, as they are; `None` if something cannot be decoded.
pub(crate) fn pairs(query: &str) -> Option<Pairs> {
    let mut pairs = Pairs::new();
    for pair in query.split('&') {
        if pair.is_empty() {
            continue;
        }
        let equals = pair.find('=').unwrap_or(pair.len());
        let key = lower(&decoded(&pair[..equals])?);
        let Some(value) = decoded(pair[equals..].trim_start_matches('=')) else { continue };
        // The first of two wins, and what is empty is none.
        if !value.is_empty() && !pairs.iter().any(|(other, _)| *other == key) {
            pairs.push((key, value));
        }
    }
    Some(pairs)
}

/// The value of a key.
pub(crate) fn value<'a>(pairs: &'a Pairs, key: &str) -> Option<&'a str> {
    pairs.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str())
}

/// Whether a question is refused, where the catalog has these components. Only what [`crate::ask`] can draw is looked for.
pub(crate) fn refused(pairs: &Pairs, components: &[&str]) -> bool {
    let given = |key: &str| value(pairs, key).unwrap_or_default();
    let named = pairs.iter().any(|(key, value)| is_component(key) && is_channel(value));
    let bad_digest = given("have").split(',').map(bare).any(|digest| !digest.is_empty() && digest.len() != 32);
    let bad_word = given("ring") == "late" || given("cohort") == "x" || given("payloadtype") == "zip";
    let bad_channel = components.iter().any(|name| value(pairs, &lower(name)).is_some_and(|value| !is_channel(value)));
    let nothing_asked = os_component(pairs).is_none() && !named;
    bad_digest || bad_word || bad_channel || nothing_asked
}

/// The version that `installed=` names for a component; the first of two.
pub(crate) fn said(pairs: &Pairs, component: &str) -> Option<String> {
    for entry in entries(value(pairs, "installed")?) {
        let Some((name, version)) = entry.split_once('@').filter(|(_, version)| !version.is_empty()) else { continue };
        let os = lower(name) == "os" && os_component(pairs).as_deref() == Some(component);
        if os || lower(name) == component {
            return Some(version.to_owned());
        }
    }
    None
}

/// The components that are asked for outright, or by `cpuArch`.
pub(crate) fn named(pairs: &Pairs) -> Vec<String> {
    let names = pairs.iter().filter(|(key, value)| is_component(key) && is_channel(value)).map(|(key, _)| key.clone());
    let mut all: Vec<String> = names.chain(os_component(pairs)).collect();
    all.sort();
    all.dedup();
    all
}

/// The digests of `have` and of `If-None-Match`, bare and lower-cased, and whatever else is there.
pub(crate) fn digests(pairs: &Pairs, question: &Question) -> Vec<String> {
    let both = [value(pairs, "have").unwrap_or_default(), question.header.as_deref().unwrap_or_default()].join(",");
    both.split(',').map(bare).collect()
}

/// Names and channels, in the order of the names.
pub(crate) fn attributes(pairs: &Pairs) -> Vec<(String, String)> {
    let mut attributes: Vec<(String, String)> = pairs
        .iter()
        .filter(|(key, _)| key.starts_with("attr"))
        .map(|(key, channel)| (key["attr".len()..].to_owned(), lower(channel)))
        .collect();
    attributes.sort();
    attributes
}

/// Names and values, in lower case. A key with a dot is a fact.
pub(crate) fn facts(pairs: &Pairs) -> Vec<(String, String)> {
    pairs.iter().filter(|(key, _)| key.contains('.')).map(|(key, value)| (key.clone(), lower(value))).collect()
}

/// The component that `cpuArch` stands for.
pub(crate) fn os_component(pairs: &Pairs) -> Option<String> {
    let arch = value(pairs, "cpuarch")?;
    (!arch.is_empty()).then(|| format!("os_{}", lower(arch)))
}

pub(crate) fn lower(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_uppercase() { (c as u8 + 32) as char } else { c }).collect()
}

/// Whether a component can be called so.
fn is_component(key: &str) -> bool {
    let ours = ["cpuarch", "os", "installed", "have", "device", "cohort", "ring", "delta", "payloadtype"];
    let fits = !key.contains(' ') && !key.contains('.') && !key.starts_with('_') && !key.is_empty();
    fits && !ours.contains(&key) && !key.starts_with("attr")
}

fn is_channel(value: &str) -> bool {
    !value.contains([' ', '='])
}

fn bare(tag: &str) -> String {
    lower(tag).trim().trim_start_matches("w/").trim_matches('"').to_owned()
}

fn entries(installed: &str) -> Vec<&str> {
    installed.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next()?.replace('+', " ").into_bytes();
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend(piece[2..].replace('+', " ").into_bytes());
    }
    String::from_utf8(bytes).ok()
}
