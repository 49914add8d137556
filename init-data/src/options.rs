use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use embedded::{FolderArtifacts, SqliteCatalog};

use crate::stores::Stores;

/// The options that say which stores are meant.
#[derive(Debug, Clone, Args)]
pub struct StoreOptions {
    /// The folder of catalog and artifacts; publish, import and sample make it if it is not there
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
    pub fn make(&self) -> anyhow::Result<Stores<SqliteCatalog, FolderArtifacts>> {
        let (file, folder) = self.places();
        let failed =
            |place: &Path| format!("cannot open {}: it takes a place that this user may write to", place.display());
        let artifacts = FolderArtifacts::open(&folder).with_context(|| failed(&folder))?;
        if let Some(parent) = file.parent().filter(|parent| *parent != Path::new("")) {
            std::fs::create_dir_all(parent).with_context(|| failed(parent))?;
        }
        let catalog = SqliteCatalog::open(&file).with_context(|| failed(&file))?;
        let work = artifacts.work();
        Ok(Stores { catalog, artifacts, work })
    }

    /// Opens stores that are there: whoever only looks makes nothing.
    pub fn open(&self) -> anyhow::Result<Stores<SqliteCatalog, FolderArtifacts>> {
        let (file, folder) = self.places();
        for place in [&file, &folder] {
            let place_name = place.display();
            ensure!(
                place.exists(),
                "there is no {place_name}: name what was published with --data, or --catalog and --artifacts"
            );
        }
        self.make()
    }

    /// The catalog's file and the artifacts' folder.
    fn places(&self) -> (PathBuf, PathBuf) {
        let file = self.catalog.clone().unwrap_or_else(|| self.data.join("catalog.sqlite"));
        (file, self.artifacts.clone().unwrap_or_else(|| self.data.join("artifacts")))
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
