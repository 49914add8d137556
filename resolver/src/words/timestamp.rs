use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A time in whole seconds since 1970-01-01T00:00:00Z, not counting leap seconds.
///
/// As text, and in records, it is RFC 3339 in UTC to the second, with one spelling for each time: `2026-11-21T08:00:00Z`.
/// Records of the first version of edgehop have the number of seconds, which is read, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "String")]
pub struct Timestamp(pub u64);

/// Forms of a timestamp in records.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Seconds(u64),
}

/// Error for text that is not a timestamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a moment: it takes date and time in UTC, to the second, such as 2026-11-21T08:00:00Z")]
pub struct InvalidTimestamp(String);

impl Timestamp {
    /// Latest time that the text form can express: 9999-12-31T23:59:59Z. Later times are written as this one.
    pub const LAST: Timestamp = Timestamp(253_402_300_799);

    /// Returns the seconds since `earlier`; 0 if `earlier` is later than this time.
    pub fn seconds_since(self, earlier: Timestamp) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<SystemTime> for Timestamp {
    /// Rounds a time down to its second. Times before 1970 become 1970.
    fn from(time: SystemTime) -> Timestamp {
        Timestamp(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let read = || {
            let time = humantime::parse_rfc3339(text).ok()?;
            let moment = Timestamp(time.duration_since(UNIX_EPOCH).ok()?.as_secs());
            // The parser accepts fractions, other spellings of UTC and second 60, but a timestamp has only one spelling.
            (moment.to_string() == text).then_some(moment)
        };
        read().ok_or_else(|| InvalidTimestamp(super::name::cut(text.to_owned())))
    }
}

impl TryFrom<Written> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(written: Written) -> Result<Self, InvalidTimestamp> {
        match written {
            Written::Text(text) => text.parse(),
            Written::Seconds(seconds) => Ok(Timestamp(seconds)),
        }
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> String {
        moment.to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = UNIX_EPOCH + Duration::from_secs((*self).min(Timestamp::LAST).0);
        fmt::Display::fmt(&humantime::format_rfc3339_seconds(time), f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_one_spelling() {
        assert_eq!("2026-11-21T08:00:00Z".parse(), Ok(Timestamp(1_795_248_000)));
        for refused in [
            "",
            "2026-11-21",
            "2026-11-21 08:00:00Z",
            "2026-11-21T08:00:00",
            "2026-11-21T08:00:00.0Z",
            "2026-11-21T08:00:00+00:00",
            "2026-11-21T08:00:60Z",
            "2026-02-29T08:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-11-21T08:00:00é",
        ] {
            assert!(refused.parse::<Timestamp>().is_err(), "{refused}");
        }
    }

    #[test]
    fn what_no_text_can_say_is_the_last_moment() {
        assert_eq!(Timestamp(u64::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp(u64::MAX).to_string(), Timestamp::LAST.to_string());
    }

    proptest! {
        #[test]
        fn is_read_as_it_is_written(seconds in 0..=Timestamp::LAST.0) {
            prop_assert_eq!(Timestamp(seconds).to_string().parse(), Ok(Timestamp(seconds)));
        }
    }
}
