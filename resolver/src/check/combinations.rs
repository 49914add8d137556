use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Component, Requirement};
use crate::words::{self, FactName, FactValue};

/// Most combinations of facts that a check proves one by one: eight values of each of four facts.
pub const MAX_COMBINATIONS: usize = 4096;

/// Most combinations of facts that paths are searched with if facts may be unknown: eight values of each of four facts
/// give 6,561.
const MAX_SILENT_COMBINATIONS: usize = 2 * MAX_COMBINATIONS;

/// A device's facts.
pub type Facts = BTreeMap<FactName, FactValue>;

/// Returns one set of facts for each class of devices that a component's requirements distinguish; `Err` with their
/// number if there are more than [`MAX_COMBINATIONS`].
pub fn combinations(component: &Component) -> Result<Vec<Facts>, usize> {
    combined(component, false, MAX_COMBINATIONS)
}

/// Returns one set of facts for each class of devices, among them devices that do not report some of the facts; `None`
/// if there are too many.
pub(super) fn combinations_with_unknown(component: &Component) -> Option<Vec<Facts>> {
    combined(component, true, MAX_SILENT_COMBINATIONS).ok()
}

fn combined(component: &Component, with_unknown: bool, most: usize) -> Result<Vec<Facts>, usize> {
    let requirements = || component.releases().iter().flat_map(|release| &release.requires);
    let mut combinations = vec![Facts::new()];
    for fact in component.graph().facts() {
        let about: Vec<&Requirement> = requirements().filter(|one| one.fact() == fact).collect();
        let known = representatives(&about).into_iter().map(Some);
        let values: Vec<Option<FactValue>> = known.chain(with_unknown.then_some(None)).collect();
        let count = combinations.len() * values.len();
        if count > most {
            return Err(count);
        }
        combinations = combinations
            .iter()
            .flat_map(|facts| {
                values.iter().map(|value| {
                    let mut facts = facts.clone();
                    facts.extend(value.clone().map(|value| (fact.clone(), value)));
                    facts
                })
            })
            .collect();
    }
    Ok(combinations)
}

/// Returns one value for each set of these requirements, all of one fact, that a value can meet. Candidates are the
/// values that the requirements name, and values below, between and above them.
fn representatives(about: &[&Requirement]) -> Vec<FactValue> {
    let mut named: Vec<&FactValue> = about.iter().flat_map(|one| one.values()).collect();
    named.sort_by(|a, b| words::precedence(a.as_str(), b.as_str()).then_with(|| a.cmp(b)));
    named.dedup();
    // With these ends a named value becomes one that is equal in another spelling, the next larger and the next smaller;
    // `0-alpha` is below every named value, and `any-other` equals none.
    let ends = ["", ".0", ".0.1", ".1", "-alpha", "a", "z"];
    let near = named.iter().flat_map(|value| ends.map(|end| format!("{value}{end}")));
    let others = ["0-alpha".to_owned(), "any-other".to_owned()];
    let mut classes = BTreeSet::new();
    near.chain(others)
        .filter_map(|text| text.parse::<FactValue>().ok())
        .filter(|value| {
            let facts = BTreeMap::from_iter(about.first().map(|one| (one.fact().clone(), value.clone())));
            let met: Vec<bool> = about.iter().map(|one| one.evaluate(&facts) == crate::catalog::Match::Yes).collect();
            classes.insert(met)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_meeting_them_has_a_value() {
        for (texts, expected) in [
            (&["hw.rev>=3"][..], 2),
            (&["hw.rev>=3", "hw.rev<5"], 3),
            (&["hw.rev>3", "hw.rev>=3"], 3),
            (&["hw.board=a|b", "hw.board=b|c"], 4),
            (&["hw.board=a", "hw.board!=a"], 2),
            (&["x.y>rc", "x.y<rcrc"], 3),
            (&["hw.rev>=3", "hw.rev>=4", "hw.rev=3"], 4),
            (&["hw.rev>=3", "hw.rev<=3", "hw.rev=3"], 4),
        ] {
            let requirements: Vec<Requirement> = texts.iter().map(|text| text.parse().unwrap()).collect();
            let values = representatives(&requirements.iter().collect::<Vec<_>>());
            assert_eq!(values.len(), expected, "{texts:?}: {values:?}");
        }
    }
}
