use std::ops::Range;
use std::path::Path;

use resolver::catalog::{Availability, Component, Edit, ObjectKey, Revision, Tier};
use resolver::words::{AttributeName, ComponentKey, ComponentName, Md5, Sha256, Timestamp};

use crate::{Address, Artifacts, Catalog, Lease, Opened, Stat, StoreError, Stored};

/// One of two stores, chosen when the program starts. Every call is forwarded to it.
#[derive(Debug, Clone)]
pub enum Either<L, R> {
    /// The first kind of store.
    Left(L),
    /// The second kind of store.
    Right(R),
}

/// Forwards a call to the chosen store.
macro_rules! of {
    ($either:expr, $store:ident => $asked:expr) => {
        match $either {
            Either::Left($store) => $asked.await,
            Either::Right($store) => $asked.await,
        }
    };
}

impl<L: Catalog, R: Catalog> Catalog for Either<L, R> {
    async fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        of!(self, store => store.component(key))
    }

    async fn several(&self, keys: &[ComponentKey]) -> Vec<Result<Option<Component>, StoreError>> {
        of!(self, store => store.several(keys))
    }

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        of!(self, store => store.wanting(attribute))
    }

    async fn wanting_any(&self, attributes: &[AttributeName]) -> Vec<Result<Vec<ComponentKey>, StoreError>> {
        of!(self, store => store.wanting_any(attributes))
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        of!(self, store => store.components())
    }

    async fn commit(&self, component: &ComponentName, expected: Revision, edit: &Edit) -> Result<Revision, StoreError> {
        of!(self, store => store.commit(component, expected, edit))
    }
}

impl<L: Artifacts, R: Artifacts> Artifacts for Either<L, R> {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        of!(self, store => store.stat(key))
    }

    async fn availability(&self, key: &ObjectKey) -> Result<Availability, StoreError> {
        of!(self, store => store.availability(key))
    }

    async fn restore(&self, key: &ObjectKey, tier: Tier, days: u32) -> Result<Availability, StoreError> {
        of!(self, store => store.restore(key, tier, days))
    }

    async fn address(&self, key: &ObjectKey, now: Timestamp) -> Result<Option<Address>, StoreError> {
        of!(self, store => store.address(key, now))
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        of!(self, store => store.read(key, range))
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        of!(self, store => store.put(key, file, md5))
    }

    async fn signature(&self, artifact: &Sha256) -> Result<Option<String>, StoreError> {
        of!(self, store => store.signature(artifact))
    }

    async fn put_signature(&self, artifact: &Sha256, minisig: &str) -> Result<(), StoreError> {
        of!(self, store => store.put_signature(artifact, minisig))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        of!(self, store => store.ready())
    }

    async fn lock_collection(&self) -> Result<Lease, StoreError> {
        of!(self, store => store.lock_collection())
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        of!(self, store => store.list())
    }

    async fn set_aside(&self, key: &ObjectKey) -> Result<(), StoreError> {
        of!(self, store => store.set_aside(key))
    }

    async fn put_back(&self, key: &ObjectKey) -> Result<(), StoreError> {
        of!(self, store => store.put_back(key))
    }

    async fn discard(&self, key: &ObjectKey) -> Result<(), StoreError> {
        of!(self, store => store.discard(key))
    }
}
