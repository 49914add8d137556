use std::collections::BTreeSet;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::try_join;
use quick_cache::sync::{Cache, DefaultLifecycle, EntryAction, EntryResult, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, Weighter};
use resolver::catalog::{Component, Components};
use resolver::decide::Lookups;
use resolver::words::{AttributeName, ComponentKey};
use store::{Catalog, StoreError};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Time for which a record is used without reading the store again.
pub const FRESH: Duration = Duration::from_secs(5);

/// Time for which a stale record is used while the store fails: as long as caches keep answers while the origin fails.
pub const STALE: Duration = Duration::from_secs(resolver::answer::STALE_IF_ERROR_SECONDS);

/// Time for which a record is not read again after its first read failed.
pub const FAILED: Duration = Duration::from_secs(1);

/// Longest wait of a query for its turn to read the store: the timeout of a store's operation.
const TURN: Duration = Duration::from_secs(5);

/// Most queries with few cache misses that read the store concurrently. Further ones wait, so that neither the reads in
/// flight nor the store's queue grow with the number of connections. Cache hits do not wait.
const SHORT_TURNS: usize = 8;

/// Most queries with many cache misses that read the store concurrently, so that they do not delay those with few.
const LONG_TURNS: usize = 3;

/// Most cache misses of a query with a short turn.
const FEW: usize = 16;

/// Memory of an entry without its names and its record, in bytes: its slot and the cache's metadata. Missing names are
/// entries, too.
const ENTRY_BYTES: usize = 320;

/// Usual number of records, as a hint for the first allocation. It also limits the number of the cache's shards, so that
/// each is large enough for a component of some thousand releases.
const TYPICAL_RECORDS: usize = 64;

/// Name that a health check reads, whether or not it exists.
const PROBE: &str = "healthz";

/// Cache of a catalog's records in memory, which keeps them for seconds and evicts the least used ones.
pub(crate) struct CatalogCache<C> {
    catalog: C,
    /// Time for which a stale record is used while the store fails.
    pub(crate) stale: Duration,
    components: Cache<ComponentKey, Kept<Option<Read>>, Weight>,
    attributes: Cache<AttributeName, Kept<List>, Weight>,
    short_turns: Semaphore,
    long_turns: Semaphore,
    next_read: AtomicU64,
}

/// A component with the id of the read that returned it.
#[derive(Clone)]
struct Read {
    /// Number of the read in this process. A record that is read again gets another id, even if it is equal.
    id: u64,
    component: Arc<Component>,
    bytes: u64,
}

/// A list of components with the id of the read that returned it.
#[derive(Clone)]
struct List {
    id: u64,
    keys: Arc<[ComponentKey]>,
}

/// Components that a decision depends on.
pub(crate) struct Fetched {
    pub(crate) components: Components,
    pub(crate) origin: Origin,
}

/// Reads that a decision follows from. Answers keep them, because they keep no record in memory.
pub(crate) struct Origin {
    lists: Vec<(AttributeName, u64)>,
    /// Reads of components; `None` for a component that does not exist.
    components: Vec<(ComponentKey, Option<u64>)>,
}

#[derive(Clone)]
enum Kept<T> {
    Record {
        value: T,
        read_at: Instant,
        /// Start of the last read of the store, which may be in progress.
        asked_at: Instant,
    },
    /// The first read failed at this time.
    Failure { at: Instant },
}

/// Numbers of cache hits and misses of one request.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    pub(crate) hits: AtomicU32,
    pub(crate) misses: AtomicU32,
}

impl<C: Catalog> CatalogCache<C> {
    /// Creates a cache of at most this many bytes, a quarter of them for the lists of attributes.
    pub(crate) fn new(catalog: C, bytes: u64) -> Self {
        CatalogCache {
            catalog,
            stale: STALE,
            components: Cache::with_weighter(TYPICAL_RECORDS, bytes - bytes / 4, Weight),
            attributes: Cache::with_weighter(TYPICAL_RECORDS, bytes / 4, Weight),
            short_turns: Semaphore::new(SHORT_TURNS),
            long_turns: Semaphore::new(LONG_TURNS),
            next_read: AtomicU64::new(0),
        }
    }

    /// Returns the store, dropping the cache.
    pub(crate) fn into_store(self) -> C {
        self.catalog
    }

    /// Checks that the store answers now, bypassing the cache.
    pub(crate) async fn probe(&self) -> Result<(), StoreError> {
        #[expect(clippy::expect_used, reason = "a short lower-case word is a component key")]
        let key = PROBE.parse().expect("the probe is a component's key");
        self.catalog.component(&key).await.map(|_| ())
    }

    /// Fetches the components that a decision depends on, in at most two rounds of concurrent reads.
    pub(crate) async fn fetch(&self, wanted: &Lookups, reads: &Reads) -> Result<Fetched, StoreError> {
        if let Some(fetched) = self.cached(wanted, reads) {
            return Ok(fetched);
        }
        let mut turn = self.missing(wanted);
        let turns = if turn.misses <= FEW { &self.short_turns } else { &self.long_turns };
        let right = timeout(TURN, turns.acquire()).await;
        turn.may_read = matches!(right, Ok(Ok(_)));
        let (names, keys) = (wanted.attributes.iter().cloned(), wanted.components.iter().cloned());
        let (lists, mut found) =
            try_join(self.lists(names.collect(), &turn, reads), self.read(keys.collect(), &turn, reads)).await?;
        let listed: BTreeSet<_> = lists.iter().flat_map(|(_, list)| list.keys.iter()).collect();
        let more = listed.into_iter().filter(|key| !wanted.components.contains(*key)).cloned().collect();
        found.extend(self.read(more, &turn, reads).await?);
        Ok(Fetched::of(&lists, found))
    }

    /// Returns the number of records that an answer follows from, if all of them are cached, fresh, and from these reads.
    /// Nearly every request ends here, so nothing is copied.
    pub(crate) fn unchanged(&self, origin: &Origin) -> Option<u32> {
        let now = Instant::now();
        let is_list = |(name, id): &(_, _)| fresh(&self.attributes, name, now).is_some_and(|list| list.id == *id);
        let is_read = |(key, id): &(_, Option<u64>)| {
            fresh(&self.components, key, now).is_some_and(|read| read.map(|read| read.id) == *id)
        };
        let unchanged = origin.lists.iter().all(is_list) && origin.components.iter().all(is_read);
        unchanged.then_some(origin.len() as u32)
    }

    /// Returns the components that a decision depends on, if all of them are cached and fresh.
    fn cached(&self, wanted: &Lookups, reads: &Reads) -> Option<Fetched> {
        let now = Instant::now();
        let list = |name: &AttributeName| Some((name.clone(), fresh(&self.attributes, name, now)?));
        let lists: Vec<_> = wanted.attributes.iter().map(list).collect::<Option<_>>()?;
        let mut keys: BTreeSet<_> = lists.iter().flat_map(|(_, list)| list.keys.iter()).collect();
        keys.extend(&wanted.components);
        let found = keys.into_iter().map(|key| Some((key.clone(), fresh(&self.components, key, now)?)));
        let fetched = Fetched::of(&lists, found.collect::<Option<_>>()?);
        reads.hits.fetch_add(fetched.origin.len() as u32, Ordering::Relaxed);
        Some(fetched)
    }

    /// Determines which records a query has to read. It claims overdue records before it waits for its turn; other queries
    /// treat them as fresh meanwhile.
    fn missing(&self, wanted: &Lookups) -> Turn {
        let now = Instant::now();
        let (attributes, components) = (BTreeSet::new(), BTreeSet::new());
        let mut turn = Turn { now, may_read: false, misses: 0, attributes, components };
        let mut keys = wanted.components.clone();
        for name in &wanted.attributes {
            // The number of components in an unknown list is known only after it is read.
            turn.misses += if overdue(&self.attributes, name, turn.now, &mut turn.attributes) { FEW + 1 } else { 0 };
            if let Some(Kept::Record { value, .. }) = self.attributes.peek(name) {
                keys.extend(value.keys.iter().cloned());
            }
        }
        for key in &keys {
            turn.misses += usize::from(overdue(&self.components, key, turn.now, &mut turn.components));
        }
        turn
    }

    /// Reads these components; `None` for those that do not exist.
    async fn read(
        &self,
        keys: Vec<ComponentKey>,
        turn: &Turn,
        reads: &Reads,
    ) -> Result<Vec<(ComponentKey, Option<Read>)>, StoreError> {
        let read = |keys: Vec<ComponentKey>| async move {
            let read = self.catalog.several(&keys).await.into_iter();
            read.map(|read| Ok(read?.map(|component| self.identified(component)))).collect()
        };
        through(&self.components, keys, (turn, &turn.components), self.stale, reads, read).await
    }

    /// Reads the components that one of these attributes selects.
    async fn lists(
        &self,
        names: Vec<AttributeName>,
        turn: &Turn,
        reads: &Reads,
    ) -> Result<Vec<(AttributeName, List)>, StoreError> {
        let read = |names: Vec<AttributeName>| async move {
            let read = self.catalog.wanting_any(&names).await.into_iter();
            read.map(|keys| Ok(List { id: self.next_read(), keys: keys?.into() })).collect()
        };
        through(&self.attributes, names, (turn, &turn.attributes), self.stale, reads, read).await
    }

    fn identified(&self, component: Component) -> Read {
        let bytes = component.heap_bytes() as u64;
        Read { id: self.next_read(), component: Arc::new(component), bytes }
    }

    fn next_read(&self) -> u64 {
        self.next_read.fetch_add(1, Ordering::Relaxed)
    }
}

/// A query's turn to read the store.
struct Turn {
    now: Instant,
    /// Whether the query may read the store. Otherwise it waited too long, and takes cached records.
    may_read: bool,
    /// Approximate number of records that the query reads.
    misses: usize,
    /// Overdue attributes that this query has claimed.
    attributes: BTreeSet<AttributeName>,
    components: BTreeSet<ComponentKey>,
}

impl Fetched {
    fn of(lists: &[(AttributeName, List)], found: Vec<(ComponentKey, Option<Read>)>) -> Fetched {
        let origin = Origin {
            lists: lists.iter().map(|(name, list)| (name.clone(), list.id)).collect(),
            components: found.iter().map(|(key, read)| (key.clone(), read.as_ref().map(|read| read.id))).collect(),
        };
        let there = found.into_iter().filter_map(|(key, read)| Some((key, read?.component)));
        Fetched { components: there.collect(), origin }
    }
}

impl Origin {
    /// Number of records.
    pub(crate) fn len(&self) -> usize {
        self.lists.len() + self.components.len()
    }
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<ComponentKey, Kept<Option<Read>>> for Weight {
    fn weight(&self, key: &ComponentKey, kept: &Kept<Option<Read>>) -> u64 {
        let component = match kept {
            Kept::Record { value: Some(read), .. } => read.bytes,
            Kept::Record { value: None, .. } | Kept::Failure { .. } => 0,
        };
        (ENTRY_BYTES + key.as_str().len()) as u64 + component
    }
}

impl Weighter<AttributeName, Kept<List>> for Weight {
    fn weight(&self, name: &AttributeName, kept: &Kept<List>) -> u64 {
        // The header and the allocation of a string.
        let listed = |key: &ComponentKey| key.as_str().len() + 48;
        let list = match kept {
            Kept::Record { value, .. } => value.keys.iter().map(listed).sum(),
            Kept::Failure { .. } => 0,
        };
        (ENTRY_BYTES + name.as_str().len() + list) as u64
    }
}

/// State of a cached record.
enum Found<V> {
    /// The record is fresh.
    Fresh(V),
    /// The record is overdue, and this request has claimed it; other requests treat it as fresh meanwhile.
    Overdue(V, Instant),
    /// The first read of the record has just failed.
    Failed,
}

impl<V: Clone> Kept<V> {
    /// Decides, for one request at a time, whether it takes the entry or reads the store. `mine` is true if the request has
    /// claimed it already.
    fn found(&mut self, now: Instant, mine: bool) -> EntryAction<Found<V>> {
        match self {
            Kept::Record { value, asked_at, .. } if !mine && now.saturating_duration_since(*asked_at) < FRESH => {
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

/// Returns a record that is cached and fresh.
fn fresh<K: Hash + Eq, V: Clone, W: Weighter<K, Kept<V>> + Clone>(
    cache: &Cache<K, Kept<V>, W>,
    key: &K,
    now: Instant,
) -> Option<V> {
    match cache.get(key)? {
        Kept::Record { value, asked_at, .. } if now.saturating_duration_since(asked_at) < FRESH => Some(value),
        Kept::Record { .. } | Kept::Failure { .. } => None,
    }
}

/// Returns true if a record must be read, and claims it if it is cached but overdue.
fn overdue<K: Hash + Eq + Ord + Clone, V: Clone, W: Weighter<K, Kept<V>> + Clone>(
    cache: &Cache<K, Kept<V>, W>,
    key: &K,
    now: Instant,
    mine: &mut BTreeSet<K>,
) -> bool {
    if fresh(cache, key, now).is_some() {
        return false;
    }
    let found = |kept: &mut Kept<V>| match kept {
        Kept::Record { .. } => kept.found(now, false),
        Kept::Failure { .. } => EntryAction::Retain(Found::Failed),
    };
    // A missing record is not claimed yet, because only a query with a turn may make others wait.
    match cache.entry(key, Some(Duration::ZERO), |_, kept| found(kept)) {
        EntryResult::Retained(Found::Fresh(_)) => false,
        EntryResult::Retained(Found::Overdue(..)) => {
            mine.insert(key.clone());
            true
        }
        _ => true,
    }
}

/// A request's claim to read a record, or the record.
enum Claim<'a, K, V, W> {
    Fresh(V),
    /// The request reads the record, and others use the old one meanwhile.
    Overdue(V, Instant),
    /// The request reads the record, and others wait.
    Absent(PlaceholderGuard<'a, K, Kept<V>, W, DefaultHashBuilder, DefaultLifecycle<K, Kept<V>>>),
}

/// Looks up a record. Of many concurrent requests, one reads the store: for a missing record the others wait for its
/// result, even a failure; for an overdue one they take the old record.
async fn claim<'a, K: Hash + Eq + Clone, V: Clone, W: Weighter<K, Kept<V>> + Clone>(
    cache: &'a Cache<K, Kept<V>, W>,
    key: &K,
    now: Instant,
    mine: bool,
    reads: &Reads,
) -> Result<Claim<'a, K, V, W>, StoreError> {
    let (count, claim) = match cache.entry_async(key, |_, kept| kept.found(now, mine)).await {
        EntryResult::Retained(Found::Fresh(value)) => (&reads.hits, Claim::Fresh(value)),
        EntryResult::Retained(Found::Overdue(value, read_at)) => (&reads.misses, Claim::Overdue(value, read_at)),
        EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => (&reads.misses, Claim::Absent(guard)),
        EntryResult::Retained(Found::Failed) => return Err(failed_before()),
        EntryResult::Removed(..) | EntryResult::Timeout => {
            unreachable!("nothing is removed, and no wait has a timeout")
        }
    };
    count.fetch_add(1, Ordering::Relaxed);
    Ok(claim)
}

/// Stores the result of a claimed read.
fn settle<K: Hash + Eq + Clone + Display, V: Clone, W: Weighter<K, Kept<V>> + Clone>(
    cache: &Cache<K, Kept<V>, W>,
    key: &K,
    claim: Claim<'_, K, V, W>,
    now: Instant,
    stale: Duration,
    read: Result<V, StoreError>,
) -> Result<V, StoreError> {
    match (claim, read) {
        (Claim::Fresh(value), _) => Ok(value),
        (Claim::Overdue(..), Ok(value)) => {
            cache.insert(key.clone(), Kept::Record { value: value.clone(), read_at: now, asked_at: now });
            Ok(value)
        }
        (Claim::Overdue(value, read_at), Err(error @ StoreError::Unavailable { .. })) if read_at.elapsed() < stale => {
            // A failure may take as long as a record stays fresh, so that a request would always wait for the next one.
            cache.insert(key.clone(), Kept::Record { value: value.clone(), read_at, asked_at: Instant::now() });
            tracing::warn!(%key, %error, "serving a stale record");
            Ok(value)
        }
        (Claim::Overdue(..), Err(error)) => {
            cache.remove(key);
            Err(error)
        }
        (Claim::Absent(guard), read) => {
            // If the cache has no capacity for the record, the next request reads the store.
            let _ = guard.insert(match &read {
                Ok(value) => Kept::Record { value: value.clone(), read_at: now, asked_at: now },
                Err(_) => Kept::Failure { at: Instant::now() },
            });
            read
        }
    }
}

/// Reads records through a cache during a query's turn. The query may have claimed some of them.
async fn through<K, V, W, F>(
    cache: &Cache<K, Kept<V>, W>,
    keys: Vec<K>,
    (turn, mine): (&Turn, &BTreeSet<K>),
    stale: Duration,
    reads: &Reads,
    read: impl Fn(Vec<K>) -> F,
) -> Result<Vec<(K, V)>, StoreError>
where
    K: Hash + Ord + Clone + Display,
    V: Clone,
    W: Weighter<K, Kept<V>> + Clone,
    F: Future<Output = Vec<Result<V, StoreError>>>,
{
    if !turn.may_read {
        let in_memory = |key| match cache.get(&key) {
            Some(Kept::Record { value, read_at, .. }) if read_at.elapsed() < stale => Ok((key, value)),
            _ => Err(busy()),
        };
        return keys.into_iter().map(in_memory).collect();
    }
    let now = turn.now;
    let (mut found, mut failed, mut missing, mut claims) = (Vec::new(), None, Vec::new(), Vec::new());
    // Claims are made in the order of keys, so that no two queries wait for each other.
    for key in keys {
        match claim(cache, &key, now, mine.contains(&key), reads).await {
            Ok(Claim::Fresh(value)) => found.push((key, value)),
            Ok(claim) => {
                missing.push(key);
                claims.push(claim);
            }
            Err(error) => failed = Some(error),
        }
    }
    let values = match missing.is_empty() {
        true => Vec::new(),
        false => read(missing.clone()).await,
    };
    for ((key, claim), value) in missing.into_iter().zip(claims).zip(values) {
        match settle(cache, &key, claim, now, stale, value) {
            Ok(value) => found.push((key, value)),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(found), Err)
}

fn busy() -> StoreError {
    StoreError::catalog(format!("too many concurrent queries: no turn within {} s", TURN.as_secs()))
}

fn failed_before() -> StoreError {
    StoreError::catalog("the last read failed a moment ago; it is not repeated yet")
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
                    let read = |_: Vec<u8>| async {
                        count.fetch_add(1, Ordering::Relaxed);
                        vec![Ok(2)]
                    };
                    let (none, reads) = (BTreeSet::new(), Reads::default());
                    let (attributes, components) = (BTreeSet::new(), BTreeSet::new());
                    let turn = Turn { now: Instant::now(), may_read: true, misses: 1, attributes, components };
                    let read = handle.block_on(through(cache, vec![1], (&turn, &none), STALE, &reads, read));
                    assert!(matches!(read.as_deref(), Ok([(1, 1 | 2)])), "{read:?}");
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
