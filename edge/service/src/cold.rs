use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use quick_cache::sync::Cache;
use resolver::catalog::{Availability, ObjectKey};
use resolver::decide::{Decision, Outcome, Reads, Restores};
use resolver::words::Timestamp;
use store::{Artifacts, StoreError};

use crate::catalog_cache::FAILED;
use crate::objects::Objects;
use crate::observed::Observed;

/// Time for which an object is assumed to stay readable: lifecycle rules move objects to cold storage once a day.
const READY: Duration = Duration::from_secs(300);

/// Time for which an object is assumed to stay in cold storage: restores take at least minutes.
const NOT_READY: Duration = Duration::from_secs(60);

/// Most objects in the cache, which evicts the least used ones.
const CAPACITY: usize = 4096;

/// Cache of objects' availability, and requests of restores.
pub(crate) struct ColdStorage<A> {
    objects: Arc<Objects<A>>,
    restores: Option<Restores>,
    states: Cache<ObjectKey, State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    availability: Availability,
    at: Instant,
    believed: Duration,
}

impl<A: Artifacts> ColdStorage<A> {
    /// Creates the cache; without `restores`, no object is ever in cold storage.
    pub(crate) fn new(objects: Arc<Objects<A>>, restores: Option<Restores>) -> Self {
        ColdStorage { objects, restores, states: Cache::new(CAPACITY) }
    }

    /// Takes releases in cold storage out of a decision and requests their restore. Also returns the objects that were
    /// looked up.
    pub(crate) async fn withhold(
        &self,
        reads: impl FnOnce(&Decision) -> Reads,
        decision: Decision,
        question: &str,
        now: Timestamp,
        observed: &mut Observed,
    ) -> (BTreeSet<ObjectKey>, Decision) {
        let Some(restores) = self.restores else { return (BTreeSet::new(), decision) };
        let reads = reads(&decision);
        let objects = decision.objects(reads);
        let states = self.states(&objects, restores, observed).await;
        let decision = decision.withhold(reads, &states, &restores, question, now);
        observed.waiting = decision.entries.iter().any(|entry| matches!(entry.outcome, Outcome::Waiting { .. }));
        (objects, decision)
    }

    /// Returns true if none of these objects has moved to cold storage.
    pub(crate) async fn is_ready(&self, objects: &BTreeSet<ObjectKey>, observed: &mut Observed) -> bool {
        let Some(restores) = self.restores else { return true };
        let states = self.states(objects, restores, observed).await;
        states.into_values().all(|state| state == Availability::Ready)
    }

    /// Returns an object's availability without requesting a restore, for requests of an object by its digest.
    pub(crate) async fn state_of(&self, object: ObjectKey) -> Availability {
        if self.restores.is_none() {
            return Availability::Ready;
        }
        self.state(object, || self.objects.artifacts.availability(&object)).await
    }

    /// Drops all cached states after one proved wrong.
    pub(crate) fn forget(&self) {
        self.states.clear();
    }

    /// Looks up the availability of several objects concurrently. Of concurrent requests for an object, one calls the
    /// store, and the others wait for its result.
    async fn states(
        &self,
        objects: &BTreeSet<ObjectKey>,
        restores: Restores,
        observed: &mut Observed,
    ) -> BTreeMap<ObjectKey, Availability> {
        let started = Instant::now();
        let state = async |object: ObjectKey| (object, self.state(object, || self.restored(object, restores)).await);
        let states = join_all(objects.iter().copied().map(state)).await.into_iter().collect();
        observed.store_time += started.elapsed();
        states
    }

    async fn state<F>(&self, object: ObjectKey, look: impl FnOnce() -> F) -> Availability
    where
        F: Future<Output = Result<Availability, StoreError>>,
    {
        self.states.remove_if(&object, |state| state.at.elapsed() >= state.believed);
        let found = self.states.get_or_insert_async(&object, async {
            let (availability, believed) = match look().await {
                Ok(Availability::Ready) => (Availability::Ready, READY),
                Ok(not_ready) => (not_ready, NOT_READY),
                // The object is assumed to be readable; if it is not, reading it fails with an error.
                Err(error) => {
                    tracing::warn!(%object, %error, "cannot tell whether it is in cold storage");
                    (Availability::Ready, FAILED)
                }
            };
            Ok::<_, Infallible>(State { availability, at: Instant::now(), believed })
        });
        match found.await {
            Ok(state) => state.availability,
            Err(never) => match never {},
        }
    }

    async fn restored(&self, object: ObjectKey, restores: Restores) -> Result<Availability, StoreError> {
        let artifacts = &self.objects.artifacts;
        match artifacts.availability(&object).await? {
            cold @ Availability::Cold(_) => {
                tracing::info!(%object, tier = %restores.tier, "asking for a restore");
                let asked = artifacts.restore(&object, restores.tier, restores.days).await;
                Ok(asked.unwrap_or_else(|error| {
                    tracing::error!(%object, %error, "cannot be restored");
                    cold
                }))
            }
            found => Ok(found),
        }
    }
}
