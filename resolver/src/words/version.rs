use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use libversion::{VersionFlags, version_compare4};
use serde::{Deserialize, Serialize};

/// Longest version, in bytes. With the longest component name and a `_` it fills a ustar name (100 bytes).
pub const MAX_VERSION_BYTES: usize = 48;

/// A version as it was published: `6.15.008`, `v5.6.30`, `2.1.0-rc2`. The spelling is kept.
///
/// ASCII letters, digits and `. _ - + ~ :`, 1 to [`MAX_VERSION_BYTES`] of them, starting with a letter or a digit.
///
/// Versions of firmware are not semantic versions. Their order is that of `libversion`, extended where that leaves the
/// order open ([`Version::precedence`]):
///
/// | rule | example |
/// |---|---|
/// | parts are compared as numbers, however many there are | `5.6.9` < `5.6.14` < `5.6.14.1` < `6.0` |
/// | leading zeros, and zeros at the end, do not count | `6.15.008` = `6.15.8`, `1.0` = `1.0.0` |
/// | a `v` before the first digit does not count, nor does case | `v5.6.30` = `V5.6.30` = `5.6.30`, `1.0-RC1` = `1.0-rc1` |
/// | any separator will do | `1_2-3` = `1.2.3` |
/// | words that announce a release come before it; other than alpha, beta and rc they stand between the two latter, by number first | `2.0-alpha` < `2.0-beta` < `2.0-dev` < `2.0-rc2` < `2.0-rc10` < `2.0` |
/// | so do `a`, `b` and `m` with a number | `2.0a1` < `2.0b2` < `2.0-M1` < `2.0` |
/// | so does all that stands behind a `~` | `2.0~1` < `2.0`, `2.0~bpo12` < `2.0` |
/// | every other word comes after it, by the alphabet | `1.0` < `1.0-east` < `1.0-emea` < `1.0-hotfix1` < `1.0p1` < `1.0-sp1` < `1.0.1` |
/// | a letter behind a number comes after it | `1.2` < `1.2a` < `1.2b` < `1.3` |
/// | dates are numbers | `2024.11.30` < `2025.01.02`, `20241130` < `20250102` |
/// | `+build` is compared last, by the same rules | `1.0` < `1.0+7` < `1.0+12` |
///
/// The words that announce a release are `alpha`, `beta`, `canary`, `cr`, `dev`, `devel`, `eap`, `milestone`, `nightly`,
/// `rc`, `snapshot`, `test`, `testing`, `unstable`, `wip`, and those that begin with `pre`. `dpkg` and `rpm` know no words:
/// to them `~` comes before, and all else after.
///
/// | compared with its base | here | `dpkg` | `rpm` |
/// |---|---|---|---|
/// | `-hotfix1` `-fix2` `-sp1` `-rev2` `-build.77` `-patch1` `-pl1` `p1` | after | after | after |
/// | `-dirty` `-emea` `-5-gabcdef` | after | after | after |
/// | `.el9`, as in `1.0-1.el9` and `1.0-1` | after | after | after |
/// | `+7` | after | after | after |
/// | `.0` | the same | after | after |
/// | `-rc2` `-beta1` `-dev` `-SNAPSHOT` `b1` | before | after | after |
/// | `~rc2` `~1` `~bpo12` | before | before | before |
///
/// Two spellings of one version are equal in precedence. `Ord` puts them in the order of their bytes, so that it is
/// total and agrees with `Eq`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(String);

/// Error for text that is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a version: it takes 1 to {MAX_VERSION_BYTES} letters, digits and . _ - + ~ : (a + in a query is \
     written %2B), and starts with a letter or a digit"
)]
pub struct InvalidVersion(String);

impl Version {
    /// Returns the published spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares two versions by precedence. Two spellings of one version are equal.
    pub fn precedence(&self, other: &Version) -> Ordering {
        precedence(&self.0, &other.0)
    }

    /// Returns true if both are spellings of one version.
    pub fn is_same(&self, other: &Version) -> bool {
        self.precedence(other).is_eq()
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.precedence(other).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl TryFrom<String> for Version {
    type Error = InvalidVersion;

    fn try_from(text: String) -> Result<Self, InvalidVersion> {
        let fits = text.len() <= MAX_VERSION_BYTES
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+~:".contains(&b));
        if fits { Ok(Version(text)) } else { Err(InvalidVersion(super::name::cut(text))) }
    }
}

impl std::str::FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        text.to_owned().try_into()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> String {
        version.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Compares [`Version`]s and values of facts. `libversion` compares only the first letter of a word, so words are compared
/// again if it finds no difference.
pub(crate) fn precedence(a: &str, b: &str) -> Ordering {
    let ((a, a_build), (b, b_build)) = (split(a), split(b));
    let (after, words) = (VersionFlags::P_IS_PATCH | VersionFlags::ANY_IS_PATCH, |text| words(text));
    version_compare4(&announced(a), &announced(b), after, after).then_with(|| words(a).cmp(words(b))).then_with(|| {
        match (a_build, b_build) {
            (Some(a), Some(b)) => precedence(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    })
}

/// Words for pre-releases that `libversion` does not know, in lower case. It knows `alpha`, `beta`, `rc` and words that
/// begin with `pre`.
const ANNOUNCING: [&str; 12] =
    ["canary", "cr", "dev", "devel", "eap", "milestone", "nightly", "snapshot", "test", "testing", "unstable", "wip"];

/// Replaces each word for a pre-release by `pre`, and inserts `pre` before each number after a `~`.
fn announced(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| b == b'~' || b.is_ascii_alphabetic()) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + "pre".len());
    let (mut rest, mut after_tilde) = (text, false);
    while let Some(first) = rest.chars().next() {
        let kind = |c: char| (c.is_ascii_alphabetic(), c.is_ascii_digit());
        let (run, next) = rest.split_at(rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len()));
        let numbered = !written.is_empty() && next.starts_with(|c: char| c.is_ascii_digit());
        let is = |words: &[&str]| words.iter().any(|word| run.eq_ignore_ascii_case(word));
        match kind(first) {
            (true, _) if is(&ANNOUNCING) || numbered && is(&["m"]) => written.push_str("pre"),
            (true, _) if numbered && is(&["a"]) => written.push_str("alpha"),
            (true, _) if numbered && is(&["b"]) => written.push_str("beta"),
            (true, _) if after_tilde && !is(&["alpha", "beta", "rc"]) => written.push_str("pre"),
            (_, true) if after_tilde => written.extend(["pre", run]),
            _ => written.push_str(run),
        }
        (rest, after_tilde) = (next, kind(first) == (false, false) && run.contains('~'));
    }
    Cow::Owned(written)
}

/// Splits a version into the part without its `v`, and its build.
fn split(text: &str) -> (&str, Option<&str>) {
    let bare = text.strip_prefix(['v', 'V']).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let text = bare.unwrap_or(text);
    text.split_once('+').map_or((text, None), |(version, build)| (version, Some(build)))
}

/// Returns a version's words in lower case, as bytes, each terminated by a byte that sorts before all letters.
fn words(text: &str) -> impl Iterator<Item = u8> + '_ {
    let runs = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|run| !run.is_empty());
    runs.flat_map(|run| run.bytes().map(|b| b.to_ascii_lowercase()).chain([0]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    /// Every line is one version in several spellings; lines rise.
    const TABLE: &[&[&str]] = &[
        &["0.0.1"],
        &["0.9"],
        &["1.0-alpha"],
        &["1.0-alpha2"],
        &["1.0-beta1", "1.0beta1", "1.0_BETA1"],
        &["1.0-dev"],
        &["1.0-SNAPSHOT"],
        &["1.0~1"],
        &["1.0~bpo1"],
        &["1.0-M1"],
        &["1.0-nightly.20250102"],
        &["1.0-rc2", "1.0.RC2", "v1.0~rc2"],
        &["1.0-rc10"],
        &["1.0", "1.0.0", "v1.0", "V1", "1.00"],
        &["1.0+7"],
        &["1.0+12", "1.0+012"],
        &["1.0-build.77"],
        &["1.0-dirty"],
        &["1.0-east"],
        &["1.0-emea"],
        &["1.0-fix2", "1.0.FIX2"],
        &["1.0-hotfix1", "v1.0-hotfix01"],
        &["1.0p1"],
        &["1.0-patch1"],
        &["1.0-pl1"],
        &["1.0p2"],
        &["1.0-rev2"],
        &["1.0-sp1"],
        &["1.0-1", "1.0.1"],
        &["1.0-1.el9", "1.0.1-EL9"],
        &["1.0.2-5"],
        &["1.0.2-5-gabcdef"],
        &["1.2"],
        &["1.2a"],
        &["1.2b"],
        &["1.3"],
        &["5.6.9"],
        &["5.6.14", "v5.6.14", "5.6.014"],
        &["5.6.14.1"],
        &["5.6.30", "v5.6.30", "5_6-30"],
        &["6.15.008", "6.15.8", "6.15.8.0"],
        &["6.15.10"],
        &["2024.11.30", "2024-11-30"],
        &["2025.01.02", "2025.1.2"],
        &["20241130"],
        &["20250102"],
    ];

    #[test]
    fn the_table_rises() {
        for (i, line) in TABLE.iter().enumerate() {
            for (j, other) in TABLE.iter().enumerate() {
                for (a, b) in line.iter().flat_map(|a| other.iter().map(move |b| (a, b))) {
                    assert_eq!(version(a).precedence(&version(b)), i.cmp(&j), "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn words_are_compared_to_their_ends() {
        assert!(version("1.0-east") < version("1.0-emea"));
        assert!(!version("1.0-east").is_same(&version("1.0-emea")));
        assert!(version("2.1.0-rc2") < version("2.1.0"));
    }

    /// `dpkg` agrees about every word that does not announce a release. (It takes `-` and `_` otherwise in places.)
    #[test]
    fn what_mends_a_release_comes_after_it() {
        let base = version("5.6.30");
        for word in
            ["-hotfix1", "-fix2", "-sp1", "-rev2", "-build.77", "-patch1", "-pl1", "p1", "-dirty", "-emea", "-r2"]
        {
            let mended = version(&format!("5.6.30{word}"));
            assert!(base < mended && mended < version("5.6.31"), "{mended}");
        }
        for word in
            ["-rc2", "-beta1", "-dev", "-SNAPSHOT", "b1", "~1", "~bpo12", "-pre1", "dev3", "-preview", "-canary.5"]
        {
            let announced = version(&format!("5.6.30{word}"));
            assert!(announced < base && version("5.6.29") < announced, "{announced}");
        }
    }

    /// Boards are numbered by letters, which announce nothing.
    #[test]
    fn a_letter_that_begins_a_fact_is_a_letter() {
        for (less, more) in [("a", "b"), ("a", "b1"), ("a1", "b"), ("b1", "b2"), ("b2", "c")] {
            assert_eq!(precedence(less, more), Ordering::Less, "{less} {more}");
        }
    }

    /// Spellings from so few pieces that they meet.
    fn spelling() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(
            &[
                "0", "00", "1", "01", "10", "2", "a", "B", "rc", "RC", "beta", "p", "v", "east", "emea", ".", "-", "_",
                "~", "+", ":", "dev", "m", "fix",
            ][..],
        );
        prop::collection::vec(piece, 1..7)
            .prop_map(|pieces| pieces.concat())
            .prop_filter("a version", |text| text.parse::<Version>().is_ok())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_order_is_total(a in spelling(), b in spelling(), c in spelling()) {
            let (a, b, c) = (version(&a), version(&b), version(&c));
            for order in [Version::precedence, Version::cmp] {
                prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
                if order(&a, &b).is_le() && order(&b, &c).is_le() {
                    prop_assert!(order(&a, &c).is_le());
                    prop_assert_eq!(order(&a, &c).is_eq(), order(&a, &b).is_eq() && order(&b, &c).is_eq());
                }
            }
            prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
        }
    }
}
