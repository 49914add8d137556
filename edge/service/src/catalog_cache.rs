use std::convert::Infallible;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
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

/// Reads through a cache. Of many requests at once, one asks the store: for a record that is not there the others wait
/// for what it gets, for one that is no longer fresh they take what is there.
async fn through<K: Hash + Eq + Clone + Display, V: Clone>(
    cache: &Cache<K, Kept<V>>,
    key: &K,
    stale: Duration,
    reads: &Reads,
    read: impl AsyncFnOnce() -> Result<V, StoreError>,
) -> Result<V, StoreError> {
    let now = Instant::now();
    match cache.get(key) {
        Some(Kept::Record { value, asked_at, .. }) if now.saturating_duration_since(asked_at) < FRESH => {
            reads.hits.fetch_add(1, Ordering::Relaxed);
            Ok(value)
        }
        Some(Kept::Record { value, read_at, .. }) => {
            cache.insert(key.clone(), Kept::Record { value: value.clone(), read_at, asked_at: now });
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
        Some(Kept::Failure { at }) if now.saturating_duration_since(at) < FAILED => Err(failed_before()),
        failed => {
            if failed.is_some() {
                cache.remove(key);
            }
            reads.misses.fetch_add(1, Ordering::Relaxed);
            first(cache, key, now, read).await
        }
    }
}

/// The first read of a record. If it fails, those who waited for it do not ask one behind the other: they fail too.
async fn first<K: Hash + Eq + Clone, V: Clone>(
    cache: &Cache<K, Kept<V>>,
    key: &K,
    now: Instant,
    read: impl AsyncFnOnce() -> Result<V, StoreError>,
) -> Result<V, StoreError> {
    let mut failure = None;
    let kept = cache.get_or_insert_async(key, async {
        Ok::<_, Infallible>(match read().await {
            Ok(value) => Kept::Record { value, read_at: now, asked_at: now },
            Err(error) => {
                failure = Some(error);
                Kept::Failure { at: Instant::now() }
            }
        })
    });
    match kept.await {
        Ok(Kept::Record { value, .. }) => Ok(value),
        Ok(Kept::Failure { .. }) => Err(failure.unwrap_or_else(failed_before)),
        Err(never) => match never {},
    }
}

fn failed_before() -> StoreError {
    StoreError::catalog("it failed a moment ago, and is not asked again yet")
}
