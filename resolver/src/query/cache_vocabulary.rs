use std::collections::{BTreeMap, BTreeSet};

use crate::words::{ATTRIBUTE_PREFIX, AttributeName, ComponentKey, FactName, Md5};

/// Longest value of an entry, in bytes. CloudFront's key-value store allows 1 KB (its quotas).
pub const MAX_ENTRY_BYTES: usize = 1000;

/// Most pages of a vocabulary. A key-value store allows 5 MB (its quotas), keys included, and holds both vocabularies
/// while one replaces another with a different number of pages.
pub const MAX_PAGES: usize = 2400;

/// Key of the vocabulary's first entry.
const NAME: &str = "words";

/// The cache vocabulary of a catalog: the words that change some of its answers. Publishing writes it to the CDN, which
/// drops all other words from queries ([`super::Query::restrict_to`]).
///
/// An unnecessary word costs the cache additional keys, but a missing word gives devices wrong answers. In doubt, a word
/// is included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheVocabulary {
    /// Published components.
    pub components: BTreeSet<ComponentKey>,
    /// Attributes that select a channel.
    pub attributes: BTreeSet<AttributeName>,
    /// Facts that a release requires.
    pub facts: BTreeSet<FactName>,
    /// Digests that change the answer to a device that has them.
    pub digests: BTreeSet<Md5>,
    /// Traits that the answer about some component depends on.
    pub traits: BTreeSet<Trait>,
}

/// Property of a device that is not tied to a component. Most catalogs have no answers that depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trait {
    /// `cohort`, or `device`, from which it is computed.
    Cohort,
    /// `ring`
    Ring,
    /// `delta`
    Delta,
}

impl Trait {
    /// Returns the trait's key in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Trait::Cohort => "cohort",
            Trait::Ring => "ring",
            Trait::Delta => "delta",
        }
    }
}

impl CacheVocabulary {
    /// Returns the vocabulary as entries of a key-value store, from which the CDN's function (`edge/viewer-request`) reads
    /// it.
    ///
    /// If all words fit into one value, the entry `words` holds them, each with a space before and after it. Otherwise
    /// `words` is `*` and the number of pages, and a word is on page `words/<pages>/<page>`: the word's bytes as a number
    /// to the base 31, modulo the number of pages. Page names contain that number, so that while a vocabulary replaces
    /// one with another number of pages, a page that is not written yet is missing, and every word is kept meanwhile.
    ///
    /// Empty if there are too many words ([`MAX_PAGES`]): the CDN then keeps every word.
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

    /// Returns all words as they are looked up: keys in canonical spelling, digests as their [`prefix`].
    pub(super) fn words(&self) -> BTreeSet<String> {
        let names = self.components.iter().map(|name| name.as_str().to_owned());
        let attributes = self.attributes.iter().map(attribute);
        let facts = self.facts.iter().map(|name| name.as_str().to_owned());
        let traits = self.traits.iter().map(|one| one.as_str().to_owned());
        names.chain(attributes).chain(facts).chain(traits).chain(self.digests.iter().map(prefix)).collect()
    }
}

/// Returns an attribute's key in a query.
pub(super) fn attribute(name: &AttributeName) -> String {
    format!("{ATTRIBUTE_PREFIX}{name}")
}

/// Returns a digest's first eight hexadecimal digits, which identify it well enough in a quarter of the space. Another
/// digest with that prefix stays in queries, too.
pub(crate) fn prefix(digest: &Md5) -> String {
    let mut text = digest.to_string();
    text.truncate(8);
    text
}

fn page<'a>(words: impl IntoIterator<Item = &'a String>) -> String {
    words.into_iter().fold(" ".to_owned(), |page, word| page + word + " ")
}

/// Distributes the words over `count` pages; `None` if a page becomes too long.
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

    fn known(count: usize) -> CacheVocabulary {
        let names = (0..count).map(|number| format!("component-{number}").parse().unwrap());
        CacheVocabulary { components: names.collect(), ..CacheVocabulary::default() }
    }

    #[test]
    fn a_short_list_is_one_entry() {
        let words = CacheVocabulary {
            components: BTreeSet::from(["modemfw".parse().unwrap()]),
            attributes: BTreeSet::from(["gamer".parse().unwrap()]),
            facts: BTreeSet::from(["hw.rev".parse().unwrap()]),
            digests: BTreeSet::from(["d41d8cd98f00b204e9800998ecf8427e".parse().unwrap()]),
            traits: BTreeSet::from([Trait::Ring]),
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
