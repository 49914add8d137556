//! The suite's frame: what a store must provide to be tested, and which stores are.

use std::path::PathBuf;

use embedded::{FolderArtifacts, SqliteCatalog};
use store::{Artifacts, Catalog};

use crate::memory::{MemoryArtifacts, MemoryCatalog};

/// Where a catalog and an artifact store keep their data for one test: empty at first, gone when dropped.
pub(crate) trait Place {
    type Catalog: Catalog;
    type Artifacts: Artifacts;

    async fn new() -> Self;

    /// Opens the catalog, as another process would: nothing is shared with what was opened before but the data.
    async fn catalog(&self) -> Self::Catalog;

    /// Opens the artifact store, as another process would.
    async fn artifacts(&self) -> Self::Artifacts;
}

/// The default stores, in a folder.
pub(crate) struct Embedded(tempfile::TempDir);

impl Embedded {
    pub(crate) fn catalog_file(&self) -> PathBuf {
        self.0.path().join("catalog.sqlite")
    }
}

impl Place for Embedded {
    type Catalog = SqliteCatalog;
    type Artifacts = FolderArtifacts;

    async fn new() -> Self {
        Embedded(edgehop_tests::server::folder())
    }

    async fn catalog(&self) -> SqliteCatalog {
        embedded::open(self.0.path()).unwrap().0
    }

    async fn artifacts(&self) -> FolderArtifacts {
        embedded::open(self.0.path()).unwrap().1
    }
}

/// The doubles that tests of the service use: they count as stores only because they pass the same suite.
#[derive(Default)]
pub(crate) struct Memory {
    catalog: MemoryCatalog,
    artifacts: MemoryArtifacts,
}

impl Place for Memory {
    type Catalog = MemoryCatalog;
    type Artifacts = MemoryArtifacts;

    async fn new() -> Self {
        Memory::default()
    }

    async fn catalog(&self) -> MemoryCatalog {
        self.catalog.clone()
    }

    async fn artifacts(&self) -> MemoryArtifacts {
        self.artifacts.clone()
    }
}

/// Makes each check of a module a test of a place. A check that is missing here is reported as dead code.
macro_rules! tests {
    ($module:ident, $place:ty: $($check:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $check() {
                let place = <$place as $crate::suite::Place>::new().await;
                crate::$module::$check(&place).await;
            }
        )+
    };
}
pub(crate) use tests;

mod embedded_stores {
    use super::Embedded;

    crate::catalog::suite!(Embedded);
    crate::commits::suite!(Embedded);
    crate::records::suite!(Embedded);
    crate::writers::suite!(Embedded);
    crate::artifacts::suite!(Embedded);
    crate::signatures::suite!(Embedded);
    crate::collecting::suite!(Embedded);
}

mod memory_stores {
    use super::Memory;

    crate::catalog::suite!(Memory);
    crate::commits::suite!(Memory);
    crate::records::suite!(Memory);
    crate::writers::suite!(Memory);
    crate::artifacts::suite!(Memory);
    crate::signatures::suite!(Memory);
    crate::collecting::suite!(Memory);
}

mod aws_stores {
    use crate::aws::Aws;

    crate::catalog::suite!(Aws);
    crate::commits::suite!(Aws);
    crate::records::suite!(Aws);
    crate::writers::suite!(Aws);
    crate::artifacts::suite!(Aws);
    crate::signatures::suite!(Aws);
    crate::collecting::suite!(Aws);
}
