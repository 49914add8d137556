use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use quick_cache::sync::{Cache, EntryAction, EntryResult};
use resolver::catalog::Component;
use resolver::words::{AttributeName, ComponentKey};
use store::{Catalog, StoreError};

/// How long a record is used without asking the store again.
pub const FRESH: Duration = Duration::from_secs(5);

/// How long a record is used while the store cannot be asked: as long as caches keep answers while the origin fails.
pub const STALE: Duration = Duration::from_secs(resolver::answer::STALE_IF_ERROR_SECONDS);

/// How long a record that could not be read for the first time is not asked for again.
pub const FAILED: Duration = Duration::from_secs(1);

/// How many components, and how many attributes, are kept; the least used go first. Names that do not exist count too,
/// so a flood of made-up names costs memory for this many at most.
const CAPACITY: usize = 4096;

/// What a health check reads. Whether it exists does not matter.
const PROBE: &str = "healthz";

/// A catalog's records in the process's memory, for seconds.
pub(crate) struct CatalogCache<C> {
    catalog: C,
    /// How long a record is used while the store cannot be asked.
    pub(crate) stale: Duration,
    components: Cache<ComponentKey, Kept<Option<Arc<Component>>>>,
    attributes: Cache<AttributeName, Kept<Arc<[ComponentKey]>>>,
}

#[derive(Clone)]
enum Kept<T> {
    Record {
        value: T,
        read_at: Instant,
        /// When the store was last asked, or is being asked by another request.
        asked_at: Instant,
    },
    /// The first read failed.
    Failure { at: Instant },
}

/// How many reads of one request memory answered, and how many the store.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    pub(crate) hits: AtomicU32,
    pub(crate) misses: AtomicU32,
}

impl<C: Catalog> CatalogCache<C> {
    pub(crate) fn new(catalog: C) -> Self {
        let (components, attributes) = (Cache::new(CAPACITY), Cache::new(CAPACITY));
        CatalogCache { catalog, stale: STALE, components, attributes }
    }

    /// Whether the store answers now; memory is not asked.
    pub(crate) async fn probe(&self) -> Result<(), StoreError> {
        #[expect(clippy::expect_used, reason = "a short lower-case word is a component key")]
        let key = PROBE.parse().expect("the probe is a component's key");
        self.catalog.component(&key).await.map(|_| ())
    }

    pub(crate) async fn component(
        &self,
        key: &ComponentKey,
        reads: &Reads,
    ) -> Result<Option<Arc<Component>>, StoreError> {
        let read = async || Ok(self.catalog.component(key).await?.map(Arc::new));
        through(&self.components, key, self.stale, reads, read).await
    }

    pub(crate) async fn wanting(
        &self,
        attribute: &AttributeName,
        reads: &Reads,
    ) -> Result<Arc<[ComponentKey]>, StoreError> {
        let read = async || Ok(self.catalog.wanting(attribute).await?.into());
        through(&self.attributes, attribute, self.stale, reads, read).await
    }
}

/// What memory has of a record.
enum Found<V> {
    /// It is used as it is.
    Fresh(V),
    /// It is no longer fresh, and whoever found it so asks the store; to everybody else it is fresh meanwhile.
    Overdue(V, Instant),
    /// The first read failed a moment ago.
    Failed,
}

impl<V: Clone> Kept<V> {
    /// What a request that came `now` makes of it, decided for one request at a time.
    fn found(&mut self, now: Instant) -> EntryAction<Found<V>> {
        match self {
            Kept::Record { value, asked_at, .. } if now.saturating_duration_since(*asked_at) < FRESH => {
                EntryAction::Retain(Found::Fresh(value.clone()))
            }
            Kept::Record { value, read_at, asked_at } => {
                *asked_at = now;
                EntryAction::Retain(Found::Overdue(value.clone(), *read_at))
            }
            Kept::Failure { at } if now.saturating_duration_since(*at) < FAILED => EntryAction::Retain(Found::Failed),
            Kept::Failure { .. } => EntryAction::ReplaceWithGuard,
        }
    }
}

/// Reads through a cache. Of many requests at once, one asks the store: for a record that is not there the others wait
/// for what it gets, be it a failure; for one that is no longer fresh they take what is there.
async fn through<K: Hash + Eq + Clone + Display, V: Clone>(
    cache: &Cache<K, Kept<V>>,
    key: &K,
    stale: Duration,
    reads: &Reads,
    read: impl AsyncFnOnce() -> Result<V, StoreError>,
) -> Result<V, StoreError> {
    let now = Instant::now();
    // Nearly every request ends here, beside others that do.
    if let Some(Kept::Record { value, asked_at, .. }) = cache.get(key)
        && now.saturating_duration_since(asked_at) < FRESH
    {
        reads.hits.fetch_add(1, Ordering::Relaxed);
        return Ok(value);
    }
    match cache.entry_async(key, |_, kept| kept.found(now)).await {
        EntryResult::Retained(Found::Fresh(value)) => {
            reads.hits.fetch_add(1, Ordering::Relaxed);
            Ok(value)
        }
        EntryResult::Retained(Found::Overdue(value, read_at)) => {
            reads.misses.fetch_add(1, Ordering::Relaxed);
            match read().await {
                Ok(value) => {
                    cache.insert(key.clone(), Kept::Record { value: value.clone(), read_at: now, asked_at: now });
                    Ok(value)
                }
                Err(error @ StoreError::Unavailable { .. }) if read_at.elapsed() < stale => {
                    // It may have taken as long as a record is fresh: somebody would always wait for the next failure.
                    cache.insert(key.clone(), Kept::Record { value: value.clone(), read_at, asked_at: Instant::now() });
                    tracing::warn!(%key, %error, "serving a stale record");
                    Ok(value)
                }
                Err(error) => {
                    cache.remove(key);
                    Err(error)
                }
            }
        }
        EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => {
            reads.misses.fetch_add(1, Ordering::Relaxed);
            let read = read().await;
            // Where there is no room for it, nobody finds it: the next request asks the store.
            let _ = guard.insert(match &read {
                Ok(value) => Kept::Record { value: value.clone(), read_at: now, asked_at: now },
                Err(_) => Kept::Failure { at: Instant::now() },
            });
            read
        }
        EntryResult::Retained(Found::Failed) => Err(failed_before()),
        EntryResult::Removed(..) | EntryResult::Timeout => {
            unreachable!("nothing is removed, and nobody waits for a limited time")
        }
    }
}

fn failed_before() -> StoreError {
    StoreError::catalog("it failed a moment ago, and is not asked again yet")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::thread;

    use super::*;

    const THREADS: usize = 4;
    const ROUNDS: usize = 2000;

    /// How often the store is asked when this many ask at the very same time for what memory has like this.
    fn asked(kept: fn(Instant) -> Kept<u8>) -> Vec<u32> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
        let ago = |age: Duration| Instant::now().checked_sub(age).unwrap_or_else(|| panic!("started just now"));
        let caches: Vec<Cache<u8, Kept<u8>>> = (0..ROUNDS).map(|_| Cache::new(8)).collect();
        caches.iter().for_each(|cache| cache.insert(1, kept(ago(FRESH.max(FAILED)))));
        let counts: Vec<AtomicU32> = (0..ROUNDS).map(|_| AtomicU32::new(0)).collect();
        let (caches, counts, barrier) = (Arc::new(caches), Arc::new(counts), Arc::new(Barrier::new(THREADS)));
        let threads = (0..THREADS).map(|_| {
            let (caches, counts, barrier) = (Arc::clone(&caches), Arc::clone(&counts), Arc::clone(&barrier));
            let handle = runtime.handle().clone();
            thread::spawn(move || {
                for (cache, count) in caches.iter().zip(&*counts) {
                    barrier.wait();
                    let read = async || {
                        count.fetch_add(1, Ordering::Relaxed);
                        Ok(2)
                    };
                    let read = handle.block_on(through(cache, &1, STALE, &Reads::default(), read));
                    assert!(matches!(read, Ok(1 | 2)), "{read:?}");
                }
            })
        });
        for thread in threads.collect::<Vec<_>>() {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        counts.iter().map(|count| count.load(Ordering::Relaxed)).collect()
    }

    #[test]
    fn one_of_many_asks_for_what_is_no_longer_fresh() {
        let counts = asked(|then| Kept::Record { value: 1, read_at: then, asked_at: then });
        assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
    }

    #[test]
    fn one_of_many_asks_again_for_what_failed() {
        let counts = asked(|then| Kept::Failure { at: then });
        assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
    }
}
