//! Stores in memory, for tests of the service. Handles that were cloned share their data.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream;
use resolver::catalog::{Channel, Component, ObjectKey, Release};
use resolver::words::{AttributeName, ChannelName, ComponentKey, ComponentName, Md5};
use store::{Artifacts, Catalog, Opened, Stat, StoreError};

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

    async fn add_release(&self, name: &ComponentName, release: &Release) -> Result<(), StoreError> {
        let mut all = self.0.lock().unwrap();
        let there = all.get(&name.key()).and_then(|component| component.release(&release.version));
        if let Some(there) = there {
            let same = there.artifact == release.artifact;
            return if same {
                Ok(())
            } else {
                Err(StoreError::Taken { release: format!("{name} {}", release.version) })
            };
        }
        let empty = || Component::new(name.clone(), BTreeMap::new(), Vec::new());
        let component = all.entry(name.key()).or_insert_with(empty);
        component.releases.push(Arc::new(release.clone()));
        let Component { name, channels, releases } = component.clone();
        *component = Component::new(name, channels, releases);
        Ok(())
    }

    async fn set_channel(
        &self,
        key: &ComponentKey,
        name: &ChannelName,
        channel: &Channel,
        expected: Option<&Channel>,
    ) -> Result<(), StoreError> {
        let mut all = self.0.lock().unwrap();
        let component = all.get_mut(key);
        if component.as_ref().and_then(|component| component.channels.get(name)) != expected {
            return Err(moved(&name));
        }
        match component {
            Some(component) if component.release(&channel.target).is_some() => {
                component.channels.insert(name.clone(), channel.clone());
                Ok(())
            }
            _ => Err(StoreError::Dangling { channel: name.to_string(), target: channel.target.to_string() }),
        }
    }
}

fn moved(what: &dyn std::fmt::Display) -> StoreError {
    StoreError::Moved { what: what.to_string() }
}

/// An artifact store that is a map. It cannot tell an object's state: it has no identities.
#[derive(Clone, Default)]
pub(crate) struct MemoryArtifacts(Arc<Mutex<BTreeMap<ObjectKey, (Bytes, Md5)>>>);

impl MemoryArtifacts {
    pub(crate) fn bytes(&self, key: &ObjectKey) -> Bytes {
        self.0.lock().unwrap()[key].0.clone()
    }
}

impl Artifacts for MemoryArtifacts {
    async fn stat(&self, key: &ObjectKey) -> Result<Option<Stat>, StoreError> {
        let found = self.0.lock().unwrap().get(key).cloned();
        Ok(found.map(|(bytes, md5)| Stat { size: bytes.len() as u64, md5 }))
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        let found = self.0.lock().unwrap().get(key).cloned();
        let (bytes, _) = found.ok_or_else(|| StoreError::Missing(key.to_string()))?;
        let end = bytes.len().min(range.end as usize);
        let wanted = bytes.slice(end.min(range.start as usize)..end);
        // As small as a device's own buffer, so that everything comes in many pieces.
        let pieces: Vec<_> = wanted.chunks(10_007).map(|piece| Ok(wanted.slice_ref(piece))).collect();
        Ok(Opened { bytes: Box::pin(stream::iter(pieces)), identity: None })
    }

    async fn put(&self, key: &ObjectKey, file: &Path, md5: &Md5) -> Result<(), StoreError> {
        let bytes = Bytes::from(std::fs::read(file).map_err(StoreError::artifacts)?);
        self.0.lock().unwrap().entry(*key).or_insert((bytes, *md5));
        Ok(())
    }
}
