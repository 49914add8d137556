use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{MAX_ARTIFACT_BYTES, Requirement};
use crate::words::{ComponentName, Sha256, Timestamp, Version};

/// First pair of a statement: the name of the format and its version.
const LANGUAGE: (&str, &str) = ("edgehop", "1");

/// A signer's statement about a release: `key:value` pairs in the signature's trusted comment.
///
/// Pairs are written in the order of the fields, separated by tabs. They are read in any order, separated by tabs or
/// spaces; unknown keys are ignored, so that later versions of edgehop can add some. Each requirement is a pair of its
/// own, after the others, so that a script that turns tabs into lines finds one a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Component of the release.
    pub component: ComponentName,
    /// Version of the release.
    pub version: Version,
    /// Digest of the artifact.
    pub sha256: Sha256,
    /// Length of the artifact in bytes.
    pub size: u64,
    /// Time of signing.
    pub issued: Timestamp,
    /// Time from which the release may no longer be published or installed; `None`, written `never`, for no limit.
    pub expires: Option<Timestamp>,
    /// Oldest version that the release may replace; `None`, written `any`, for all versions.
    pub minimum: Option<Version>,
    /// Requirements that a device's facts must meet.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub requires: BTreeSet<Requirement>,
}

/// Error for text that is not a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStatement {
    /// The comment is not in edgehop's format.
    #[error(
        "the trusted comment says nothing about a release: sign with `edgehop sign`, or with `minisign -S -t` and what \
         `edgehop sign --comment-only` prints"
    )]
    Absent,
    /// A key is missing.
    #[error("the trusted comment has no {key}: it takes {takes}")]
    Missing {
        /// The key at fault.
        key: &'static str,
        /// Values that the key takes.
        takes: &'static str,
    },
    /// A key has an invalid value.
    #[error("{key}:{given} in the trusted comment is refused: {key} takes {takes}")]
    Bad {
        /// The key at fault.
        key: &'static str,
        /// The value at fault.
        given: String,
        /// Values that the key takes.
        takes: &'static str,
    },
    /// A key occurs twice.
    #[error("the trusted comment has {0} twice: give it once")]
    Twice(&'static str),
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Statement { component, version, sha256, size, issued, expires, minimum, requires } = self;
        let (key, value) = LANGUAGE;
        write!(f, "{key}:{value}\tcomponent:{component}\tversion:{version}\tsha256:{sha256}\tsize:{size}")?;
        write!(f, "\tissued:{issued}")?;
        match expires {
            Some(moment) => write!(f, "\texpires:{moment}")?,
            None => f.write_str("\texpires:never")?,
        }
        match minimum {
            Some(version) => write!(f, "\tminimum:{version}")?,
            None => f.write_str("\tminimum:any")?,
        }
        requires.iter().try_for_each(|requirement| write!(f, "\trequires:{requirement}"))
    }
}

impl FromStr for Statement {
    type Err = InvalidStatement;

    fn from_str(text: &str) -> Result<Self, InvalidStatement> {
        let absent = |error| match error {
            InvalidStatement::Missing { .. } => InvalidStatement::Absent,
            other => other,
        };
        let (key, value) = LANGUAGE;
        field(text, key, "1, the only version of the format", |given| (given == value).then_some(()))
            .map_err(absent)?;
        let moment = |given: &str| given.parse().ok();
        Ok(Statement {
            component: field(text, "component", "a component's name", |given| given.parse().ok())?,
            version: field(text, "version", "a version", |given| given.parse().ok())?,
            sha256: field(text, "sha256", "64 hexadecimal digits", |given| given.parse().ok())?,
            size: field(text, "size", "a number of bytes that an artifact can have", size)?,
            issued: field(text, "issued", "a moment such as 2026-11-21T08:00:00Z", moment)?,
            expires: field(text, "expires", "a moment such as 2027-11-21T08:00:00Z, or never", |given| match given {
                "never" => Some(None),
                given => given.parse().ok().map(Some),
            })?,
            minimum: field(text, "minimum", "a version, or any", |given| match given {
                "any" => Some(None),
                given => given.parse().ok().map(Some),
            })?,
            requires: values(text, "requires")
                .map(|given| {
                    let takes = "a requirement such as hw.rev>=3";
                    given.parse().map_err(|_| InvalidStatement::bad("requires", given, takes))
                })
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Reads the value of the only `key:` in `text`.
fn field<T>(
    text: &str,
    key: &'static str,
    takes: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, InvalidStatement> {
    let mut values = values(text, key);
    let given = values.next().ok_or(InvalidStatement::Missing { key, takes })?;
    if values.next().is_some() {
        return Err(InvalidStatement::Twice(key));
    }
    read(given).ok_or_else(|| InvalidStatement::bad(key, given, takes))
}

fn values<'a>(text: &'a str, key: &'static str) -> impl Iterator<Item = &'a str> {
    text.split(['\t', ' ']).filter_map(move |pair| pair.strip_prefix(key)?.strip_prefix(':'))
}

impl InvalidStatement {
    fn bad(key: &'static str, given: &str, takes: &'static str) -> InvalidStatement {
        InvalidStatement::Bad { key, given: crate::words::cut(given.to_owned()), takes }
    }
}

fn size(given: &str) -> Option<u64> {
    // `+1` and `01` parse as numbers too, but a statement must be written as it was read.
    let size = given.parse().ok().filter(|size: &u64| size.to_string() == given)?;
    (1..=MAX_ARTIFACT_BYTES).contains(&size).then_some(size)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::words::Digest;

    const TEXT: &str = "edgehop:1\tcomponent:videoStreamer\tversion:2.1.0\t\
        sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\tsize:10485760\t\
        issued:2026-11-21T08:00:00Z\texpires:2027-11-21T08:00:00Z\tminimum:v1:0";

    fn statement() -> Statement {
        TEXT.parse().unwrap()
    }

    #[test]
    fn is_written_as_it_was_read() {
        assert_eq!(statement().to_string(), TEXT);
        assert_eq!(statement().minimum.unwrap().as_str(), "v1:0");
        let open = TEXT.replace("2027-11-21T08:00:00Z", "never").replace("v1:0", "any");
        assert_eq!(open.parse::<Statement>().unwrap().to_string(), open);
    }

    #[test]
    fn each_requirement_is_a_pair_of_its_own() {
        let text = format!("{TEXT}\trequires:hw.board=a|b\trequires:hw.rev>=3");
        let read: Statement = text.parse().unwrap();
        assert_eq!(read.requires.len(), 2);
        assert_eq!(read.to_string(), text);
    }

    #[test]
    fn is_read_in_any_order_and_beside_what_it_does_not_know() {
        let mut pairs: Vec<_> = TEXT.split('\t').rev().collect();
        pairs.insert(3, "hashed");
        pairs.insert(1, "timestamp:1556193335");
        assert_eq!(pairs.join(" ").parse(), Ok(statement()));
    }

    #[test]
    fn an_error_names_the_key_and_what_it_takes() {
        let refused = |text: &str| text.parse::<Statement>().unwrap_err().to_string();
        let said = refused("timestamp:1556193335\tfile:test\thashed");
        assert!(said.contains("says nothing about a release"), "{said}");
        let said = refused(&format!("{TEXT}\trequires:3"));
        assert!(said.contains("requires:3 in the trusted comment is refused: requires takes a requirement"), "{said}");
        for (bad, said) in [
            ("edgehop:2", "edgehop:2 in the trusted comment is refused: edgehop takes 1"),
            ("component:os", "component:os in the trusted comment is refused"),
            ("version:", "version: in the trusted comment is refused: version takes a version"),
            ("sha256:e3b0", "sha256 takes 64 hexadecimal digits"),
            ("size:0", "size takes a number of bytes"),
            ("size:+1", "size takes a number of bytes"),
            ("size:8589934592", "size takes a number of bytes"),
            ("issued:1556193335", "issued takes a moment such as"),
            ("expires:365d", "expires takes a moment such as"),
            ("minimum:<1", "minimum takes a version, or any"),
        ] {
            let key = bad.split_inclusive(':').next().unwrap();
            let text = |insert: &str| {
                let pairs = TEXT.split('\t').map(|pair| if pair.starts_with(key) { insert } else { pair });
                pairs.collect::<Vec<_>>().join("\t")
            };
            assert!(refused(&text(bad)).contains(said), "{bad}: {}", refused(&text(bad)));
            let key = key.trim_end_matches(':');
            let missing = if key == "edgehop" { "says nothing".into() } else { format!("has no {key}: it takes") };
            assert!(refused(&text("x")).contains(&missing), "{}", refused(&text("x")));
            let twice = format!("{TEXT}\t{key}:{}", "x");
            assert!(refused(&twice).contains(&format!("has {key} twice")), "{}", refused(&twice));
        }
    }

    fn moment() -> impl Strategy<Value = Timestamp> {
        (0..=Timestamp::LAST.0).prop_map(Timestamp)
    }

    fn version() -> impl Strategy<Value = Version> {
        "[A-Za-z0-9][A-Za-z0-9._+~:-]{0,47}".prop_map(|text| text.parse().unwrap())
    }

    prop_compose! {
        fn statements()(
            component in "[a-z0-9][A-Za-z0-9_-]{0,47}".prop_filter_map("a query key", |text| text.parse().ok()),
            version in version(),
            sha256 in prop::array::uniform32(any::<u8>()).prop_map(Digest),
            size in 1..=MAX_ARTIFACT_BYTES,
            issued in moment(),
            expires in prop::option::of(moment()),
            minimum in prop::option::of(version().prop_filter("is the word for none", |version| version.as_str() != "any")),
            requires in prop::collection::btree_set("hw\\.[a-z]{1,8}(=|!=|>=|<)[a-z0-9]{1,8}".prop_map(|text| text.parse().unwrap()), 0..3),
        ) -> Statement {
            Statement { component, version, sha256, size, issued, expires, minimum, requires }
        }
    }

    proptest! {
        #[test]
        fn a_statement_survives_its_text(statement in statements(), space in any::<bool>()) {
            let text = statement.to_string();
            let text = if space { text.replace('\t', " ") } else { text };
            prop_assert_eq!(text.parse(), Ok(statement));
        }

        #[test]
        fn no_text_is_too_odd_to_be_refused(text in "\\PC*") {
            prop_assert!(text.parse::<Statement>().is_err());
        }
    }
}
