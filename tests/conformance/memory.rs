//! Stores in memory, for tests of the service. Handles that were cloned share their data.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream;
use resolver::catalog::{Channel, Component, Edit, ObjectKey, Revision};
use resolver::words::{AttributeName, ComponentKey, ComponentName, Md5, Sha256};
use store::{Artifacts, Catalog, Lease, Opened, Stat, StoreError, Stored};

/// A catalog that is a map.
#[derive(Clone, Default)]
pub(crate) struct MemoryCatalog(Arc<Mutex<BTreeMap<ComponentKey, Component>>>);

impl Catalog for MemoryCatalog {
    async fn component(&self, key: &ComponentKey) -> Result<Option<Component>, StoreError> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }

    async fn wanting(&self, attribute: &AttributeName) -> Result<Vec<ComponentKey>, StoreError> {
        let all = self.0.lock().unwrap();
        let wants = |component: &Component| component.channels.values().any(|it| it.attributes.contains(attribute));
        Ok(all.iter().filter(|(_, component)| wants(component)).map(|(key, _)| key.clone()).collect())
    }

    async fn components(&self) -> Result<Vec<ComponentKey>, StoreError> {
        Ok(self.0.lock().unwrap().keys().cloned().collect())
    }

    async fn commit(&self, name: &ComponentName, expected: Revision, edit: &Edit) -> Result<Revision, StoreError> {
        let mut all = self.0.lock().unwrap();
        let before = all.get(&name.key()).cloned().unwrap_or_else(|| Component::empty(name.clone()));
        if before.revision != expected {
            return Err(StoreError::Moved { what: format!("component {name}") });
        }
        for release in &edit.releases {
            let there = before.release(&release.version);
            if there.is_some_and(|there| there.artifact.sha256 != release.artifact.sha256) {
                return Err(StoreError::Taken { release: format!("{name} {}", release.version) });
            }
        }
        let mut after = before.edited(edit);
        for (channel, pointing) in &edit.channels {
            if let Some(Channel { target, .. }) = pointing
                && after.release(target).is_none()
            {
                return Err(StoreError::Dangling { channel: channel.to_string(), target: target.to_string() });
            }
        }
        if let Some((channel, Channel { target, .. })) =
            after.channels.iter().find(|(_, channel)| edit.forgotten.contains(&channel.target))
        {
            return Err(StoreError::Dangling { channel: channel.to_string(), target: target.to_string() });
        }
        after.revision = Revision(expected.0 + 1);
        let revision = after.revision;
        all.insert(name.key(), after);
        Ok(revision)
    }
}

/// An artifact store that is a few maps. It cannot tell an object's state: it has no identities.
#[derive(Clone, Default)]
pub(crate) struct MemoryArtifacts(Arc<Mutex<Shelf>>, Arc<tokio::sync::Mutex<()>>);

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<ObjectKey, Kept>,
    aside: BTreeMap<ObjectKey, Kept>,
    signatures: BTreeMap<Sha256, String>,
}

#[derive(Clone)]
struct Kept {
    bytes: Bytes,
    md5: Md5,
    put: Instant,
}

impl Kept {
    fn stored(&self, key: &ObjectKey, aside: bool) -> Stored {
        Stored { key: *key, size: self.bytes.len() as u64, age: self.put.elapsed(), aside }
    }
}

impl MemoryArtifacts {
    pub(crate) fn bytes(&self, key: &ObjectKey) -> Bytes {
        self.found(key).unwrap().bytes
    }

    fn found(&self, key: &ObjectKey) -> Option<Kept> {
        self.0.lock().unwrap().objects.get(key).cloned()
    }
}

impl Artifacts for MemoryArtifacts {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        Ok(self.found(key).map(|kept| Stat { size: kept.bytes.len() as u64, md5: kept.md5 }))
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        let Kept { bytes, .. } = self.found(key).ok_or_else(|| StoreError::Missing(key.to_string()))?;
        let end = bytes.len().min(range.end as usize);
        let wanted = bytes.slice(end.min(range.start as usize)..end);
        // As small as a device's own buffer, so that everything comes in many pieces.
        let pieces: Vec<_> = wanted.chunks(10_007).map(|piece| Ok(wanted.slice_ref(piece))).collect();
        Ok(Opened { bytes: Box::pin(stream::iter(pieces)), unread: None, identity: None })
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        let bytes = Bytes::from(std::fs::read(file).map_err(StoreError::artifacts)?);
        let new = Kept { bytes, md5: *md5, put: Instant::now() };
        let put = new.put;
        self.0.lock().unwrap().objects.entry(*key).or_insert(new).put = put;
        Ok(())
    }

    async fn signature(&self, artifact: &Sha256) -> Result<Option<String>, StoreError> {
        Ok(self.0.lock().unwrap().signatures.get(artifact).cloned())
    }

    async fn put_signature(&self, artifact: &Sha256, minisig: &str) -> Result<(), StoreError> {
        self.0.lock().unwrap().signatures.insert(*artifact, minisig.to_owned());
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Stored>, StoreError> {
        let shelf = self.0.lock().unwrap();
        let shown = shelf.objects.iter().map(|(key, kept)| kept.stored(key, false));
        let mut all: Vec<_> = shown.chain(shelf.aside.iter().map(|(key, kept)| kept.stored(key, true))).collect();
        all.sort_by_key(|stored| (stored.key, stored.aside));
        Ok(all)
    }

    async fn lock_collection(&self) -> Result<Lease, StoreError> {
        let held = Arc::clone(&self.1).try_lock_owned();
        held.map(|held| Lease::new(held, async {})).map_err(StoreError::artifacts)
    }

    async fn set_aside(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let mut shelf = self.0.lock().unwrap();
        if let Some(kept) = shelf.objects.remove(key) {
            shelf.aside.insert(*key, kept);
        }
        Ok(())
    }

    async fn put_back(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let mut shelf = self.0.lock().unwrap();
        if let Some(kept) = shelf.aside.remove(key) {
            shelf.objects.entry(*key).or_insert(kept);
        }
        Ok(())
    }

    async fn discard(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let mut shelf = self.0.lock().unwrap();
        shelf.aside.remove(key);
        if let ObjectKey::Blob(artifact) = key
            && !shelf.objects.contains_key(key)
        {
            shelf.signatures.remove(artifact);
        }
        Ok(())
    }
}
