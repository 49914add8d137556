use std::collections::BTreeMap;

/// Most entries that one call changes (CloudFront developer guide, "Quotas on key value stores": 50 keys, or 3 MB; so many
/// entries are 75 KB at most).
pub(super) const MAX_CHANGES: usize = 50;

/// The entry that a reader looks at first. The others have names that start with it and `/`.
const FIRST: &str = "words";

/// Entries of a list, by their keys.
pub(super) type Entries = BTreeMap<String, String>;

/// What becomes of an entry: its new value, or nothing.
pub(super) type Change = (String, Option<String>);

/// An entry is part of the list. Whatever else is in the store is somebody else's.
pub(super) fn is_ours(key: &str) -> bool {
    key == FIRST || key.strip_prefix(FIRST).is_some_and(|rest| rest.starts_with('/'))
}

/// The calls that make one list of another, in order: of each the changes that are made at once. None if there is nothing
/// to change.
pub(super) fn steps(before: &Entries, after: &Entries) -> Vec<Vec<Change>> {
    let differs = |(key, value): &(&String, &String)| before.get(*key) != Some(*value);
    let puts = after.iter().filter(differs).map(|(key, value)| (key.clone(), Some(value.clone())));
    let gone = before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), None));
    // A page with fewer words than before is read in place of itself, so it does no harm that it comes first. Where the
    // first entry goes there is no list any more, and a page that is missing then is no loss.
    let rank = |(key, value): &Change| match (value.is_some(), key == FIRST) {
        (true, false) => 0,
        (_, true) => 1,
        (false, false) => 2,
    };
    let mut changes: Vec<Change> = puts.chain(gone).collect();
    changes.sort_by_key(rank);
    changes.chunks(MAX_CHANGES).map(<[Change]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use resolver::query::CacheVocabulary;

    use super::*;

    fn known(range: std::ops::Range<usize>) -> CacheVocabulary {
        let names = range.map(|number| format!("component-{number}").parse().unwrap());
        CacheVocabulary { components: names.collect(), ..CacheVocabulary::default() }
    }

    /// Whether a list knows a word, as the CDN's function reads it: what is missing is known.
    fn knows(entries: &Entries, word: &str) -> bool {
        let has = |page: &String| page.contains(&format!(" {word} "));
        match entries.get(FIRST) {
            None => true,
            Some(first) => match first.strip_prefix('*') {
                None => has(first),
                Some(count) => {
                    let count: usize = count.parse().unwrap();
                    let page = word.bytes().fold(0, |number, byte| (number * 31 + usize::from(byte)) % count);
                    entries.get(&format!("{FIRST}/{count}/{page}")).is_none_or(has)
                }
            },
        }
    }

    #[test]
    fn a_word_that_stays_is_known_all_the_time() {
        let lists = [known(0..0), known(0..5), known(3..40), known(0..900), known(100..8000), known(50..7990)];
        let lists: Vec<Entries> = lists.iter().map(CacheVocabulary::entries).chain([Entries::new()]).collect();
        for before in &lists {
            for after in &lists {
                let words: BTreeSet<String> = (0..8000).map(|number| format!("component-{number}")).collect();
                let stay: Vec<_> = words.iter().filter(|word| knows(before, word) && knows(after, word)).collect();
                let mut now = before.clone();
                for step in steps(before, after) {
                    assert!(step.len() <= MAX_CHANGES);
                    for (key, value) in step {
                        match value {
                            Some(value) => drop(now.insert(key, value)),
                            None => drop(now.remove(&key)),
                        }
                    }
                    assert!(stay.iter().all(|word| knows(&now, word)));
                }
                assert_eq!(&now, after);
                assert!(before != after || steps(before, after).is_empty());
            }
        }
    }

    #[test]
    fn what_is_somebody_elses_is_left_alone() {
        assert!(is_ours("words") && is_ours("words/12/3"));
        assert!(!is_ours("word") && !is_ours("words2") && !is_ours("other"));
    }
}
