//! Random catalogs and questions, drawn from so few words that they meet.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// What is published, as flat as it can be.
#[derive(Debug, Clone)]
pub(crate) struct Catalog {
    /// One for each component and channel.
    pub(crate) rows: Vec<Row>,
    /// One for each component and version.
    pub(crate) releases: Vec<Shipped>,
}

/// A channel of a component.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) component: String,
    pub(crate) channel: String,
    pub(crate) target: String,
    pub(crate) attributes: Vec<String>,
}

/// A release of a component.
#[derive(Debug, Clone)]
pub(crate) struct Shipped {
    pub(crate) component: String,
    pub(crate) version: String,
    pub(crate) md5: String,
    pub(crate) published: u64,
}

/// A raw query and the `If-None-Match` beside it.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) query: String,
    pub(crate) header: Option<String>,
}

/// Names as published: two of them are OS components, one of those in an unusual case.
const COMPONENTS: &[&str] = &["videoStreamer", "scoreboard", "os_armv8", "OS_ARMv7", "modemFW"];
const CHANNELS: &[&str] = &["prod", "beta"];
const ATTRIBUTES: &[&str] = &["gamer", "camera", "cellular"];
/// Two differ only in case, which counts; one needs an escape.
const VERSIONS: &[&str] = &["1.0", "2.0-rc1", "2.0-RC1", "2.0+b"];
const DIGESTS: &[&str] =
    &["d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661", "900150983cd24fb0d6963f7d28e17f72"];

/// A catalog in which channels point at releases that may be missing and artifacts are shared.
pub(crate) fn catalog() -> impl Strategy<Value = Catalog> {
    let wanted = subsequence(ATTRIBUTES, 0..=2);
    let row =
        (select(COMPONENTS), select(CHANNELS), select(VERSIONS), wanted).prop_map(|(name, on, target, wanted)| Row {
            component: name.into(),
            channel: on.into(),
            target: target.into(),
            attributes: wanted.into_iter().map(Into::into).collect(),
        });
    let release = (select(COMPONENTS), select(VERSIONS), select(DIGESTS), 0..3u64).prop_map(
        |(component, version, md5, published)| Shipped {
            component: component.into(),
            version: version.into(),
            md5: md5.into(),
            published,
        },
    );
    (vec(row, 2..15), vec(release, 3..30)).prop_map(|(mut rows, mut releases)| {
        rows.sort_by(|a, b| (&a.component, &a.channel).cmp(&(&b.component, &b.channel)));
        rows.dedup_by(|a, b| (&a.component, &a.channel) == (&b.component, &b.channel));
        releases.sort_by(|a, b| (&a.component, &a.version).cmp(&(&b.component, &b.version)));
        releases.dedup_by(|a, b| (&a.component, &a.version) == (&b.component, &b.version));
        Catalog { rows, releases }
    })
}

/// A question; about one in eight is refused.
pub(crate) fn question() -> impl Strategy<Value = Question> {
    let arch = option::weighted(0.7, pair(Just("cpuArch"), select(&["armv8", "armv7"][..])));
    let parameters = vec(parameter(), 0..7);
    (parameters, arch, any::<bool>(), header()).prop_map(|(mut all, arch, first, header)| {
        let at = if first { 0 } else { all.len() };
        arch.into_iter().for_each(|arch| all.insert(at, arch));
        Question { query: all.join("&"), header }
    })
}

fn parameter() -> impl Strategy<Value = String> {
    // `nightly` is a channel that nothing is on.
    let channel = || prop_oneof![5 => select(CHANNELS), 1 => Just("nightly")];
    let attribute = (select(&["attrGamer", "attrCamera", "attrCellular", "attrNosuch"][..]), channel());
    let component = (prop_oneof![6 => select(COMPONENTS), 1 => Just("nosuch")], channel());
    let state = select(&["ring=early", "cohort=2", "device=SN-0047", "payloadType=metadataOnly"][..]);
    let ignored = select(&["x+y=1", "_x=prod", "attr%20=beta", "", "hw.rev=3", "HW.Rev=4"][..]);
    let refused = select(&["attr=prod", "attrGamer=", "modemFW", "os=", "hw.rev=", "have=1", "installed=os", "=1"][..]);
    prop_oneof![
        12 => pair(attribute.0, attribute.1),
        12 => pair(component.0, component.1),
        4 => pair(Just("os"), channel()),
        1 => pair(Just("cpuArch"), select(&["mips", ""][..])),
        8 => installed(),
        6 => digests().prop_map(|list| format!("have={list}")),
        2 => state.prop_map(Into::into),
        2 => Just("delta=zstd".into()),
        2 => ignored.prop_map(Into::into),
        1 => refused.prop_map(Into::into),
    ]
}

fn installed() -> impl Strategy<Value = String> {
    let name = prop_oneof![5 => select(COMPONENTS), 3 => Just("os"), 1 => Just("nosuch")];
    let entry = (name, any::<u32>(), select(VERSIONS), escapes()).prop_map(|(name, case, version, escapes)| {
        format!("{}@{}", spell(name, case, 0), spell(version, 0, escapes).replace('+', "%2B"))
    });
    vec(entry, 0..5).prop_map(|entries| format!("installed={}", entries.join(",")))
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
