use std::collections::{BTreeMap, BTreeSet};

use super::KnownWords;

/// Longest value of an entry, in bytes. A value of CloudFront's key-value store takes 1 KB (its quotas).
pub const MAX_ENTRY_BYTES: usize = 1000;

/// Most pages of a list. A whole key-value store takes 5 MB (its quotas), keys included, and while a list is replaced by
/// one of another number of pages, both are there.
pub const MAX_PAGES: usize = 2400;

/// Where the list is looked for.
const NAME: &str = "words";

impl KnownWords {
    /// The list as the CDN's function looks words up in a key-value store; `edge/viewer-request` has its other end.
    ///
    /// Where all words fit into one value, that is `words`: each with a space before and behind it. Otherwise `words` is
    /// `*` and a number of pages; a word is on page `words/<pages>/<page>`, whose number is the word's bytes as a number
    /// to the base 31, modulo the pages. The names of pages differ with their number, so that while a list is being
    /// replaced by one of another number, what is not there yet is found missing, and every word is known meanwhile.
    ///
    /// Empty if there are too many words ([`MAX_PAGES`]): then there is no list, and every word counts as known.
    pub fn entries(&self) -> BTreeMap<String, String> {
        let words = self.words();
        let whole = page(&words);
        if whole.len() <= MAX_ENTRY_BYTES {
            return BTreeMap::from([(NAME.to_owned(), whole)]);
        }
        let least = whole.len().div_ceil(MAX_ENTRY_BYTES);
        let Some(pages) = (least..=MAX_PAGES).find_map(|count| pages(&words, count)) else { return BTreeMap::new() };
        let count = pages.len();
        let named = pages.into_iter().enumerate().map(|(number, page)| (format!("{NAME}/{count}/{number}"), page));
        named.chain([(NAME.to_owned(), format!("*{count}"))]).collect()
    }
}

fn page<'a>(words: impl IntoIterator<Item = &'a String>) -> String {
    words.into_iter().fold(" ".to_owned(), |page, word| page + word + " ")
}

/// The words on so many pages, if none of these gets too long.
fn pages(words: &BTreeSet<String>, count: usize) -> Option<Vec<String>> {
    let mut pages = vec![" ".to_owned(); count];
    for word in words {
        let number = word.bytes().fold(0, |number, byte| (number * 31 + usize::from(byte)) % count);
        let page = &mut pages[number];
        page.extend([word, " "]);
        if page.len() > MAX_ENTRY_BYTES {
            return None;
        }
    }
    Some(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(count: usize) -> KnownWords {
        let names = (0..count).map(|number| format!("component-{number}").parse().unwrap());
        KnownWords { components: names.collect(), ..KnownWords::default() }
    }

    #[test]
    fn a_short_list_is_one_entry() {
        let words = KnownWords {
            components: BTreeSet::from(["modemfw".parse().unwrap()]),
            attributes: BTreeSet::from(["gamer".parse().unwrap()]),
            facts: BTreeSet::from(["hw.rev".parse().unwrap()]),
            digests: BTreeSet::from(["d41d8cd98f00b204e9800998ecf8427e".parse().unwrap()]),
            traits: BTreeSet::from([super::super::Trait::Ring]),
        };
        let entry = (NAME.to_owned(), " attrgamer d41d8cd9 hw.rev modemfw ring ".to_owned());
        assert_eq!(words.entries(), BTreeMap::from([entry]));
        assert_eq!(known(0).entries(), BTreeMap::from([(NAME.to_owned(), " ".to_owned())]));
    }

    #[test]
    fn a_long_list_is_on_pages_of_which_none_is_too_long() {
        for count in [100, 1_000, 30_000] {
            let entries = known(count).entries();
            let pages = entries[NAME].strip_prefix('*').unwrap().parse::<usize>().unwrap();
            assert_eq!(entries.len(), pages + 1);
            assert!(entries.values().all(|value| value.len() <= MAX_ENTRY_BYTES));
            let words: usize = entries.values().map(|page| page.split_ascii_whitespace().count()).sum();
            assert_eq!(words, count + 1);
        }
    }

    /// A list that grows is written beside the one that it replaces.
    #[test]
    fn two_of_the_longest_lists_fit_into_a_store() {
        const STORE_BYTES: usize = 5_000_000;
        let longest = MAX_ENTRY_BYTES + format!("{NAME}/{MAX_PAGES}/{MAX_PAGES}").len();
        assert!(2 * MAX_PAGES * longest < STORE_BYTES);
    }

    #[test]
    fn of_too_many_words_there_is_no_list() {
        assert!(known(300_000).entries().is_empty());
    }
}
