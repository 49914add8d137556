//! Writes in small steps, as tests like them: one release, or one channel.

use resolver::catalog::{Channel, Component, Edit, Release, Revision};
use resolver::words::{ChannelName, ComponentKey, ComponentName};
use store::{Catalog, StoreError};

/// What every catalog does in small steps, each a conditional write that is tried again while only other records of
/// the component change.
pub trait Writes: Catalog {
    /// Adds a release. One that is there with these bytes stays as it is.
    fn add_release(
        &self,
        name: &ComponentName,
        release: &Release,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            let edit = Edit { releases: vec![release.clone()], ..Edit::default() };
            loop {
                let before = self.component(&name.key()).await?;
                let there = before.as_ref().and_then(|component| component.release(&release.version));
                if there.is_some_and(|there| there.artifact.sha256 == release.artifact.sha256) {
                    return Ok(());
                }
                match self.commit(name, revision(before.as_ref()), &edit).await {
                    Err(StoreError::Moved { .. }) => {}
                    done => return done.map(|_| ()),
                }
            }
        }
    }

    /// Sets a channel, if it is as expected: [`StoreError::Moved`] if not.
    fn set_channel(
        &self,
        key: &ComponentKey,
        name: &ChannelName,
        channel: &Channel,
        expected: Option<&Channel>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            let edit = Edit { channels: [(name.clone(), Some(channel.clone()))].into(), ..Edit::default() };
            loop {
                let before = self.component(key).await?;
                if before.as_ref().and_then(|component| component.channels.get(name)) != expected {
                    return Err(StoreError::Moved { what: format!("channel {name} of {key}") });
                }
                let spelling = before.as_ref().map(|component| component.name.clone());
                let spelling = spelling.unwrap_or_else(|| key.as_str().parse().unwrap());
                match self.commit(&spelling, revision(before.as_ref()), &edit).await {
                    Err(StoreError::Moved { .. }) => {}
                    done => return done.map(|_| ()),
                }
            }
        }
    }
}

impl<C: Catalog> Writes for C {}

fn revision(component: Option<&Component>) -> Revision {
    component.map_or(Revision::default(), |component| component.revision)
}
