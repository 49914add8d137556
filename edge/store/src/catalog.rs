use std::future::Future;

use futures_util::future::join_all;
use resolver::catalog::{Component, Edit, Revision};
use resolver::words::{AttributeName, ComponentKey, ComponentName};

use crate::StoreError;

/// Where components, their channels and their releases are kept.
///
/// Reads are point reads: their cost does not depend on how much is published. Writes are conditional, so that two
/// operators cannot overwrite each other, and each is done as a whole or not at all.
pub trait Catalog: Send + Sync + 'static {
    /// One component with all its channels and releases, as they are at one moment; `None` if it was never published.
    fn component(&self, key: &ComponentKey) -> impl Future<Output = Result<Option<Component>, StoreError>> + Send;

    /// Several components, each as [`Catalog::component`] gives it, in the order of these keys. A store that can reads
    /// them all at one moment.
    fn several(
        &self,
        keys: &[ComponentKey],
    ) -> impl Future<Output = Vec<Result<Option<Component>, StoreError>>> + Send {
        join_all(keys.iter().map(|key| self.component(key)))
    }

    /// The components of which some channel wants this attribute, in the order of their keys.
    fn wanting(&self, attribute: &AttributeName) -> impl Future<Output = Result<Vec<ComponentKey>, StoreError>> + Send;

    /// Several attributes, each as [`Catalog::wanting`] gives it, in the order of these names. A store that can reads
    /// them all at one moment.
    fn wanting_any(
        &self,
        attributes: &[AttributeName],
    ) -> impl Future<Output = Vec<Result<Vec<ComponentKey>, StoreError>>> + Send {
        join_all(attributes.iter().map(|attribute| self.wanting(attribute)))
    }

    /// Every component, in the order of their keys. For operators; no request needs it.
    fn components(&self) -> impl Future<Output = Result<Vec<ComponentKey>, StoreError>> + Send;

    /// Does an edit as a whole or not at all, if the component is still at the revision that it was decided on
    /// ([`Revision::default`] for one that was never written), else [`StoreError::Moved`]. Returns the new revision.
    ///
    /// Other bytes under a version that is there are [`StoreError::Taken`]; a channel that points at no release, there
    /// or in the edit, or at one that the edit forgets, is [`StoreError::Dangling`]. The first edit fixes the spelling of
    /// the component's name.
    fn commit(
        &self,
        component: &ComponentName,
        expected: Revision,
        edit: &Edit,
    ) -> impl Future<Output = Result<Revision, StoreError>> + Send;
}
