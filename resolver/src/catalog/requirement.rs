use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::heap;
use crate::words::{self, FactName, FactValue, InvalidName};

/// Most values in a requirement's set.
pub const MAX_SET_VALUES: usize = 64;

/// A release's condition on a device's fact: `hw.rev>=3`, `hw.board=a|b`, `region.code!=eu`.
///
/// `=` and `!=` take a set and compare spellings; the other operators compare values in the order of versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Requirement {
    fact: FactName,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Test {
    Among(BTreeSet<FactValue>),
    NotAmong(BTreeSet<FactValue>),
    Compare { least: bool, inclusive: bool, value: FactValue },
}

/// Result of testing a requirement against a device's facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The fact meets the requirement.
    Yes,
    /// The device did not report the fact.
    Unknown,
    /// The fact contradicts the requirement.
    No,
}

/// Error for text that is not a requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequirement {
    /// The text does not have a requirement's syntax.
    #[error(
        "{0:?} is not a requirement: it takes a fact, one of = != >= <= > <, and a value, such as hw.rev>=3; = and != \
         take up to {MAX_SET_VALUES} values, such as hw.board=a|b"
    )]
    Spelling(String),
    /// The name of the fact, or a value, is invalid.
    #[error(transparent)]
    Word(#[from] InvalidName),
}

impl Requirement {
    /// Returns the fact that the requirement tests.
    pub fn fact(&self) -> &FactName {
        &self.fact
    }

    /// Returns the values that the requirement names.
    pub fn values(&self) -> impl Iterator<Item = &FactValue> {
        let (set, one) = match &self.test {
            Test::Among(set) | Test::NotAmong(set) => (Some(set), None),
            Test::Compare { value, .. } => (None, Some(value)),
        };
        set.into_iter().flatten().chain(one)
    }

    /// Estimates the heap memory of the requirement, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        heap::text(self.fact.as_str())
            + heap::tree(self.values().count(), size_of::<FactValue>())
            + self.values().map(|value| heap::text(value.as_str())).sum::<usize>()
    }

    /// Returns true if the operator orders values: `>=`, `<=`, `>` or `<`.
    pub fn compares(&self) -> bool {
        matches!(self.test, Test::Compare { .. })
    }

    /// Tests the requirement against a device's facts.
    pub fn evaluate(&self, facts: &BTreeMap<FactName, FactValue>) -> Match {
        let Some(said) = facts.get(&self.fact) else { return Match::Unknown };
        let met = match &self.test {
            Test::Among(set) => set.contains(said),
            Test::NotAmong(set) => !set.contains(said),
            Test::Compare { least, inclusive, value } => match words::precedence(said.as_str(), value.as_str()) {
                Ordering::Equal => *inclusive,
                Ordering::Greater => *least,
                Ordering::Less => !*least,
            },
        };
        if met { Match::Yes } else { Match::No }
    }
}

impl FromStr for Requirement {
    type Err = InvalidRequirement;

    fn from_str(text: &str) -> Result<Self, InvalidRequirement> {
        let spelling = || InvalidRequirement::Spelling(text.chars().take(words::MAX_WORD_BYTES).collect());
        let at = text.find(['=', '!', '<', '>']).ok_or_else(spelling)?;
        let (fact, rest) = text.split_at(at);
        let end = rest.find(|c: char| !"=!<>".contains(c)).ok_or_else(spelling)?;
        let (operator, value) = rest.split_at(end);
        let value = value.trim().to_ascii_lowercase();
        let set = |text: &str| text.split('|').map(|one| one.trim().parse()).collect::<Result<BTreeSet<_>, _>>();
        let compare =
            |least, inclusive| Ok::<_, InvalidName>(Test::Compare { least, inclusive, value: value.parse()? });
        let test = match operator {
            "=" => Test::Among(set(&value)?),
            "!=" => Test::NotAmong(set(&value)?),
            ">=" => compare(true, true)?,
            ">" => compare(true, false)?,
            "<=" => compare(false, true)?,
            "<" => compare(false, false)?,
            _ => return Err(spelling()),
        };
        if matches!(&test, Test::Among(set) | Test::NotAmong(set) if set.len() > MAX_SET_VALUES) {
            return Err(spelling());
        }
        Ok(Requirement { fact: fact.trim().to_ascii_lowercase().parse()?, test })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match &self.test {
            Test::Among(_) => "=",
            Test::NotAmong(_) => "!=",
            Test::Compare { least: true, inclusive: true, .. } => ">=",
            Test::Compare { least: true, inclusive: false, .. } => ">",
            Test::Compare { least: false, inclusive: true, .. } => "<=",
            Test::Compare { least: false, inclusive: false, .. } => "<",
        };
        let values: Vec<&str> = self.values().map(FactValue::as_str).collect();
        write!(f, "{}{operator}{}", self.fact, values.join("|"))
    }
}

words::kept_as_text!(Requirement, InvalidRequirement);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_meet_requirements() {
        let facts = BTreeMap::from([("hw.rev".parse().unwrap(), "10".parse().unwrap())]);
        for (text, expected) in [
            ("hw.rev>=3", Match::Yes),
            ("hw.rev > 10", Match::No),
            ("HW.Rev<=10", Match::Yes),
            ("hw.rev<9", Match::No),
            ("hw.rev=3|10", Match::Yes),
            ("hw.rev!=3", Match::Yes),
            ("hw.rev!=10|3", Match::No),
            ("hw.board=x", Match::Unknown),
        ] {
            let requirement: Requirement = text.parse().unwrap();
            assert_eq!(requirement.evaluate(&facts), expected, "{text}");
            assert_eq!(requirement.to_string().parse::<Requirement>().unwrap(), requirement);
        }
    }

    #[test]
    fn what_is_no_requirement_is_refused() {
        for bad in
            ["", "hw.rev", "hw.rev=", "rev=3", "hw.rev==3", "hw.rev=>3", "=3", "hw.rev>=1|2", "hw.rev=a||b", "hw.rev~3"]
        {
            assert!(bad.parse::<Requirement>().is_err(), "{bad}");
        }
    }
}
