use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use resolver::catalog::Component;
use resolver::query::CacheVocabulary;
use serde::Serialize;
use store::{Catalog, StoreError};

use super::edge::Edge;
use super::steps::{Entries, steps};
use super::{KnownWordsError, edge::Listed};

/// Components that are read at once.
const AT_ONCE: usize = 16;

/// How often a list is looked at that somebody else changes meanwhile.
const ATTEMPTS: u32 = 20;

/// Longest wait before that.
const PAUSE: Duration = Duration::from_millis(500);

/// Most words that are named one by one.
const MOST_NAMED: usize = 50;

/// What the CDN knows, and what it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownWordsState {
    /// Where it looks.
    pub place: String,
    /// How many words the catalog has.
    pub words: usize,
    /// Every word counts as known: there is no list, or none that can be read.
    pub keeps_everything: bool,
    /// What it does not know yet.
    pub missing: BTreeSet<String>,
    /// What it knows for nothing.
    pub needless: BTreeSet<String>,
    /// The list is entry by entry what it should be.
    pub current: bool,
    /// What was different was written.
    pub written: bool,
}

/// Compares what the CDN knows with the catalog: one read a component, one call for each 50 entries.
pub async fn look(edge: &Edge, catalog: &impl Catalog) -> Result<KnownWordsState, KnownWordsError> {
    let listed = edge.list().await?;
    let due = entries(catalog).await?;
    Ok(KnownWordsState::of(edge, &listed.entries, &due))
}

/// Makes the CDN know the catalog's words: the same, and one call for each 50 entries that differ. Returns what was
/// different at first.
pub async fn push(edge: &Edge, catalog: &impl Catalog) -> Result<KnownWordsState, KnownWordsError> {
    write(edge, async || entries(catalog).await).await
}

/// Takes the list away: the CDN keeps every word then.
pub async fn clear(edge: &Edge) -> Result<(), KnownWordsError> {
    write(edge, async || Ok(Entries::new())).await.map(drop)
}

/// Makes the list what is due by then. Whoever wrote asks once more what is due, until nothing differs: somebody may have
/// published, seen the list as it was before, and found nothing to write.
async fn write(
    edge: &Edge,
    due: impl AsyncFn() -> Result<Entries, StoreError>,
) -> Result<KnownWordsState, KnownWordsError> {
    let mut told = None;
    // What was written is the list, as long as nobody else writes: a condition on its version tells.
    let mut written = None;
    'again: for _ in 0..ATTEMPTS {
        // The version first: whoever publishes from now on writes the list after us, or makes us try again.
        let Listed { entries: before, mut etag } = match written.take() {
            Some(written) => written,
            None => edge.list().await?,
        };
        let due = due().await?;
        let state = KnownWordsState::of(edge, &before, &due);
        let steps = steps(&before, &due);
        if steps.is_empty() {
            return Ok(told.unwrap_or(state));
        }
        for step in steps {
            match edge.update(&etag, step).await? {
                Some(next) => etag = next,
                None => {
                    // Not all of those who met tries again at once.
                    tokio::time::sleep(PAUSE.mul_f64(fastrand::f64())).await;
                    continue 'again;
                }
            }
            told.get_or_insert_with(|| KnownWordsState { written: true, ..state.clone() });
        }
        written = Some(Listed { entries: due, etag });
    }
    Err(KnownWordsError::Busy(edge.place().to_string()))
}

/// The list that a catalog comes to.
async fn entries(catalog: &impl Catalog) -> Result<Entries, StoreError> {
    let keys = catalog.components().await?;
    let reads = keys.into_iter().map(async |key| catalog.component(&key).await);
    let components: Vec<Option<Component>> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(CacheVocabulary::of(components.iter().flatten()).entries())
}

/// The words of a list; `None` if it has none, so that every word counts as known.
fn words(entries: &Entries) -> Option<BTreeSet<String>> {
    let first = entries.get("words")?;
    let of = |page: &str| page.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let Some(count) = first.strip_prefix('*') else { return Some(of(first).into_iter().collect()) };
    let pages = entries.iter().filter(|(key, _)| key.starts_with(&format!("words/{count}/")));
    Some(pages.flat_map(|(_, page)| of(page)).collect())
}

impl KnownWordsState {
    fn of(edge: &Edge, before: &Entries, due: &Entries) -> KnownWordsState {
        let (known, should) = (words(before), words(due).unwrap_or_default());
        let keeps_everything = known.is_none();
        let known = known.unwrap_or_default();
        KnownWordsState {
            place: edge.place().to_string(),
            words: should.len(),
            keeps_everything,
            missing: if keeps_everything { BTreeSet::new() } else { should.difference(&known).cloned().collect() },
            needless: known.difference(&should).cloned().collect(),
            current: before == due,
            written: false,
        }
    }
}

impl fmt::Display for KnownWordsState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KnownWordsState { place, words, .. } = self;
        let listed = |f: &mut fmt::Formatter<'_>, sign, words: &BTreeSet<String>| {
            words.iter().take(MOST_NAMED).try_for_each(|word| writeln!(f, "{sign} {word}"))?;
            match words.len().saturating_sub(MOST_NAMED) {
                0 => Ok(()),
                more => writeln!(f, "{sign} and {more} more"),
            }
        };
        listed(f, '+', &self.missing)?;
        listed(f, '-', &self.needless)?;
        match (self.current, self.written) {
            (true, _) => write!(f, "{place} knows the catalog's {words} words"),
            (false, true) => write!(f, "{place} knows the catalog's {words} words now"),
            (false, false) if self.keeps_everything => {
                write!(f, "{place} has no list: the CDN keeps whatever a device says; --push writes {words} words")
            }
            (false, false) => write!(f, "{place} has another list than the catalog's {words} words: --push mends it"),
        }
    }
}
