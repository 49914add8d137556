//! The versions that are drawn, in an order written down by hand: nothing here can compare two versions.

/// What is published, rising: some in two spellings, some with an escape in a query. Nothing is published below, above,
/// and at one place between.
pub(crate) const PUBLISHED: &[&str] =
    &["1.0", "2.0-RC1", "2.0-rc1", "2.0", "2.0+b", "5.6.9", "5.6.14", "v5.6.14", "5.6.14-hotfix1", "6.15.008"];

/// What devices say they run, rising.
pub(crate) fn spellings() -> Vec<&'static str> {
    TABLE.concat()
}

/// Where a version stands. Two spellings of one version stand at the same place.
pub(crate) fn rank(version: &str) -> usize {
    TABLE.iter().position(|line| line.contains(&version)).unwrap_or_else(|| panic!("{version} is not in the table"))
}

/// Every spelling that is drawn. The lines rise; what stands on one line is one version.
const TABLE: &[&[&str]] = &[
    &["0.9"],
    &["1.0", "1.00", "v1.0"],
    &["2.0-nightly"],
    &["2.0-rc1", "2.0-RC1"],
    &["2.0"],
    &["2.0+b", "2.0+B"],
    &["3.1"],
    &["5.6.9"],
    &["5.6.14", "v5.6.14", "5.6.014"],
    &["5.6.14-emea"],
    &["5.6.14-hotfix1", "V5.6.14.HOTFIX01"],
    &["6.15.008", "6.15.8"],
    &["2024.11.30"],
];
