use std::future::Future;

use resolver::catalog::{Channel, Component, Release};
use resolver::words::{AttributeName, ChannelName, ComponentKey, ComponentName};

use crate::StoreError;

/// Where components, their channels and their releases are kept.
///
/// Reads are point reads: their cost does not depend on how much is published. Writes are conditional, so that two
/// operators cannot overwrite each other, and each is done as a whole or not at all.
pub trait Catalog: Send + Sync + 'static {
    /// One component with all its channels and releases, as they are at one moment; `None` if it was never published.
    fn component(&self, key: &ComponentKey) -> impl Future<Output = Result<Option<Component>, StoreError>> + Send;

    /// The components of which some channel wants this attribute, in the order of their keys.
    fn wanting(&self, attribute: &AttributeName) -> impl Future<Output = Result<Vec<ComponentKey>, StoreError>> + Send;

    /// Every component, in the order of their keys. For operators; no request needs it.
    fn components(&self) -> impl Future<Output = Result<Vec<ComponentKey>, StoreError>> + Send;

    /// Adds a release. Adding the same again changes nothing; other bytes under a version that is there are
    /// [`StoreError::Taken`]. The first release fixes the spelling of the component's name.
    fn add_release(
        &self,
        component: &ComponentName,
        release: &Release,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Sets a channel if it is still as `expected` (`None`: not there yet), else [`StoreError::Moved`]. The target
    /// must have been added before, else [`StoreError::Dangling`].
    fn set_channel(
        &self,
        component: &ComponentKey,
        name: &ChannelName,
        channel: &Channel,
        expected: Option<&Channel>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
