use std::path::Path;

#[cfg(feature = "aws")]
use aws::{AwsArtifacts, AwsCatalog};
use embedded::{FolderArtifacts, SqliteCatalog};
#[cfg(feature = "aws")]
use store::Either;
use store::StoreError;

use crate::places::{ArtifactsPlace, CatalogPlace, Places};
use crate::stores::Stores;

/// A catalog that an operator can name.
#[cfg(feature = "aws")]
pub type AnyCatalog = Either<SqliteCatalog, AwsCatalog>;

/// A catalog that an operator can name.
#[cfg(not(feature = "aws"))]
pub type AnyCatalog = SqliteCatalog;

/// An artifact store that an operator can name.
#[cfg(feature = "aws")]
pub type AnyArtifacts = Either<FolderArtifacts, AwsArtifacts>;

/// An artifact store that an operator can name.
#[cfg(not(feature = "aws"))]
pub type AnyArtifacts = FolderArtifacts;

/// A store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// One on this machine.
    #[error("cannot open {place}: it takes a place that this user may write to")]
    Local {
        /// The file or folder.
        place: String,
        /// What the store said.
        source: StoreError,
    },
    /// One on AWS: its cause says what to do.
    #[cfg(feature = "aws")]
    #[error("cannot open {place}")]
    Aws {
        /// The table or bucket.
        place: String,
        /// What the store said.
        source: StoreError,
    },
}

impl Places {
    /// Opens the stores for a service, whose devices wait while it asks them. Files and folders that are not there
    /// are made; tables and buckets are not, and what is wrong with them is said now.
    #[cfg(feature = "aws")]
    pub async fn open(&self) -> Result<Stores<AnyCatalog, AnyArtifacts>, OpenError> {
        self.open_with(aws::Patience::Device).await
    }

    /// The same for an operator, who would rather wait than begin again.
    #[cfg(feature = "aws")]
    pub async fn open_patiently(&self) -> Result<Stores<AnyCatalog, AnyArtifacts>, OpenError> {
        self.open_with(aws::Patience::Operator).await
    }

    #[cfg(feature = "aws")]
    async fn open_with(&self, patience: aws::Patience) -> Result<Stores<AnyCatalog, AnyArtifacts>, OpenError> {
        let (catalog, artifacts) = match (&self.catalog, &self.artifacts) {
            (CatalogPlace::File(file), ArtifactsPlace::Folder(folder)) => {
                let artifacts = open_folder(folder)?;
                (Either::Left(open_file(file)?), Either::Left(artifacts))
            }
            (CatalogPlace::File(file), ArtifactsPlace::Bucket(bucket)) => {
                let clients = connect(patience).await;
                aws::look_at_bucket(&clients, bucket).await.map_err(|source| on_aws(bucket, source))?;
                (Either::Left(open_file(file)?), Either::Right(Either::Left(aws::open_bucket(&clients, bucket))))
            }
            (CatalogPlace::Table(table), ArtifactsPlace::Folder(folder)) => {
                let opened = aws::open_table(&connect(patience).await, table).await;
                let catalog = opened.map_err(|source| on_aws(table, source))?;
                (Either::Right(Either::Left(catalog)), Either::Left(open_folder(folder)?))
            }
            (CatalogPlace::Table(table), ArtifactsPlace::Bucket(bucket)) => {
                let clients = connect(patience).await;
                aws::look_at_bucket(&clients, bucket).await.map_err(|source| on_aws(bucket, source))?;
                let opened = aws::open(&clients, table, bucket, None).await;
                let (catalog, artifacts) = opened.map_err(|source| on_aws(table, source))?;
                (Either::Right(catalog), Either::Right(artifacts))
            }
        };
        let work = match &artifacts {
            Either::Left(artifacts) => artifacts.work(),
            Either::Right(_) => std::env::temp_dir(),
        };
        Ok(Stores { catalog, artifacts, work })
    }

    /// The same: nobody has to wait for what is on this machine.
    #[cfg(not(feature = "aws"))]
    pub async fn open_patiently(&self) -> Result<Stores<AnyCatalog, AnyArtifacts>, OpenError> {
        self.open().await
    }

    /// Opens the stores, making what is not there.
    #[cfg(not(feature = "aws"))]
    pub async fn open(&self) -> Result<Stores<AnyCatalog, AnyArtifacts>, OpenError> {
        let (CatalogPlace::File(file), ArtifactsPlace::Folder(folder)) = (&self.catalog, &self.artifacts);
        let artifacts = open_folder(folder)?;
        let work = artifacts.work();
        Ok(Stores { catalog: open_file(file)?, artifacts, work })
    }
}

impl Stores<AnyCatalog, AnyArtifacts> {
    /// The same stores; a bucket gives presigned URLs of its own away. `None` if the artifacts are in no bucket of
    /// edgehop's.
    #[cfg(feature = "aws")]
    pub fn with_addresses(mut self, lifetime: aws::AddressLifetime) -> Option<Self> {
        let Either::Right(Either::Left(bucket)) = self.artifacts else { return None };
        self.artifacts = Either::Right(Either::Left(bucket.with_addresses(lifetime.duration())));
        Some(self)
    }

    /// What of a table that the sample's init script filled is not served, and why.
    #[cfg(feature = "aws")]
    pub fn left_out(&self) -> Vec<String> {
        match &self.catalog {
            Either::Right(Either::Right(sample)) => sample.left_out(),
            _ => Vec::new(),
        }
    }

    /// Nothing: this build reads no such table.
    #[cfg(not(feature = "aws"))]
    pub fn left_out(&self) -> Vec<String> {
        Vec::new()
    }
}

fn open_folder(folder: &Path) -> Result<FolderArtifacts, OpenError> {
    FolderArtifacts::open(folder).map_err(|source| local(folder, source))
}

fn open_file(file: &Path) -> Result<SqliteCatalog, OpenError> {
    if let Some(parent) = file.parent().filter(|parent| *parent != Path::new("")) {
        std::fs::create_dir_all(parent).map_err(|error| local(parent, StoreError::catalog(error)))?;
    }
    SqliteCatalog::open(file).map_err(|source| local(file, source))
}

fn local(place: &Path, source: StoreError) -> OpenError {
    OpenError::Local { place: place.display().to_string(), source }
}

/// Region and credentials are those of AWS' own tools: environment, profile, container, instance.
#[cfg(feature = "aws")]
async fn connect(patience: aws::Patience) -> aws::Clients {
    aws::connect(aws::Options { patience, ..aws::Options::default() }).await
}

#[cfg(feature = "aws")]
fn on_aws(place: impl ToString, source: StoreError) -> OpenError {
    OpenError::Aws { place: place.to_string(), source }
}
