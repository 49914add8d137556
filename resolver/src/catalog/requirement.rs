use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::heap;
use crate::words::{self, FactName, FactValue, InvalidName};

/// Most values in a set.
pub const MAX_SET_VALUES: usize = 64;

/// What a release asks of a fact: `hw.rev>=3`, `hw.board=a|b`, `region.code!=eu`.
///
/// `=` and `!=` take a set and compare spellings; the others compare numbers, as versions are compared.
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

/// How a device's facts meet a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// The fact is as required.
    Yes,
    /// The device did not say.
    Unsaid,
    /// The fact is otherwise.
    No,
}

/// Not a requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequirement {
    /// It is spelled otherwise.
    #[error(
        "{0:?} is not a requirement: it takes a fact, one of = != >= <= > <, and a value, such as hw.rev>=3; = and != \
         take up to {MAX_SET_VALUES} values, such as hw.board=a|b"
    )]
    Spelling(String),
    /// The fact or a value is none.
    #[error(transparent)]
    Word(#[from] InvalidName),
}

impl Requirement {
    /// The fact it is about.
    pub fn fact(&self) -> &FactName {
        &self.fact
    }

    /// The values it names.
    pub fn values(&self) -> impl Iterator<Item = &FactValue> {
        let (set, one) = match &self.test {
            Test::Among(set) | Test::NotAmong(set) => (Some(set), None),
            Test::Compare { value, .. } => (None, Some(value)),
        };
        set.into_iter().flatten().chain(one)
    }

    /// An estimate of the memory that it points at, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        heap::text(self.fact.as_str())
            + heap::tree(self.values().count(), size_of::<FactValue>())
            + self.values().map(|value| heap::text(value.as_str())).sum::<usize>()
    }

    /// It tells larger values from smaller ones.
    pub fn compares(&self) -> bool {
        matches!(self.test, Test::Compare { .. })
    }

    /// Whether a device with these facts meets it.
    pub fn met(&self, facts: &BTreeMap<FactName, FactValue>) -> Met {
        let Some(said) = facts.get(&self.fact) else { return Met::Unsaid };
        let met = match &self.test {
            Test::Among(set) => set.contains(said),
            Test::NotAmong(set) => !set.contains(said),
            Test::Compare { least, inclusive, value } => match words::precedence(said.as_str(), value.as_str()) {
                Ordering::Equal => *inclusive,
                Ordering::Greater => *least,
                Ordering::Less => !*least,
            },
        };
        if met { Met::Yes } else { Met::No }
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
            ("hw.rev>=3", Met::Yes),
            ("hw.rev > 10", Met::No),
            ("HW.Rev<=10", Met::Yes),
            ("hw.rev<9", Met::No),
            ("hw.rev=3|10", Met::Yes),
            ("hw.rev!=3", Met::Yes),
            ("hw.rev!=10|3", Met::No),
            ("hw.board=x", Met::Unsaid),
        ] {
            let requirement: Requirement = text.parse().unwrap();
            assert_eq!(requirement.met(&facts), expected, "{text}");
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
