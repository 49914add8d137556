//! Random catalogs, drawn from so few words that they meet.

use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::facts::{REQUIREMENTS, Required};
use crate::versions::{PUBLISHED, rank};

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
    pub(crate) allow_downgrade: bool,
}

/// A release of a component.
#[derive(Debug, Clone)]
pub(crate) struct Shipped {
    pub(crate) component: String,
    pub(crate) version: String,
    pub(crate) md5: String,
    pub(crate) published: u64,
    /// The number of the key that signed it.
    pub(crate) key: Option<u8>,
    /// The numbers of keys.
    pub(crate) trusts: Vec<u8>,
    pub(crate) requires: Vec<Required>,
    /// All of them hold of what it is installed over; none: it is installed over anything.
    pub(crate) from: Vec<(&'static str, &'static str)>,
    pub(crate) barrier: bool,
    pub(crate) dead_end: bool,
    pub(crate) floor: Option<&'static str>,
    pub(crate) withdrawn: bool,
    pub(crate) superseded_by: Option<&'static str>,
}

/// Names as published: two of them are OS components, one of those in an unusual case.
pub(crate) const COMPONENTS: &[&str] = &["videoStreamer", "os_armv8", "OS_ARMv7", "modemFW"];
pub(crate) const CHANNELS: &[&str] = &["prod", "beta"];
pub(crate) const DIGESTS: &[&str] = &[
    "d41d8cd98f00b204e9800998ecf8427e",
    "0cc175b9c0f1b6a831c399e269772661",
    "900150983cd24fb0d6963f7d28e17f72",
    "f96b697d7cb7938d525a2f31aaf161d0",
];
const ATTRIBUTES: &[&str] = &["gamer", "camera", "cellular"];
const KEYS: &[u8] = &[0, 1, 2];

/// Most releases of a component.
const MAX_RELEASES: usize = 7;

/// A catalog in which channels point at releases that may be missing, artifacts are shared, and any release is
/// constrained in any way.
pub(crate) fn catalog() -> impl Strategy<Value = Catalog> {
    (subsequence(COMPONENTS, 1..=3), vec(component(), 3)).prop_map(|(names, components)| {
        let mut catalog = Catalog { rows: Vec::new(), releases: Vec::new() };
        for (name, (mut rows, mut releases)) in names.into_iter().zip(components) {
            rows.iter_mut().for_each(|row| row.component = name.to_owned());
            releases.iter_mut().for_each(|release| release.component = name.to_owned());
            catalog.rows.extend(rows);
            catalog.releases.extend(releases);
        }
        catalog
    })
}

/// Channels and releases of a component whose name is not known yet. Not every component makes use of every kind of
/// constraint: where all of them are, hardly a path is left.
fn component() -> impl Strategy<Value = (Vec<Row>, Vec<Shipped>)> {
    let releases = (subsequence(PUBLISHED, 2..=MAX_RELEASES), vec(release(), MAX_RELEASES), any::<[bool; 4]>());
    let releases = releases.prop_map(|(versions, releases, [keys, facts, ranges, taken_back])| {
        let shipped = versions.into_iter().zip(releases).map(|(version, release)| {
            let mut release = Shipped { version: version.to_owned(), ..release };
            if !keys {
                (release.key, release.trusts) = (None, Vec::new());
            }
            if !facts {
                release.requires.clear();
            }
            if !ranges {
                release.from.clear();
            }
            if !taken_back {
                (release.withdrawn, release.superseded_by, release.dead_end) = (false, None, false);
            }
            release
        });
        shipped.collect::<Vec<_>>()
    });
    (subsequence(CHANNELS, 1..=2), vec(row(), 2), releases).prop_map(|(channels, rows, releases)| {
        let rows = channels.into_iter().zip(rows).map(|(channel, (targets, mut row))| {
            row.channel = channel.to_owned();
            let places = targets.iter().flatten().filter(|_| !releases.is_empty()).map(|at| at.index(releases.len()));
            // Of two the one with more of the way before it; or what the row has already.
            let target = if row.allow_downgrade { places.min() } else { places.max() };
            row.target = target.map_or(row.target, |at| releases[at].version.clone());
            row
        });
        (rows.collect(), releases)
    })
}

/// A channel with no name yet, and the places of the releases that it may point at.
fn row() -> impl Strategy<Value = (Option<[Index; 2]>, Row)> {
    let targets = option::weighted(0.95, any::<[Index; 2]>());
    (targets, select(PUBLISHED), subsequence(ATTRIBUTES, 0..=2), weighted(0.35)).prop_map(
        |(targets, target, wanted, allow_downgrade)| {
            let attributes = wanted.into_iter().map(Into::into).collect();
            let (component, channel) = (String::new(), String::new());
            (targets, Row { component, channel, target: target.into(), attributes, allow_downgrade })
        },
    )
}

/// A release with neither name nor version yet.
fn release() -> impl Strategy<Value = Shipped> {
    let signed =
        (option::weighted(0.9, select(KEYS)), prop_oneof![3 => subsequence(KEYS, 1..=2), 1 => Just(Vec::new())]);
    let requires = prop_oneof![3 => Just(Vec::new()), 1 => subsequence(REQUIREMENTS, 1..=2)];
    let withdrawn = (weighted(0.15), option::of(select(PUBLISHED)));
    let between = (requires, from(), weighted(0.35), weighted(0.08), option::weighted(0.2, select(PUBLISHED)));
    (select(DIGESTS), 0..3u64, signed, between, withdrawn).prop_map(
        |(md5, published, (key, trusts), (requires, from, barrier, dead_end, floor), (withdrawn, superseded_by))| {
            let superseded_by = superseded_by.filter(|_| withdrawn);
            let (component, version, md5) = (String::new(), String::new(), md5.to_owned());
            Shipped {
                component,
                version,
                md5,
                published,
                key,
                trusts,
                requires,
                from,
                barrier,
                dead_end,
                floor,
                withdrawn,
                superseded_by,
            }
        },
    )
}

/// The bounds of a range in which something lies.
fn from() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let bound = |operators: &'static [&'static str]| (select(operators), select(PUBLISHED));
    let both = (bound(&[">=", ">"]), bound(&["<=", "<"]))
        .prop_map(|(low, high)| if rank(low.1) < rank(high.1) { vec![low, high] } else { vec![low] });
    prop_oneof![
        6 => Just(Vec::new()),
        3 => bound(&[">=", ">", "<=", "<", "="]).prop_map(|bound| vec![bound]),
        1 => both,
    ]
}
