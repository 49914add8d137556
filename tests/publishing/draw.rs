//! Catalogs with everything in them that a record can hold, drawn by chance.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

use proptest::prelude::*;
use resolver::catalog::{
    Artifact, Channel, Component, Fragment, MAX_ARTIFACT_BYTES, Minisig, Release, Requirement, Signature, Withdrawal,
};
use resolver::words::{
    AttributeName, ChannelName, ComponentName, Digest, Notes, PublicKey, Reason, Timestamp, Version, VersionRange,
};

/// Components with different keys.
pub(crate) fn catalogs() -> impl Strategy<Value = Vec<Component>> {
    prop::collection::vec(components(), 0..4).prop_map(|components| {
        let by_key: BTreeMap<_, _> = components.into_iter().map(|one| (one.name.key(), one)).collect();
        by_key.into_values().collect()
    })
}

fn components() -> impl Strategy<Value = Component> {
    let channel = (words::<ChannelName>("[a-z0-9._-]{1,64}"), any::<prop::sample::Index>(), channels());
    (names(), prop::collection::vec(releases(), 1..5), prop::collection::vec(channel, 0..4)).prop_map(
        |(name, releases, channels)| {
            // Two releases never share a spelling.
            let releases: BTreeMap<Version, Release> =
                releases.into_iter().map(|release| (release.version.clone(), release)).collect();
            let versions: Vec<Version> = releases.keys().cloned().collect();
            let channels = channels.into_iter().map(|(name, at, channel)| {
                let target = at.get(&versions).clone();
                (name, Channel { target, ..channel })
            });
            let releases = releases.into_values().map(Into::into).collect();
            Component::new(name, Default::default(), channels.collect(), releases)
        },
    )
}

fn channels() -> impl Strategy<Value = Channel> {
    let attributes = prop::collection::btree_set(words::<AttributeName>("[a-z0-9._-]{1,64}"), 0..4);
    (attributes, any::<bool>(), prop::option::of(reasons())).prop_map(|(attributes, allow_downgrade, forced)| Channel {
        attributes,
        allow_downgrade,
        forced,
        ..Channel::new("0".parse().unwrap())
    })
}

fn releases() -> impl Strategy<Value = Release> {
    let signed = (prop::option::of(signatures()), prop::collection::btree_set(keys(), 0..3));
    let bounds = (prop::option::of(ranges()), requirements(), prop::option::of(versions()));
    let reasons = (prop::option::of(reasons()), prop::option::of(reasons()), prop::option::of(reasons()));
    let said = (prop::option::of(withdrawals()), prop::option::of(notes()));
    (versions(), artifacts(), moments(), signed, bounds, reasons, said).prop_map(
        |(version, artifact, published, signed, bounds, reasons, said)| Release {
            signature: signed.0,
            trusts: signed.1,
            from: bounds.0,
            requires: bounds.1,
            floor: bounds.2,
            barrier: reasons.0,
            dead_end: reasons.1,
            forced: reasons.2,
            withdrawn: said.0,
            notes: said.1,
            ..Release::new(version, artifact, published)
        },
    )
}

fn artifacts() -> impl Strategy<Value = Artifact> {
    let digest = prop::array::uniform32(any::<u8>());
    let size = prop_oneof![1..=MAX_ARTIFACT_BYTES, Just(MAX_ARTIFACT_BYTES)];
    let fragment = prop::option::of((prop::array::uniform32(any::<u8>()), 1..=MAX_ARTIFACT_BYTES));
    (digest, prop::array::uniform16(any::<u8>()), size, any::<Option<u32>>(), fragment).prop_map(
        |(sha256, md5, size, crc32, fragment)| Artifact {
            sha256: Digest(sha256),
            md5: Digest(md5),
            size,
            crc32,
            fragment: fragment.map(|(sha256, size)| Fragment { sha256: Digest(sha256), size }),
        },
    )
}

fn withdrawals() -> impl Strategy<Value = Withdrawal> {
    (reasons(), moments(), prop::option::of(versions())).prop_map(|(reason, at, superseded_by)| Withdrawal {
        reason,
        at,
        superseded_by,
    })
}

/// Well-formed, not true: a record keeps what was verified before.
fn signatures() -> impl Strategy<Value = Signature> {
    let minisig =
        ("[^\\pC]{0,40}", "[A-Za-z0-9+/]{95}[AQgw]", "[^\\pC]{0,40}(\t[^\\pC]{0,40})?", "[A-Za-z0-9+/]{85}[AQgw]");
    (keys(), minisig).prop_map(|(key, (untrusted, signature, trusted, global))| {
        let text = format!("untrusted comment: {untrusted}\nRUQ{signature}=\ntrusted comment: {trusted}\n{global}==\n");
        let minisig: Minisig = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
        Signature { key, minisig }
    })
}

fn keys() -> impl Strategy<Value = PublicKey> {
    words("RW[QRST][A-Za-z0-9+/]{53}")
}

fn requirements() -> impl Strategy<Value = BTreeSet<Requirement>> {
    let one = "[a-z0-9]{1,9}\\.[a-z0-9._-]{1,9}((=|!=)[a-z0-9._-]{1,9}(\\|[a-z0-9._-]{1,9}){0,3}|(>=|>|<=|<)[a-z0-9._-]{1,9})";
    prop::collection::btree_set(words::<Requirement>(one), 0..3)
}

fn ranges() -> impl Strategy<Value = VersionRange> {
    (versions(), versions(), "(>=|>|<=|<|=)", "(<=|<)").prop_filter_map(
        "something lies in it",
        |(low, high, one, other)| {
            let both = format!("{one}{low}, {other}{high}");
            both.parse().or_else(|_| format!("{one}{low}").parse()).ok()
        },
    )
}

fn names() -> impl Strategy<Value = ComponentName> {
    "[A-Za-z0-9][A-Za-z0-9_-]{0,47}".prop_filter_map("no query key", |text| text.parse().ok())
}

fn versions() -> impl Strategy<Value = Version> {
    prop_oneof![words("[0-9]{1,3}(\\.[0-9]{1,3}){0,3}"), words("[A-Za-z0-9][A-Za-z0-9._+~:-]{0,47}")]
}

fn moments() -> impl Strategy<Value = Timestamp> {
    (0..=Timestamp::LAST.0).prop_map(Timestamp)
}

fn reasons() -> impl Strategy<Value = Reason> {
    text("[^\\pC]{1,60}")
}

fn notes() -> impl Strategy<Value = Notes> {
    prop_oneof![
        text("[^\\pC]{1,60}"),
        text("([^\\pC\r]|\n|\"|'|\\\\|#){1,80}"),
        text("(\"\"\"|'''|\\\\|\n| ){1,8}x(\"\"\"|'''|\\\\|\n| ){0,8}"),
    ]
}

/// A text of a kind that does not take every text: a blank one, for instance.
fn text<T: FromStr + Debug>(regex: &'static str) -> impl Strategy<Value = T> {
    regex.prop_filter_map("a text", |text| text.parse().ok())
}

fn words<T: FromStr<Err: Debug> + Debug>(regex: &'static str) -> impl Strategy<Value = T> {
    regex.prop_map(|text| text.parse().unwrap())
}
