//! Random questions, in the words that catalogs are drawn from.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::draw::{CHANNELS, COMPONENTS, DIGESTS};
use crate::facts::FACTS;
use crate::versions::spellings;

/// A raw query and the `If-None-Match` beside it.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) query: String,
    pub(crate) header: Option<String>,
}

/// A question; about one in six is refused.
pub(crate) fn question() -> impl Strategy<Value = Question> {
    prop_oneof![any_words(), pointed()]
}

/// Parameters of every kind, in every spelling, whether or not they belong together.
fn any_words() -> impl Strategy<Value = Question> {
    let arch = option::weighted(0.7, pair(Just("cpuArch"), select(&["armv8", "armv7"][..])));
    let parameters = vec(parameter(), 0..8);
    (parameters, arch, any::<bool>(), header()).prop_map(|(mut all, arch, first, header)| {
        let at = if first { 0 } else { all.len() };
        arch.into_iter().for_each(|arch| all.insert(at, arch));
        Question { query: all.join("&"), header }
    })
}

/// What a device asks that names its components, what runs of most of them, rather something old, and its facts.
fn pointed() -> impl Strategy<Value = Question> {
    let runs = option::weighted(0.85, vec(any::<Index>(), 1..=3));
    let components = (subsequence(COMPONENTS, 2..=COMPONENTS.len()), vec((select(CHANNELS), runs), COMPONENTS.len()));
    let facts = FACTS.iter().map(|(name, values)| (Just(*name), option::weighted(0.8, select(*values))));
    let header = option::weighted(0.2, digests());
    (components, facts.collect::<Vec<_>>(), header).prop_map(|((names, states), facts, header)| {
        let (spellings, mut parameters, mut installed) = (spellings(), Vec::new(), Vec::new());
        for (name, (channel, runs)) in names.into_iter().zip(states) {
            parameters.push(format!("{name}={channel}"));
            let oldest = runs.iter().flatten().map(|at| at.index(spellings.len())).min();
            installed.extend(oldest.map(|at| format!("{name}@{}", spellings[at].replace('+', "%2B"))));
        }
        parameters.extend(facts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))));
        parameters.push(format!("installed={}", installed.join(",")));
        Question { query: parameters.join("&"), header }
    })
}

fn parameter() -> impl Strategy<Value = String> {
    // `nightly` is a channel that nothing is on.
    let channel = || prop_oneof![5 => select(CHANNELS), 1 => Just("nightly")];
    let attribute = (select(&["attrGamer", "attrCamera", "attrCellular", "attrNosuch"][..]), channel());
    let component = (prop_oneof![6 => select(COMPONENTS), 1 => Just("nosuch")], channel());
    let state = select(&["ring=early", "cohort=2", "device=SN-0047", "payloadType=metadataOnly"][..]);
    let ignored = select(
        &[
            "x+y=1",
            "_x=prod",
            "attr%20=beta",
            "",
            "hw.colour=red",
            "HW.=4",
            "attr=prod",
            "attrGamer=",
            "modemFW",
            "os=",
            "hw.rev=",
            "installed=os",
            "=1",
            "ring=",
            "token=aGVsbG8%3D",
            "delta=bsdiff",
            "attrNosuch=%zz",
            "installed=a@",
        ][..],
    );
    let refused = select(&["have=1", "ring=late", "cohort=x", "payloadType=zip", "modemFW=pro+d"][..]);
    prop_oneof![
        12 => pair(attribute.0, attribute.1),
        12 => pair(component.0, component.1),
        4 => pair(Just("os"), channel()),
        1 => pair(Just("cpuArch"), select(&["mips", ""][..])),
        16 => installed(),
        8 => digests().prop_map(|list| format!("have={list}")),
        14 => fact(),
        2 => state.prop_map(Into::into),
        2 => Just("delta=zstd".into()),
        3 => ignored.prop_map(Into::into),
        2 => refused.prop_map(Into::into),
    ]
}

fn installed() -> impl Strategy<Value = String> {
    let name = prop_oneof![8 => select(COMPONENTS), 5 => Just("os"), 1 => Just("nosuch")];
    let entry = (name, any::<u32>(), select(spellings()), escapes()).prop_map(|(name, case, version, escapes)| {
        format!("{}@{}", spell(name, case, 0), spell(version, 0, escapes).replace('+', "%2B"))
    });
    vec(entry, 0..5).prop_map(|entries| format!("installed={}", entries.join(",")))
}

fn fact() -> impl Strategy<Value = String> {
    let of = |(name, values): &(&'static str, &'static [&'static str])| pair(Just(*name), select(*values)).boxed();
    proptest::strategy::Union::new(FACTS.iter().map(of))
}

fn digests() -> impl Strategy<Value = String> {
    let digest = (select(DIGESTS), 0..4u8).prop_map(|(digest, dress)| match dress {
        0 => digest.to_owned(),
        1 => digest.to_uppercase(),
        2 => format!("\"{digest}\""),
        _ => format!(" W/\"{}\" ", digest.to_uppercase()),
    });
    vec(digest, 1..3).prop_map(|digests| digests.join(","))
}

fn header() -> impl Strategy<Value = Option<String>> {
    let other = prop_oneof![4 => Just(""), 1 => Just(",\"p-77\""), 1 => Just(",*"), 1 => Just(",junk")];
    option::weighted(0.3, (digests(), other).prop_map(|(digests, other)| digests + other))
}

/// A key and a value in some spelling.
fn pair(
    key: impl Strategy<Value = &'static str>,
    value: impl Strategy<Value = &'static str>,
) -> impl Strategy<Value = String> {
    (key, value, any::<u32>(), escapes())
        .prop_map(|(key, value, case, escapes)| [spell(key, case, escapes), spell(value, !case, escapes)].join("="))
}

/// Mostly nothing is escaped.
fn escapes() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(0), 1 => any::<u32>()]
}

/// Spells a word otherwise: each bit of `case` turns a letter, each of `escapes` escapes a byte.
pub(crate) fn spell(word: &str, case: u32, escapes: u32) -> String {
    let mut spelled = String::new();
    for (at, c) in word.chars().enumerate() {
        let turned = case >> (at % 32) & 1 == 1;
        let c = match turned {
            true if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
            true => c.to_ascii_lowercase(),
            false => c,
        };
        match (escapes >> (at % 32) & 1, turned) {
            (0, _) => spelled.push(c),
            (_, true) => spelled += &format!("%{:02x}", u32::from(c)),
            (_, false) => spelled += &format!("%{:02X}", u32::from(c)),
        }
    }
    spelled
}
