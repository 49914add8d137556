//! Keeping the list of known words at the CDN current.
//!
//! The CDN's function drops what no word of the catalog stands for, so that a million spellings of a question are one.
//! The list is in a key-value store of CloudFront's ([`resolver::query::CacheVocabulary::entries`]). Whatever writes to the
//! catalog writes there next; in between, a device that asks for something new is answered as if it had not.
//!
//! Two operators: each reads the store's version, then the catalog, then writes if the version is still that one. Who
//! finds nothing to write is done, so whoever wrote reads the catalog again, until there is nothing to write. So whoever
//! writes last has then read a catalog with everything whose publishers saw the list as it was before.
//!
//! An update of 50 entries is one step. A larger one is several, and a word that was known before and is after it is known
//! all the time: first the pages of the new list, which nobody looks at yet, then the entry that leads to them, then the
//! old pages go. Whoever is killed in between leaves the old list or the new one; the next update ends it.

mod edge;
mod noted;
mod place;
mod push;
mod steps;

pub use edge::Edge;
pub use noted::{note, noted, noted_in};
pub use place::{InvalidKnownWords, KnownWordsPlace};
pub use push::{KnownWordsState, clear, look, push};

/// Why the CDN does not know the words.
#[derive(Debug, thiserror::Error)]
pub enum KnownWordsError {
    /// The key-value store did not do what it was asked.
    #[error("{what}: {said}")]
    Edge {
        /// What could not be done.
        what: String,
        /// What AWS said, and what to do.
        said: String,
    },
    /// Somebody else wrote to it, again and again.
    #[error("somebody else writes to {0} all the time: try again")]
    Busy(String),
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] store::StoreError),
}
