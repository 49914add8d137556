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

/// How many components, and how many attributes, are kept; the least used go first. Names that do not exist count too,
/// so a flood of made-up names costs memory for this many at most.
const CAPACITY: usize = 4096;

/// What a health check reads. Whether it exists does not matter.
const PROBE: &str = "healthz";

/// A catalog's records in the process's memory, for seconds.
pub(crate) struct CatalogCache<C> {
    catalog: C,
    components: Cache<ComponentKey, Kept<Option<Arc<Component>>>>,
    attributes: Cache<AttributeName, Kept<Arc<[ComponentKey]>>>,
}

#[derive(Clone)]
struct Kept<T> {
    value: T,
    read_at: Instant,
    /// When the store was last asked, or is being asked by another request.
    asked_at: Instant,
}

/// How many reads of one request memory answered, and how many the store.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    pub(crate) hits: AtomicU32,
    pub(crate) misses: AtomicU32,
}

impl<C: Catalog> CatalogCache<C> {
    pub(crate) fn new(catalog: C) -> Self {
        CatalogCache { catalog, components: Cache::new(CAPACITY), attributes: Cache::new(CAPACITY) }
    }

    /// Whether the store answers now; memory is not asked.
    pub(crate) async fn probe(&self) -> Result<(), StoreError> {
        match PROBE.parse() {
            Ok(key) => self.catalog.component(&key).await.map(|_| ()),
            Err(_) => Ok(()),
        }
    }

    pub(crate) async fn component(
        &self,
        key: &ComponentKey,
        reads: &Reads,
    ) -> Result<Option<Arc<Component>>, StoreError> {
        let read = async || Ok(self.catalog.component(key).await?.map(Arc::new));
        through(&self.components, key, reads, read).await
    }

    pub(crate) async fn wanting(
        &self,
        attribute: &AttributeName,
        reads: &Reads,
    ) -> Result<Arc<[ComponentKey]>, StoreError> {
        let read = async || Ok(self.catalog.wanting(attribute).await?.into());
        through(&self.attributes, attribute, reads, read).await
    }
}

/// Reads through a cache. Of many requests at once, one asks the store: for a record that is not there the others wait,
/// for one that is no longer fresh they take what is there.
async fn through<K: Hash + Eq + Clone + Display, V: Clone>(
    cache: &Cache<K, Kept<V>>,
    key: &K,
    reads: &Reads,
    read: impl AsyncFnOnce() -> Result<V, StoreError>,
) -> Result<V, StoreError> {
    let now = Instant::now();
    let keep = |value| Kept { value, read_at: now, asked_at: now };
    let Some(kept) = cache.get(key) else {
        reads.misses.fetch_add(1, Ordering::Relaxed);
        return Ok(cache.get_or_insert_async(key, async { read().await.map(keep) }).await?.value);
    };
    if now.saturating_duration_since(kept.asked_at) < FRESH {
        reads.hits.fetch_add(1, Ordering::Relaxed);
        return Ok(kept.value);
    }
    cache.insert(key.clone(), Kept { asked_at: now, ..kept.clone() });
    reads.misses.fetch_add(1, Ordering::Relaxed);
    match read().await {
        Ok(value) => {
            cache.insert(key.clone(), keep(value.clone()));
            Ok(value)
        }
        Err(error @ StoreError::Unavailable { .. }) if kept.read_at.elapsed() < STALE => {
            tracing::warn!(%key, %error, "serving a stale record");
            Ok(kept.value)
        }
        Err(error) => {
            cache.remove(key);
            Err(error)
        }
    }
}
