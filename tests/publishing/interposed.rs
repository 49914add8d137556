//! Stores whose every call somebody sees, before it is done and after: he may fail it, hold it up, or do something else
//! meanwhile.

use std::ops::Range;
use std::path::Path;

use open::Stores;
use resolver::catalog::{Archive, Availability, Component, Edit, ObjectKey, Revision};
use resolver::words::{AttributeName, ComponentKey, ComponentName, Md5, Sha256};
use store::{Artifacts, Catalog, Lease, Opened, Stat, StoreError, Stored};

use crate::place::Embedded;

/// Who sees the calls. Clones see together.
pub(crate) trait Onlooker: Clone + Send + Sync + 'static {
    /// A call is about to be done, or was done. An error is what its caller gets.
    fn sees(&self, call: Call, done: bool) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A call of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Component,
    Wanting,
    Components,
    Commit,
    Stat,
    Availability(ObjectKey),
    Read,
    Put(ObjectKey),
    Signature,
    PutSignature,
    List,
    SetAside(ObjectKey),
    PutBack(ObjectKey),
    Discard(ObjectKey),
}

/// A store with an onlooker.
#[derive(Clone)]
pub(crate) struct Seen<S, O> {
    store: S,
    onlooker: O,
}

/// The stores, opened once more, with an onlooker.
pub(crate) fn seen<O: Onlooker>(
    stores: Embedded,
    onlooker: &O,
) -> Stores<Seen<embedded::SqliteCatalog, O>, Seen<embedded::FolderArtifacts, O>> {
    let Stores { catalog, artifacts, work } = stores;
    Stores {
        catalog: Seen { store: catalog, onlooker: onlooker.clone() },
        artifacts: Seen { store: artifacts, onlooker: onlooker.clone() },
        work,
    }
}

impl<S, O: Onlooker> Seen<S, O> {
    async fn shown<T>(&self, call: Call, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.onlooker.sees(call, false).await?;
        let result = work.await;
        self.onlooker.sees(call, true).await?;
        result
    }
}

impl<C: Catalog, O: Onlooker> Catalog for Seen<C, O> {
    async fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        self.shown(Call::Component, self.store.component(key)).await
    }

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        self.shown(Call::Wanting, self.store.wanting(attribute)).await
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        self.shown(Call::Components, self.store.components()).await
    }

    async fn commit(&self, component: &ComponentName, expected: Revision, edit: &Edit) -> Result<Revision, StoreError> {
        self.shown(Call::Commit, self.store.commit(component, expected, edit)).await
    }
}

impl<A: Artifacts, O: Onlooker> Artifacts for Seen<A, O> {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        self.shown(Call::Stat, self.store.stat(key)).await
    }

    async fn availability(&self, key: &ObjectKey) -> Result<Availability, StoreError> {
        match self.shown(Call::Availability(*key), self.store.availability(key)).await {
            Err(StoreError::Cold(_)) => Ok(Availability::Cold(Archive::Deep)),
            availability => availability,
        }
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        self.shown(Call::Read, self.store.read(key, range)).await
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        self.shown(Call::Put(*key), self.store.put(key, file, md5)).await
    }

    async fn signature(&self, artifact: &Sha256) -> Result<Option<String>, StoreError> {
        self.shown(Call::Signature, self.store.signature(artifact)).await
    }

    async fn put_signature(&self, artifact: &Sha256, minisig: &str) -> Result<(), StoreError> {
        self.shown(Call::PutSignature, self.store.put_signature(artifact, minisig)).await
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        self.shown(Call::List, self.store.list()).await
    }

    async fn lock_collection(&self) -> Result<Lease, StoreError> {
        self.store.lock_collection().await
    }

    async fn set_aside(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.shown(Call::SetAside(*key), self.store.set_aside(key)).await
    }

    async fn put_back(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.shown(Call::PutBack(*key), self.store.put_back(key)).await
    }

    async fn discard(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.shown(Call::Discard(*key), self.store.discard(key)).await
    }
}
