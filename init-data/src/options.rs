use std::path::{Path, PathBuf};

use clap::Args;
use embedded::{FolderArtifacts, SqliteCatalog};
use store::StoreError;

use crate::stores::Stores;

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
