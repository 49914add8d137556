use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{InvalidVersion, Version};

/// A range of versions: `>=5.6.30`, `>=5.6, <7`, `=5.6.30`. It has a lower bound, an upper one or both, and is not empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionRange {
    lower: Option<Bound>,
    upper: Option<Bound>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Bound {
    version: Version,
    inclusive: bool,
}

/// Error for text that is not a range of versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRange {
    /// The text does not have a range's syntax.
    #[error("{0:?} is not a range of versions: it takes bounds such as >=5.6.30 or >=5.6, <7 or =5.6.30")]
    Spelling(String),
    /// A bound is not a version.
    #[error(transparent)]
    Version(#[from] InvalidVersion),
    /// The range is empty.
    #[error("no version lies in the range {0}: its lower bound is above its upper one")]
    Empty(String),
}

impl VersionRange {
    /// Creates the range of all versions from this one on.
    pub fn at_least(version: Version) -> VersionRange {
        VersionRange { lower: Some(Bound { version, inclusive: true }), upper: None }
    }

    /// Returns true if the version lies in the range, by its precedence.
    pub fn contains(&self, version: &Version) -> bool {
        !self.is_above(version) && !self.is_below(version)
    }

    /// Returns true if the whole range lies above the version.
    pub fn is_above(&self, version: &Version) -> bool {
        self.lower.as_ref().is_some_and(|bound| match version.precedence(&bound.version) {
            Ordering::Less => true,
            Ordering::Equal => !bound.inclusive,
            Ordering::Greater => false,
        })
    }

    /// Returns true if the whole range lies below the version.
    pub fn is_below(&self, version: &Version) -> bool {
        self.upper.as_ref().is_some_and(|bound| match version.precedence(&bound.version) {
            Ordering::Less => false,
            Ordering::Equal => !bound.inclusive,
            Ordering::Greater => true,
        })
    }

    /// Returns true if the range contains a version below this one.
    pub fn reaches_below(&self, version: &Version) -> bool {
        self.lower.as_ref().is_none_or(|bound| bound.version.precedence(version).is_lt())
    }

    /// Returns the version of the lower bound.
    pub(crate) fn lower(&self) -> Option<&Version> {
        self.lower.as_ref().map(|bound| &bound.version)
    }

    /// Returns the versions of the bounds.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = &Version> {
        self.lower.iter().chain(&self.upper).map(|bound| &bound.version)
    }

    fn is_empty(&self) -> bool {
        let (Some(lower), Some(upper)) = (&self.lower, &self.upper) else { return false };
        match lower.version.precedence(&upper.version) {
            Ordering::Less => false,
            Ordering::Equal => !(lower.inclusive && upper.inclusive),
            Ordering::Greater => true,
        }
    }
}

impl FromStr for VersionRange {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let spelling = || InvalidRange::Spelling(super::name::cut(text.to_owned()));
        let mut range = VersionRange { lower: None, upper: None };
        for part in text.split(',').map(str::trim) {
            let digits = part.find(|c: char| !"<>=".contains(c)).ok_or_else(spelling)?;
            let (operator, version) = part.split_at(digits);
            let version: Version = version.trim_start().parse()?;
            let bound = Bound { version, inclusive: operator.ends_with('=') };
            let (lower, upper) = match operator {
                ">" | ">=" => (Some(bound), None),
                "<" | "<=" => (None, Some(bound)),
                "=" => (Some(bound.clone()), Some(bound)),
                _ => return Err(spelling()),
            };
            if (lower.is_some() && range.lower.is_some()) || (upper.is_some() && range.upper.is_some()) {
                return Err(spelling());
            }
            range = VersionRange { lower: range.lower.or(lower), upper: range.upper.or(upper) };
        }
        if range.is_empty() { Err(InvalidRange::Empty(range.to_string())) } else { Ok(range) }
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let equals = |bound: &Bound| if bound.inclusive { "=" } else { "" };
        match (&self.lower, &self.upper) {
            (Some(lower), Some(upper)) if lower == upper => write!(f, "={}", lower.version),
            (Some(lower), Some(upper)) => {
                write!(f, ">{}{}, <{}{}", equals(lower), lower.version, equals(upper), upper.version)
            }
            (Some(lower), None) => write!(f, ">{}{}", equals(lower), lower.version),
            (None, Some(upper)) => write!(f, "<{}{}", equals(upper), upper.version),
            // No constructor creates a range without bounds.
            (None, None) => Ok(()),
        }
    }
}

super::kept_as_text!(VersionRange, InvalidRange);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_says_what_lies_in_it() {
        for (range, inside, outside) in [
            (">=5.6.30", &["5.6.30", "5.6.030", "6", "5.6.30.1"][..], &["5.6.29", "5.6.30-rc1"][..]),
            (">5.6.30", &["5.6.31"], &["5.6.30", "v5.6.30"]),
            (">=5.6, <7", &["5.6.0", "6.99"], &["7", "7.0", "5.5"]),
            ("<= 2.0", &["2", "1.9"], &["2.0.1"]),
            ("=6.15.008", &["6.15.8"], &["6.15.9", "6.15.7"]),
        ] {
            let parsed: VersionRange = range.parse().unwrap();
            assert_eq!(parsed.to_string().parse::<VersionRange>().unwrap(), parsed);
            for (versions, expected) in [(inside, true), (outside, false)] {
                for version in versions {
                    assert_eq!(parsed.contains(&version.parse().unwrap()), expected, "{version} in {range}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for bad in ["", "5.6", "=>5", ">=", ">=5,", ">=5,>6", "<1,<2", "=1,>0", ">=2,<1", ">1,<=1", ">= 5 <6", "==1"] {
            assert!(bad.parse::<VersionRange>().is_err(), "{bad}");
        }
    }
}
