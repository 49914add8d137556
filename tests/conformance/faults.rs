//! Stores that do not do what they should, over stores that do.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use resolver::catalog::{Component, Edit, ObjectKey, Revision};
use resolver::words::{AttributeName, ComponentKey, ComponentName, Md5, Sha256};
use store::{Artifacts, Catalog, Identity, Lease, Opened, Stat, StoreError, Stored};

/// What a failing store says to whoever runs it, and no device may ever read.
pub(crate) const CAUSE: &str = "connection to db-7.internal:5432 refused";

/// What a catalog does in place of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    Unavailable,
    Damaged,
}

/// A catalog that fails when told to, and counts what it is asked. Handles that were cloned are told together.
#[derive(Clone)]
pub(crate) struct Watched<C> {
    catalog: C,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    trouble: Option<Trouble>,
    takes: Duration,
    reads: BTreeMap<String, usize>,
    running: usize,
    rounds: usize,
}

impl<C> Watched<C> {
    pub(crate) fn new(catalog: C) -> Self {
        Watched { catalog, state: Arc::default() }
    }

    /// What happens to reads and writes from now on.
    pub(crate) fn is_in(&self, trouble: Option<Trouble>) {
        self.state.lock().unwrap().trouble = trouble;
    }

    /// How long a read takes from now on.
    pub(crate) fn takes(&self, time: Duration) {
        self.state.lock().unwrap().takes = time;
    }

    /// How often each record was read since this was last asked, and in how many rounds: reads that began while none
    /// was running.
    pub(crate) fn read_since(&self) -> (BTreeMap<String, usize>, usize) {
        let mut state = self.state.lock().unwrap();
        (std::mem::take(&mut state.reads), std::mem::take(&mut state.rounds))
    }

    async fn read<T>(&self, key: &str, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let (running, takes) = (Running::new(&self.state, key), self.state.lock().unwrap().takes);
        tokio::time::sleep(takes).await;
        let result = match self.trouble(key) {
            None => read.await,
            Some(error) => Err(error),
        };
        drop(running);
        result
    }

    fn trouble(&self, key: &str) -> Option<StoreError> {
        self.state.lock().unwrap().trouble.map(|trouble| match trouble {
            Trouble::Unavailable => StoreError::catalog(CAUSE),
            Trouble::Damaged => StoreError::damaged(key, CAUSE),
        })
    }
}

/// A read in progress. It may be given up, so it ends when it is dropped.
struct Running<'a>(&'a Mutex<State>);

impl<'a> Running<'a> {
    fn new(state: &'a Mutex<State>, key: &str) -> Self {
        let mut counted = state.lock().unwrap();
        *counted.reads.entry(key.to_owned()).or_default() += 1;
        counted.rounds += usize::from(counted.running == 0);
        counted.running += 1;
        Running(state)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().running -= 1;
    }
}

impl<C: Catalog> Catalog for Watched<C> {
    async fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        self.read(key.as_str(), self.catalog.component(key)).await
    }

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        self.read(&format!("attr {attribute}"), self.catalog.wanting(attribute)).await
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        self.read("all", self.catalog.components()).await
    }

    async fn commit(&self, component: &ComponentName, expected: Revision, edit: &Edit) -> Result<Revision, StoreError> {
        self.trouble(component.key().as_str()).map_or(Ok(()), Err)?;
        self.catalog.commit(component, expected, edit).await
    }
}

/// What happens to the bytes of a range that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// So many bytes are missing at the end.
    Short(usize),
    /// The last piece is one byte longer than it should be.
    Long,
    /// This byte is another one.
    Altered(usize),
    /// After so many bytes comes an error.
    Fails(usize),
    /// The store cannot be reached at all.
    Unavailable,
    /// There is no such object.
    Gone,
}

/// An artifact store that harms one object when told to, cuts its pieces as told, and notes what it is asked.
#[derive(Clone)]
pub(crate) struct Harmed<A> {
    artifacts: A,
    told: Arc<Mutex<Told>>,
}

struct Told {
    harm: Option<(ObjectKey, Harm)>,
    cuts: Vec<usize>,
    identity: Option<Identity>,
    reads: Vec<(ObjectKey, Range<u64>)>,
}

impl<A> Harmed<A> {
    pub(crate) fn new(artifacts: A) -> Self {
        let told = Told { harm: None, cuts: vec![16_384], identity: None, reads: Vec::new() };
        Harmed { artifacts, told: Arc::new(Mutex::new(told)) }
    }

    pub(crate) fn harm(&self, harm: Option<(ObjectKey, Harm)>) {
        self.told.lock().unwrap().harm = harm;
    }

    /// The lengths of pieces, used in turn; some may be 0.
    pub(crate) fn cut(&self, lengths: &[usize]) {
        self.told.lock().unwrap().cuts = lengths.to_vec();
    }

    /// What tells the present state of every object.
    pub(crate) fn identify(&self, identity: Option<&str>) {
        self.told.lock().unwrap().identity = identity.map(|word| Identity(word.to_owned()));
    }

    /// What was read since this was last asked.
    pub(crate) fn read_since(&self) -> Vec<(ObjectKey, Range<u64>)> {
        std::mem::take(&mut self.told.lock().unwrap().reads)
    }

    fn reach(&self, key: &ObjectKey) -> Result<(), StoreError> {
        match self.harm_of(key) {
            Some(Harm::Unavailable) => Err(StoreError::artifacts(CAUSE)),
            _ => Ok(()),
        }
    }

    fn harm_of(&self, key: &ObjectKey) -> Option<Harm> {
        self.told.lock().unwrap().harm.filter(|(harmed, _)| harmed == key).map(|(_, harm)| harm)
    }
}

impl<A: Artifacts> Artifacts for Harmed<A> {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        self.reach(key)?;
        self.artifacts.stat(key).await
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        self.told.lock().unwrap().reads.push((*key, range.clone()));
        let opened = self.artifacts.read(key, range).await?;
        let pieces: Vec<_> = opened.bytes.map(Result::unwrap).collect().await;
        let (mut bytes, mut failure, mut more) = (pieces.concat(), None, 0);
        match self.harm_of(key) {
            None => {}
            Some(Harm::Short(missing)) => bytes.truncate(bytes.len().saturating_sub(missing)),
            Some(Harm::Long) => more = 1,
            Some(Harm::Altered(at)) => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1),
            Some(Harm::Fails(after)) => {
                bytes.truncate(after);
                failure = Some(Err(StoreError::artifacts(CAUSE)));
            }
            Some(Harm::Unavailable) => return Err(StoreError::artifacts(CAUSE)),
            Some(Harm::Gone) => return Err(StoreError::Missing(key.to_string())),
        }
        let told = self.told.lock().unwrap();
        let (mut pieces, mut rest) = (Vec::new(), Bytes::from(bytes));
        for length in told.cuts.iter().cycle() {
            if rest.len() <= *length {
                break;
            }
            pieces.push(Ok(rest.split_to(*length)));
        }
        pieces.push(Ok([&rest[..], &vec![0; more]].concat().into()));
        pieces.extend(failure);
        Ok(Opened { bytes: Box::pin(stream::iter(pieces)), unread: None, identity: told.identity.clone() })
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        self.reach(key)?;
        self.artifacts.put(key, file, md5).await
    }

    async fn signature(&self, artifact: &Sha256) -> Result<Option<String>, StoreError> {
        self.reach(&ObjectKey::Blob(*artifact))?;
        self.artifacts.signature(artifact).await
    }

    async fn put_signature(&self, artifact: &Sha256, minisig: &str) -> Result<(), StoreError> {
        self.reach(&ObjectKey::Blob(*artifact))?;
        self.artifacts.put_signature(artifact, minisig).await
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        self.artifacts.list().await
    }

    async fn lock_collection(&self) -> Result<Lease, StoreError> {
        self.artifacts.lock_collection().await
    }

    async fn set_aside(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.reach(key)?;
        self.artifacts.set_aside(key).await
    }

    async fn put_back(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.reach(key)?;
        self.artifacts.put_back(key).await
    }

    async fn discard(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.reach(key)?;
        self.artifacts.discard(key).await
    }
}
