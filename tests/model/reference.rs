//! The decision's rules as DESIGN's section 3 says them, as dumb as possible: flat lists, linear scans, nothing shared
//! with the resolver. Slow and obvious is the point.

use super::draw::{Catalog, Question, Row, Shipped};

/// What becomes of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) component: String,
    pub(crate) status: u16,
    pub(crate) delivered: Option<String>,
    pub(crate) target: String,
}

/// The answer to a question, in the order of the components' lower-cased names; `None` if it is refused.
pub(crate) fn answer(catalog: &Catalog, question: &Question) -> Option<Vec<Part>> {
    let pairs = pairs(&question.query)?;
    let attributes = attributes(&pairs);
    if refused(&pairs) {
        return None;
    }
    let mut names: Vec<&str> = catalog.rows.iter().map(|row| row.component.as_str()).collect();
    names.sort_by_key(|name| lower(name));
    names.dedup();
    let selected = names.into_iter().filter_map(|name| selected(catalog, &pairs, &attributes, name));
    Some(selected.map(|row| part(catalog, &pairs, question, row)).collect())
}

/// The row that this component is wanted on: the first there is of its own name's channel, `cpuArch`'s, and those of
/// the attributes in canonical order that want it.
fn selected<'a>(
    catalog: &'a Catalog,
    pairs: &[(String, String)],
    attributes: &[(String, String)],
    name: &str,
) -> Option<&'a Row> {
    let row = |channel: &str| catalog.rows.iter().find(|row| row.component == name && row.channel == channel);
    if let Some(channel) = value(pairs, &lower(name))
        && let Some(row) = row(&lower(channel))
    {
        return Some(row);
    }
    if os_component(pairs) == Some(lower(name))
        && let Some(row) = row(&lower(value(pairs, "os").unwrap_or("prod")))
    {
        return Some(row);
    }
    for (attribute, channel) in attributes {
        for row in &catalog.rows {
            if row.component == name && row.channel == *channel && row.attributes.contains(attribute) {
                return Some(row);
            }
        }
    }
    None
}

/// Installed is what `installed=` says, else the release whose digest is there. The target: 304 if it is installed,
/// 404 if nothing like it is published, else 200.
fn part(catalog: &Catalog, pairs: &[(String, String)], question: &Question, row: &Row) -> Part {
    let mut releases = catalog.releases.iter().filter(|release| release.component == row.component);
    let target: Option<&Shipped> = releases.find(|release| release.version == row.target);
    let (status, delivered) = match target {
        None => (404, None),
        Some(target) => {
            let have = match said(pairs, &lower(&row.component)) {
                Some(version) => version == target.version,
                None => digests(pairs, question).contains(&target.md5),
            };
            if have { (304, None) } else { (200, Some(target.version.clone())) }
        }
    };
    Part { component: row.component.clone(), status, delivered, target: row.target.clone() }
}

/// Whether a question is refused. Only what [`super::draw`] can draw is looked for.
fn refused(pairs: &[(String, String)]) -> bool {
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
fn said(pairs: &[(String, String)], component: &str) -> Option<String> {
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
fn digests(pairs: &[(String, String)], question: &Question) -> Vec<String> {
    let both = [value(pairs, "have").unwrap_or_default(), question.header.as_deref().unwrap_or_default()].join(",");
    both.split(',').map(bare).collect()
}

fn bare(tag: &str) -> String {
    lower(tag).trim().trim_start_matches("w/").trim_matches('"').to_owned()
}

fn entries(installed: &str) -> Vec<&str> {
    installed.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

/// Names and channels, in the order of the names.
fn attributes(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let mut attributes: Vec<(String, String)> = pairs
        .iter()
        .filter(|(key, _)| key.starts_with("attr"))
        .map(|(key, channel)| (key["attr".len()..].to_owned(), lower(channel)))
        .collect();
    attributes.sort();
    attributes
}

fn os_component(pairs: &[(String, String)]) -> Option<String> {
    let arch = value(pairs, "cpuarch")?;
    (!arch.is_empty()).then(|| format!("os_{}", lower(arch)))
}

/// Whether a component can be called so.
fn is_component(key: &str) -> bool {
    let ours = ["cpuarch", "os", "installed", "have", "device", "cohort", "ring", "delta", "payloadtype"];
    let fits = !key.contains(' ') && !key.contains('.') && !key.starts_with('_') && !key.is_empty();
    fits && !ours.contains(&key) && !key.starts_with("attr")
}

fn value<'a>(pairs: &'a [(String, String)], key: &str) -> Option<&'a str> {
    pairs.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str())
}

/// Keys, lower-cased, and values, as they are; `None` if something cannot be decoded.
fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let mut pairs: Vec<(String, String)> = Vec::new();
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

fn decoded(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next()?.replace('+', " ").into_bytes();
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend(piece[2..].replace('+', " ").into_bytes());
    }
    String::from_utf8(bytes).ok()
}

fn lower(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_uppercase() { (c as u8 + 32) as char } else { c }).collect()
}
