//! An artifact store with cold storage and URLs of its own, over one without: it restores when told that the time has
//! come.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resolver::catalog::{Archive, Availability, ObjectKey, Restore, Tier};
use resolver::words::{Md5, Sha256, Timestamp};
use store::{Address, Artifacts, Lease, Opened, Stat, StoreError, Stored};

/// Handles that were cloned are one store.
#[derive(Clone)]
pub(crate) struct Frozen<A> {
    artifacts: A,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    states: BTreeMap<ObjectKey, Availability>,
    /// Looks, by object.
    looks: Vec<ObjectKey>,
    restores: Vec<(ObjectKey, Tier, u32)>,
    out_of_reach: bool,
    /// How long URLs last, in seconds, if any are given away.
    lasting: Option<u64>,
}

impl<A> Frozen<A> {
    pub(crate) fn new(artifacts: A) -> Self {
        Frozen { artifacts, state: Arc::default() }
    }

    pub(crate) fn is(&self, object: ObjectKey, availability: Availability) {
        self.state.lock().unwrap().states.insert(object, availability);
    }

    /// Nobody can tell any more whether an object is cold.
    pub(crate) fn is_out_of_reach(&self) {
        self.state.lock().unwrap().out_of_reach = true;
    }

    /// From now on it gives URLs away that last so many seconds.
    pub(crate) fn gives_addresses(&self, seconds: u64) {
        self.state.lock().unwrap().lasting = Some(seconds);
    }

    /// What was looked at since this was last asked.
    pub(crate) fn looks(&self) -> Vec<ObjectKey> {
        std::mem::take(&mut self.state.lock().unwrap().looks)
    }

    /// What was asked to be restored, ever.
    pub(crate) fn restores(&self) -> Vec<(ObjectKey, Tier, u32)> {
        self.state.lock().unwrap().restores.clone()
    }

    fn state(&self, key: &ObjectKey) -> Availability {
        self.state.lock().unwrap().states.get(key).copied().unwrap_or(Availability::Ready)
    }
}

/// When every restore of these tests is asked for.
pub(crate) const ASKED: Timestamp = Timestamp(1_800_000_000);

impl<A: Artifacts> Artifacts for Frozen<A> {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        self.artifacts.stat(key).await
    }

    async fn availability(&self, key: &ObjectKey) -> Result<Availability, StoreError> {
        // Long enough that whoever asks meanwhile is not first.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut state = self.state.lock().unwrap();
        state.looks.push(*key);
        if state.out_of_reach {
            return Err(StoreError::artifacts("it does not answer"));
        }
        Ok(state.states.get(key).copied().unwrap_or(Availability::Ready))
    }

    async fn restore(&self, key: &ObjectKey, tier: Tier, days: u32) -> Result<Availability, StoreError> {
        let archive = match self.state(key) {
            Availability::Cold(archive) => archive,
            other => return Ok(other),
        };
        let restoring = Availability::Restoring(Restore { archive, tier: archive.tier(tier), since: ASKED });
        let mut state = self.state.lock().unwrap();
        state.restores.push((*key, tier, days));
        state.states.insert(*key, restoring);
        Ok(restoring)
    }

    async fn address(&self, key: &ObjectKey, now: Timestamp) -> Result<Option<Address>, StoreError> {
        let lasting = self.state.lock().unwrap().lasting;
        Ok(lasting.map(|seconds| {
            let until = Timestamp(now.0 - now.0 % 1000 + seconds);
            Address { url: format!("https://store.test/{key}?until={}", until.0), until }
        }))
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        match self.state(key) {
            Availability::Ready => self.artifacts.read(key, range).await,
            Availability::Cold(_) | Availability::Restoring(_) => Err(StoreError::Cold(key.to_string())),
        }
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        self.artifacts.put(key, file, md5).await
    }

    async fn signature(&self, artifact: &Sha256) -> Result<Option<String>, StoreError> {
        self.artifacts.signature(artifact).await
    }

    async fn put_signature(&self, artifact: &Sha256, minisig: &str) -> Result<(), StoreError> {
        self.artifacts.put_signature(artifact, minisig).await
    }

    async fn lock_collection(&self) -> Result<Lease, StoreError> {
        self.artifacts.lock_collection().await
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        self.artifacts.list().await
    }

    async fn set_aside(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.artifacts.set_aside(key).await
    }

    async fn put_back(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.artifacts.put_back(key).await
    }

    async fn discard(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.artifacts.discard(key).await
    }
}

/// In the archive that takes hours.
pub(crate) const FLEXIBLE: Availability = Availability::Cold(Archive::Flexible);
