use std::path::{Path, PathBuf};

use clap::Args;
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

/// The options that say which stores are meant.
#[derive(Debug, Clone, Args)]
pub struct StoreOptions {
    /// The folder of catalog and artifacts, made if it is not there
    #[arg(long, global = true, env = "EDGEHOP_DATA", default_value = "./edgehop-data", value_name = "FOLDER")]
    pub data: PathBuf,
    /// The catalog, where it is not in the data folder: sqlite:FILE
    #[arg(long, global = true, env = "EDGEHOP_CATALOG", value_name = "STORE", value_parser = catalog)]
    pub catalog: Option<PathBuf>,
    /// The artifacts, where they are not in the data folder: folder:FOLDER
    #[arg(long, global = true, env = "EDGEHOP_ARTIFACTS", value_name = "STORE", value_parser = artifacts)]
    pub artifacts: Option<PathBuf>,
}

impl Stores<SqliteCatalog, FolderArtifacts> {
    /// Opens the embedded stores in a data folder, making what is not there.
    pub fn embedded(data: &Path) -> Result<Self, StoreError> {
        let (catalog, artifacts) = embedded::open(data)?;
        let work = artifacts.work();
        Ok(Stores { catalog, artifacts, work })
    }
}

impl StoreOptions {
    /// Opens the stores, making what is not there.
    pub fn open(&self) -> Result<Stores<SqliteCatalog, FolderArtifacts>, StoreError> {
        let folder = self.artifacts.clone().unwrap_or_else(|| self.data.join("artifacts"));
        let file = self.catalog.clone().unwrap_or_else(|| self.data.join("catalog.sqlite"));
        let artifacts = FolderArtifacts::open(&folder)?;
        if let Some(parent) = file.parent().filter(|parent| *parent != Path::new("")) {
            std::fs::create_dir_all(parent).map_err(StoreError::catalog)?;
        }
        let catalog = SqliteCatalog::open(&file)?;
        let work = artifacts.work();
        Ok(Stores { catalog, artifacts, work })
    }
}

fn catalog(given: &str) -> Result<PathBuf, String> {
    location(given, "sqlite:", "sqlite:FILE")
}

fn artifacts(given: &str) -> Result<PathBuf, String> {
    location(given, "folder:", "folder:FOLDER")
}

fn location(given: &str, scheme: &str, takes: &str) -> Result<PathBuf, String> {
    let path = given.strip_prefix(scheme).filter(|path| !path.is_empty());
    path.map(PathBuf::from).ok_or_else(|| format!("this edgehop knows no such store: it takes {takes}"))
}
