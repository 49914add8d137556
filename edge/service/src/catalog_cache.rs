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

/// How long a record is used without asking the store again.
pub const FRESH: Duration = Duration::from_secs(5);

/// How long a record is used while the store cannot be asked: as long as caches keep answers while the origin fails.
pub const STALE: Duration = Duration::from_secs(resolver::answer::STALE_IF_ERROR_SECONDS);

/// How long a record that could not be read for the first time is not asked for again.
pub const FAILED: Duration = Duration::from_secs(1);

/// How long a question waits for its turn to ask the store: as long as a store has for what a device waits for.
const TURN: Duration = Duration::from_secs(5);

/// How many questions that miss few records read the store at once. Further ones wait, so that neither what is in flight
/// nor the store's own queue grows with the number of connections; what memory answers waits for none of them.
const SHORT_TURNS: usize = 8;

/// How many questions that miss more read the store at once: they do not hold up the others.
const LONG_TURNS: usize = 3;

/// Most records that a question may miss and still has a short turn.
const FEW: usize = 16;

/// Memory of an entry beside its names and its record, in bytes: its slot, and the cache's notes about it. Names that do
/// not exist are entries too.
const ENTRY_BYTES: usize = 320;

/// About how many records are kept; a hint for the first allocation. It also keeps the cache in few parts, each large
/// enough for a component of some thousand releases.
const TYPICAL_RECORDS: usize = 64;

/// What a health check reads. Whether it exists does not matter.
const PROBE: &str = "healthz";

/// A catalog's records in the process's memory, for seconds. The least used go first.
pub(crate) struct CatalogCache<C> {
    catalog: C,
    /// How long a record is used while the store cannot be asked.
    pub(crate) stale: Duration,
    components: Cache<ComponentKey, Kept<Option<Read>>, Weight>,
    attributes: Cache<AttributeName, Kept<List>, Weight>,
    short_turns: Semaphore,
    long_turns: Semaphore,
    next_read: AtomicU64,
}

/// A component as it was read once.
#[derive(Clone)]
struct Read {
    /// Which read of this process: what was read again is another record, even an equal one.
    id: u64,
    component: Arc<Component>,
    bytes: u64,
}

/// A list of components as it was read once.
#[derive(Clone)]
struct List {
    id: u64,
    keys: Arc<[ComponentKey]>,
}

/// The components that a decision depends on.
pub(crate) struct Fetched {
    pub(crate) components: Components,
    pub(crate) origin: Origin,
}

/// The reads that a decision follows from. Unlike the records they can be kept: they keep nothing else in memory.
pub(crate) struct Origin {
    lists: Vec<(AttributeName, u64)>,
    /// A component that does not exist has no read.
    components: Vec<(ComponentKey, Option<u64>)>,
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
    /// A cache that takes this many bytes at most, a quarter of them for the lists of attributes.
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

    /// The store, without what is in memory.
    pub(crate) fn into_store(self) -> C {
        self.catalog
    }

    /// Whether the store answers now; memory is not asked.
    pub(crate) async fn probe(&self) -> Result<(), StoreError> {
        #[expect(clippy::expect_used, reason = "a short lower-case word is a component key")]
        let key = PROBE.parse().expect("the probe is a component's key");
        self.catalog.component(&key).await.map(|_| ())
    }

    /// The components a decision depends on: two rounds of reads at most, each all at once.
    pub(crate) async fn fetch(&self, wanted: &Lookups, reads: &Reads) -> Result<Fetched, StoreError> {
        if let Some(fetched) = self.at_hand(wanted, reads) {
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

    /// Returns how many records an answer follows from if all of them are in memory, fresh, and from the very same reads.
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

    /// The components a decision depends on, if all of them are in memory, and fresh.
    fn at_hand(&self, wanted: &Lookups, reads: &Reads) -> Option<Fetched> {
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

    /// Looks at what a question has to read. What is no longer fresh becomes its own to read again before it waits for
    /// its turn: to everybody else it is fresh meanwhile.
    fn missing(&self, wanted: &Lookups) -> Turn {
        let now = Instant::now();
        let (attributes, components) = (BTreeSet::new(), BTreeSet::new());
        let mut turn = Turn { now, may_read: false, misses: 0, attributes, components };
        let mut keys = wanted.components.clone();
        for name in &wanted.attributes {
            // How many components an unknown list has is seen when it is read.
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

    /// These components, as far as they exist.
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

    /// The components of which some channel wants one of these attributes.
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

/// One question's turn to read the store.
struct Turn {
    now: Instant,
    /// Its turn has come. Else it has waited for too long, and takes what is in memory.
    may_read: bool,
    /// About how many records it reads.
    misses: usize,
    /// Attributes that are no longer fresh, and are this question's to read again.
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
        // A string's head and its allocation.
        let listed = |key: &ComponentKey| key.as_str().len() + 48;
        let list = match kept {
            Kept::Record { value, .. } => value.keys.iter().map(listed).sum(),
            Kept::Failure { .. } => 0,
        };
        (ENTRY_BYTES + name.as_str().len() + list) as u64
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
    /// Decides for one request at a time whether it takes the entry or asks the store. `mine`: it asks the store already.
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

/// A record that is in memory and fresh.
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

/// A record must be read; if it is in memory, but no longer fresh, it becomes this question's to read.
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
    // Where it is not there nothing is claimed yet: only who has a turn keeps others waiting.
    match cache.entry(key, Some(Duration::ZERO), |_, kept| found(kept)) {
        EntryResult::Retained(Found::Fresh(_)) => false,
        EntryResult::Retained(Found::Overdue(..)) => {
            mine.insert(key.clone());
            true
        }
        _ => true,
    }
}

/// A request's right to read a record, or the record.
enum Claim<'a, K, V, W> {
    Fresh(V),
    /// The request reads it, and others take the old record meanwhile.
    Overdue(V, Instant),
    /// The request reads it, and others wait.
    Absent(PlaceholderGuard<'a, K, Kept<V>, W, DefaultHashBuilder, DefaultLifecycle<K, Kept<V>>>),
}

/// Looks for a record. Of many requests at once, one asks the store: for a record that is not there the others wait for
/// what it gets, be it a failure; for one that is no longer fresh they take what is there.
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
            unreachable!("nothing is removed, and nobody waits for a limited time")
        }
    };
    count.fetch_add(1, Ordering::Relaxed);
    Ok(claim)
}

/// Keeps what was read for a claim.
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
            // It may have taken as long as a record is fresh: somebody would always wait for the next failure.
            cache.insert(key.clone(), Kept::Record { value: value.clone(), read_at, asked_at: Instant::now() });
            tracing::warn!(%key, %error, "serving a stale record");
            Ok(value)
        }
        (Claim::Overdue(..), Err(error)) => {
            cache.remove(key);
            Err(error)
        }
        (Claim::Absent(guard), read) => {
            // Where there is no room for it, nobody finds it: the next request asks the store.
            let _ = guard.insert(match &read {
                Ok(value) => Kept::Record { value: value.clone(), read_at: now, asked_at: now },
                Err(_) => Kept::Failure { at: Instant::now() },
            });
            read
        }
    }
}

/// Reads records through a cache, in a question's turn. Some are the question's own to read again.
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
    // In the order of their keys, so that no two questions wait for each other.
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
    StoreError::catalog(format!("too many questions at once: it had no turn within {} s", TURN.as_secs()))
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
