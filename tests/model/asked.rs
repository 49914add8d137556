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
        let value = decoded(pair[equals..].trim_start_matches('='))?;
        // The first of two wins.
        if !pairs.iter().any(|(other, _)| *other == key) {
            pairs.push((key, value));
        }
    }
    Some(pairs)
}

/// The value of a key.
pub(crate) fn value<'a>(pairs: &'a Pairs, key: &str) -> Option<&'a str> {
    pairs.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str())
}

/// Whether a question is refused. Only what [`crate::ask`] can draw is looked for.
pub(crate) fn refused(pairs: &Pairs) -> bool {
    let given = |key: &str| value(pairs, key).unwrap_or_default();
    let named = pairs.iter().any(|(key, _)| is_component(key));
    let empty = pairs.iter().any(|(key, value)| {
        let takes_a_word = key == "os" || key.starts_with("attr") || key.contains('.') || is_component(key);
        value.is_empty() && takes_a_word
    });
    let bad_digest = given("have").split(',').map(bare).any(|digest| !digest.is_empty() && digest.len() != 32);
    let bad_installed = entries(given("installed"))
        .iter()
        .any(|entry| !entry.contains('@') || (lower(entry).starts_with("os@") && os_component(pairs).is_none()));
    let nothing_asked = os_component(pairs).is_none() && !named;
    let no_name = pairs.iter().any(|(key, _)| key == "attr" || key.is_empty());
    empty || bad_digest || bad_installed || nothing_asked || no_name
}

/// The version that `installed=` names for a component; the first of two.
pub(crate) fn said(pairs: &Pairs, component: &str) -> Option<String> {
    for entry in entries(value(pairs, "installed")?) {
        let (name, version) = entry.split_once('@')?;
        let os = lower(name) == "os" && os_component(pairs).as_deref() == Some(component);
        if os || lower(name) == component {
            return Some(version.to_owned());
        }
    }
    None
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
