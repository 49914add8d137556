use std::path::{Path, PathBuf};

use embedded::{FolderArtifacts, SqliteCatalog};
use resolver::catalog::Component;
use resolver::words::ComponentName;
use store::{Catalog, StoreError};

/// Where an operator's verbs read and write.
#[derive(Debug, Clone)]
pub struct Stores<C, A> {
    /// The catalog.
    pub catalog: C,
    /// The artifact store.
    pub artifacts: A,
    /// The folder for temporary files.
    pub work: PathBuf,
}

impl<C: Catalog, A> Stores<C, A> {
    /// A component as it is; an empty one if it was never published.
    pub async fn component(&self, name: &ComponentName) -> Result<Component, StoreError> {
        Ok(self.catalog.component(&name.key()).await?.unwrap_or_else(|| Component::empty(name.clone())))
    }
}

impl Stores<SqliteCatalog, FolderArtifacts> {
    /// Opens the embedded stores in a data folder, making what is not there.
    pub fn embedded(data: &Path) -> Result<Self, StoreError> {
        let (catalog, artifacts) = embedded::open(data)?;
        let work = artifacts.work();
        Ok(Stores { catalog, artifacts, work })
    }
}
