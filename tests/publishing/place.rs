//! A data folder to publish into, with the library and with the command line.

use std::path::{Path, PathBuf};

use embedded::{FolderArtifacts, SqliteCatalog};
use futures_util::StreamExt as _;
use open::Stores;
use publishing::{Pointer, Publication, PublishError, Published, Terms, publish};
use resolver::catalog::{Artifact, Component, ObjectKey};
use resolver::words::Sha256;
use store::{Artifacts, Catalog};
use tempfile::TempDir;

use crate::content::Content;
use crate::edgehop::Edgehop;
use crate::now;

/// The default stores.
pub(crate) type Embedded = Stores<SqliteCatalog, FolderArtifacts>;

/// A data folder of its own; gone when dropped.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) stores: Embedded,
}

impl Place {
    /// On the disk that the tests are built on.
    pub(crate) fn new() -> Self {
        Place::within(edgehop_tests::server::folder())
    }

    /// In memory where the system has that: for what is about who comes first, and not about what a disk keeps. There
    /// nobody waits for the disk of a machine that is busy with other tests.
    pub(crate) fn quick() -> Self {
        Place::within(quick_folder())
    }

    fn within(folder: TempDir) -> Self {
        let stores = Stores::embedded(&folder.path().join("data")).unwrap();
        Place { folder, stores }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder beside the data.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn edgehop(&self) -> Edgehop {
        Edgehop::new(&self.data())
    }

    /// The stores, opened once more: nothing is shared with the others but the data.
    pub(crate) fn reopened(&self) -> Embedded {
        Stores::embedded(&self.data()).unwrap()
    }

    /// A file with this content.
    pub(crate) fn file(&self, content: Content) -> PathBuf {
        let path = self.folder.path().join(format!("{:x}-{}", content.seed, content.size));
        if !path.exists() {
            content.write(&path);
        }
        path
    }

    /// A file that is to be a release, with no terms and no channel.
    pub(crate) fn publication(&self, component: &str, version: &str, content: Content) -> Publication {
        Publication {
            component: component.parse().unwrap(),
            version: version.parse().unwrap(),
            file: self.file(content),
            terms: Terms::default(),
            channel: None,
            force: None,
        }
    }

    /// Publishes a file; `prod` points at it.
    pub(crate) async fn publish(&self, component: &str, version: &str, content: Content) -> Published {
        let publication = on(self.publication(component, version, content), "prod");
        published(&self.stores, publication).await.unwrap()
    }

    /// Puts content into the store that no release names, as a publisher does who is killed before the record. Returns
    /// what a record would say.
    pub(crate) async fn orphan(&self, content: Content) -> Artifact {
        let file = self.file(content);
        let staged = staging::stage(&file, &self.stores.work, |_| ()).unwrap();
        staged.put(&self.stores.artifacts).await.unwrap();
        staged.artifact
    }

    pub(crate) async fn component(&self, name: &str) -> Component {
        self.stores.component(&name.parse().unwrap()).await.unwrap()
    }

    /// Every release of every component has its bytes: artifact, fragment and signature, whole.
    pub(crate) async fn assert_whole(&self, what: &str) {
        for key in self.stores.catalog.components().await.unwrap() {
            for release in self.stores.catalog.component(&key).await.unwrap().unwrap().releases() {
                let artifacts = &self.stores.artifacts;
                for object in objects(&release.artifact) {
                    let stat = artifacts.stat(&object).await;
                    let stat = stat.unwrap_or_else(|error| panic!("{what}: {key} {}: {error}", release.version));
                    let stat = stat.unwrap_or_else(|| panic!("{what}: {key} {} has lost {object}", release.version));
                    let mut bytes = Vec::new();
                    let mut pieces = artifacts.read(&object, 0..stat.size).await.unwrap().bytes;
                    while let Some(piece) = pieces.next().await {
                        bytes.extend_from_slice(&piece.unwrap());
                    }
                    assert_eq!(Sha256::of(&bytes), object.sha256(), "{what}: {object}");
                }
                let beside = artifacts.signature(&release.artifact.sha256).await.unwrap();
                if let Some(signature) = &release.signature {
                    assert_eq!(beside.as_deref(), Some(signature.minisig.as_str()), "{what}: {key}");
                }
            }
        }
    }
}

/// A fresh folder in memory, where the system has that.
pub(crate) fn quick_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = memory.is_dir().then(|| tempfile::Builder::new().prefix("edgehop-").tempdir_in(memory).ok()).flatten();
    made.unwrap_or_else(edgehop_tests::server::folder)
}

/// The objects that a record names.
pub(crate) fn objects(artifact: &Artifact) -> Vec<ObjectKey> {
    let fragment = artifact.fragment.map(|fragment| ObjectKey::Fragment(fragment.sha256));
    [ObjectKey::Blob(artifact.sha256)].into_iter().chain(fragment).collect()
}

/// The publication, with a channel that is to point at it.
pub(crate) fn on(publication: Publication, channel: &str) -> Publication {
    let pointer = Pointer { name: channel.parse().unwrap(), attributes: None, allow_downgrade: None };
    Publication { channel: Some(pointer), ..publication }
}

/// Publishes now.
pub(crate) async fn published<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    publication: Publication,
) -> Result<Published, PublishError> {
    publish(stores, publication, now(), |_| ()).await
}
