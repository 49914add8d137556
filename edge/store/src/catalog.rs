use std::future::Future;

use futures_util::future::join_all;
use resolver::catalog::{Component, Edit, Revision};
use resolver::words::{AttributeName, ComponentKey, ComponentName};

use crate::StoreError;

/// Store of components with their channels and releases.
///
/// Reads are point reads, whose cost does not depend on the size of the catalog. Writes are conditional, so that two
/// operators cannot overwrite each other, and each is a transaction.
pub trait Catalog: Send + Sync + 'static {
    /// Returns a consistent snapshot of a component with all its channels and releases; `None` if it was never published.
    fn component(&self, key: &ComponentKey) -> impl Future<Output = Result<Option<Component>, StoreError>> + Send;

    /// Returns several components, each as [`Catalog::component`] does, in the order of these keys. A store that can does
    /// so in one snapshot.
    fn several(
        &self,
        keys: &[ComponentKey],
    ) -> impl Future<Output = Vec<Result<Option<Component>, StoreError>>> + Send {
        join_all(keys.iter().map(|key| self.component(key)))
    }

    /// Returns the components of which this attribute selects a channel, in the order of their keys.
    fn wanting(&self, attribute: &AttributeName) -> impl Future<Output = Result<Vec<ComponentKey>, StoreError>> + Send;

    /// Returns the components of several attributes, each as [`Catalog::wanting`] does, in the order of these names. A
    /// store that can does so in one snapshot.
    fn wanting_any(
        &self,
        attributes: &[AttributeName],
    ) -> impl Future<Output = Vec<Result<Vec<ComponentKey>, StoreError>>> + Send {
        join_all(attributes.iter().map(|attribute| self.wanting(attribute)))
    }

    /// Returns all components in the order of their keys. Operators use it; no request does.
    fn components(&self) -> impl Future<Output = Result<Vec<ComponentKey>, StoreError>> + Send;

    /// Applies an edit completely or not at all, if the component is still at the expected revision
    /// ([`Revision::default`] for one that was never written), else returns [`StoreError::Moved`]. Returns the new
    /// revision.
    ///
    /// Other bytes under an existing version are [`StoreError::Taken`]; a channel whose target is neither in the store nor
    /// in the edit, or is deleted by the edit, is [`StoreError::Dangling`]. The first edit fixes the spelling of the
    /// component's name.
    fn commit(
        &self,
        component: &ComponentName,
        expected: Revision,
        edit: &Edit,
    ) -> impl Future<Output = Result<Revision, StoreError>> + Send;
}
