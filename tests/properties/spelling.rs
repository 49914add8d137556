//! One question in many spellings.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::ask::spell;

/// A parameter that can be spelled in more than one way.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    key: String,
    value: Vec<Piece>,
}

/// A stretch of a value.
#[derive(Debug, Clone)]
enum Piece {
    /// Letters whose case does not matter.
    Word(String),
    /// A version: case counts.
    Version(String),
    /// What separates.
    Sign(&'static str),
}

/// Parameters of which no two have the same key; a few of them are refused.
pub(crate) fn parameters() -> impl Strategy<Value = Vec<Parameter>> {
    let arch = option::weighted(0.8, "[a-z0-9_-]{1,8}".prop_map(word));
    let rest = btree_map(key(), "[a-z0-9._-]{1,8}".prop_map(word), 0..6);
    let device = option::of("[g-z]{10,20}".prop_map(word));
    let reserved = (option::of(installed()), option::of(have()), device, words());
    (arch, rest, reserved).prop_map(|(arch, mut all, (installed, have, device, words))| {
        all.extend(words);
        let mut put = |key: &str, value: Option<Vec<Piece>>| value.map(|value| all.insert(key.to_owned(), value));
        put("cpuarch", arch);
        put("installed", installed);
        put("have", have);
        put("device", device);
        all.into_iter().map(|(key, value)| Parameter { key, value }).collect()
    })
}

/// The parameters as a query; `case` and `escapes` choose the spelling.
pub(crate) fn query(parameters: &[Parameter], case: u32, escapes: u32) -> String {
    let spelled = parameters.iter().enumerate().map(|(at, parameter)| {
        let (case, escapes) = (case.rotate_left(5 * at as u32), escapes.rotate_left(7 * at as u32));
        let value: String = parameter.value.iter().map(|piece| piece.spelled(case, escapes)).collect();
        format!("{}={value}", spell(&parameter.key, case, escapes).replace(' ', "+"))
    });
    spelled.collect::<Vec<_>>().join("&")
}

/// The value of `device`, if there is one.
pub(crate) fn device(parameters: &[Parameter]) -> Option<&str> {
    let device = parameters.iter().find(|parameter| parameter.key == "device")?;
    match &device.value[..] {
        [Piece::Word(name)] => Some(name),
        _ => None,
    }
}

impl Piece {
    fn spelled(&self, case: u32, escapes: u32) -> String {
        match self {
            Piece::Word(word) => spell(word, case, escapes),
            Piece::Version(version) => spell(version, 0, escapes).replace('+', "%2B"),
            Piece::Sign(sign) => (*sign).to_owned(),
        }
    }
}

fn word(text: String) -> Vec<Piece> {
    vec![Piece::Word(text)]
}

/// Components, attributes, facts, and what nothing can be called.
fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9][a-z0-9_-]{0,7}", "attr[a-z0-9._-]{1,6}", "[a-z]{1,4}\\.[a-z._-]{1,4}", "[a-z_ ]{1,6}"]
}

/// Reserved keys that take one of a few words.
fn words() -> impl Strategy<Value = BTreeMap<String, Vec<Piece>>> {
    let one = select(
        &[
            ("os", "prod"),
            ("os", "beta"),
            ("ring", "canary"),
            ("ring", "general"),
            ("ring", "late"),
            ("delta", "zstd"),
            ("cohort", "2"),
            ("payloadtype", "metadataonly"),
            ("payloadtype", "fullpayload"),
        ][..],
    );
    vec(one, 0..4).prop_map(|all| all.into_iter().map(|(key, value)| (key.into(), word(value.into()))).collect())
}

fn installed() -> impl Strategy<Value = Vec<Piece>> {
    let name = prop_oneof![4 => "[a-z0-9][a-z0-9_-]{0,3}", 1 => Just("os".to_owned())];
    vec((name, "[A-Za-z0-9][A-Za-z0-9._+~:-]{0,6}"), 0..5).prop_map(|entries| {
        let entry = |(name, version)| [Piece::Word(name), Piece::Sign("@"), Piece::Version(version), Piece::Sign(",")];
        entries.into_iter().flat_map(entry).collect()
    })
}

fn have() -> impl Strategy<Value = Vec<Piece>> {
    let dress = select(&[("", ","), ("\"", "\","), ("%22", "%22, "), ("W/\"", "\" ,+")][..]);
    vec(("[0-9a-f]{32}", dress), 0..4).prop_map(|digests| {
        let digest = |(digest, (before, after))| [Piece::Sign(before), Piece::Word(digest), Piece::Sign(after)];
        digests.into_iter().flat_map(digest).collect()
    })
}
