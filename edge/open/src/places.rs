use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

#[cfg(feature = "aws")]
use aws::{BucketName, TableName};

/// What a build without the feature `aws` says of a store that is there.
#[cfg(not(feature = "aws"))]
const NOT_IN_THIS_BUILD: &str = "this build has no stores on AWS: make one that has, with `cargo build --release --package \
                                 edgehop-server --features aws` (the command line: --package edgehop-cli)";

/// Where a catalog is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogPlace {
    /// `sqlite:FILE`
    File(PathBuf),
    /// `dynamodb:TABLE`
    #[cfg(feature = "aws")]
    Table(TableName),
}

/// Where artifacts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactsPlace {
    /// `folder:FOLDER`
    Folder(PathBuf),
    /// `s3:BUCKET` or `s3:BUCKET/PREFIX`
    #[cfg(feature = "aws")]
    Bucket(BucketName),
}

/// Not a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPlace(String);

/// One of the two stores was named and the other was not: the data folder's in its place would be another deployment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HalfGiven {
    /// The catalog alone.
    #[error(
        "--catalog (EDGEHOP_CATALOG) is given without --artifacts (EDGEHOP_ARTIFACTS): name both stores, such as \
         --artifacts folder:FOLDER beside it, or neither, for those in --data"
    )]
    Catalog,
    /// The artifacts alone.
    #[error(
        "--artifacts (EDGEHOP_ARTIFACTS) is given without --catalog (EDGEHOP_CATALOG): name both stores, such as \
         --catalog sqlite:FILE beside it, or neither, for those in --data"
    )]
    Artifacts,
}

/// Where both stores are. Any catalog goes with any artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The catalog.
    pub catalog: CatalogPlace,
    /// The artifacts.
    pub artifacts: ArtifactsPlace,
}

impl FromStr for CatalogPlace {
    type Err = InvalidPlace;

    fn from_str(given: &str) -> Result<Self, InvalidPlace> {
        match path(given, "sqlite:") {
            Some(file) => Ok(CatalogPlace::File(file)),
            None if given.starts_with("dynamodb:") => table(given),
            None => Err(unknown("sqlite:FILE", "dynamodb:TABLE")),
        }
    }
}

impl FromStr for ArtifactsPlace {
    type Err = InvalidPlace;

    fn from_str(given: &str) -> Result<Self, InvalidPlace> {
        match path(given, "folder:") {
            Some(folder) => Ok(ArtifactsPlace::Folder(folder)),
            None if given.starts_with("s3:") => bucket(given),
            None => Err(unknown("folder:FOLDER", "s3:BUCKET")),
        }
    }
}

impl Places {
    /// Returns both stores that were named, or both of the data folder if neither was.
    pub fn new(
        data: &Path,
        catalog: Option<CatalogPlace>,
        artifacts: Option<ArtifactsPlace>,
    ) -> Result<Places, HalfGiven> {
        match (catalog, artifacts) {
            (Some(catalog), Some(artifacts)) => Ok(Places { catalog, artifacts }),
            (None, None) => Ok(Places {
                catalog: CatalogPlace::File(data.join("catalog.sqlite")),
                artifacts: ArtifactsPlace::Folder(data.join("artifacts")),
            }),
            (Some(_), None) => Err(HalfGiven::Catalog),
            (None, Some(_)) => Err(HalfGiven::Artifacts),
        }
    }

    /// The first place on this machine where nothing is yet.
    pub fn missing(&self) -> Option<&Path> {
        let file = match &self.catalog {
            CatalogPlace::File(file) => Some(file),
            #[cfg(feature = "aws")]
            CatalogPlace::Table(_) => None,
        };
        let folder = match &self.artifacts {
            ArtifactsPlace::Folder(folder) => Some(folder),
            #[cfg(feature = "aws")]
            ArtifactsPlace::Bucket(_) => None,
        };
        [file, folder].into_iter().flatten().map(PathBuf::as_path).find(|place| !place.exists())
    }
}

/// Default data folder of the server and the command line.
pub const DEFAULT_DATA: &str = "./edgehop-data";

/// Artifacts are there and their catalog is gone. A new one in its place would tell every device that there is nothing for
/// it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there are artifacts in {artifacts}, but their catalog {catalog} is gone or empty: put it back from a backup (and \
     remove a {catalog}-wal that is left of the lost one), or make it from an export with `edgehop import FILE --apply`; \
     or name the right place with --data, or --catalog and --artifacts"
)]
pub struct LostCatalog {
    artifacts: String,
    catalog: String,
}

impl Places {
    /// Refuses artifacts on this machine whose catalog on this machine is gone.
    pub fn refuse_lost_catalog(&self) -> Result<(), LostCatalog> {
        #[cfg_attr(not(feature = "aws"), expect(irrefutable_let_patterns, reason = "this build has no other stores"))]
        let (CatalogPlace::File(file), ArtifactsPlace::Folder(folder)) = (&self.catalog, &self.artifacts) else {
            return Ok(());
        };
        // In this order: a process that makes both writes the catalog's header before it stores an object, so objects that
        // are there have a catalog by now, unless it was lost.
        if !embedded::has_objects(folder) {
            return Ok(());
        }
        // What else is wrong with the file, opening it says.
        let is_lost = std::fs::metadata(file)
            .map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |meta| meta.is_file() && meta.len() == 0);
        if !is_lost {
            return Ok(());
        }
        Err(LostCatalog { artifacts: folder.display().to_string(), catalog: file.display().to_string() })
    }
}

impl fmt::Display for CatalogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CatalogPlace::File(file) => write!(f, "sqlite:{}", file.display()),
            #[cfg(feature = "aws")]
            CatalogPlace::Table(table) => table.fmt(f),
        }
    }
}

impl fmt::Display for ArtifactsPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArtifactsPlace::Folder(folder) => write!(f, "folder:{}", folder.display()),
            #[cfg(feature = "aws")]
            ArtifactsPlace::Bucket(bucket) => bucket.fmt(f),
        }
    }
}

fn path(given: &str, scheme: &str) -> Option<PathBuf> {
    given.strip_prefix(scheme).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn unknown(local: &str, aws: &str) -> InvalidPlace {
    InvalidPlace(format!("this edgehop knows no such store: it takes {local} or {aws}"))
}

#[cfg(feature = "aws")]
fn table(given: &str) -> Result<CatalogPlace, InvalidPlace> {
    given.parse().map(CatalogPlace::Table).map_err(|error| InvalidPlace(error.to_string()))
}

#[cfg(feature = "aws")]
fn bucket(given: &str) -> Result<ArtifactsPlace, InvalidPlace> {
    given.parse().map(ArtifactsPlace::Bucket).map_err(|error| InvalidPlace(error.to_string()))
}

#[cfg(not(feature = "aws"))]
fn table(_: &str) -> Result<CatalogPlace, InvalidPlace> {
    Err(InvalidPlace(NOT_IN_THIS_BUILD.to_owned()))
}

#[cfg(not(feature = "aws"))]
fn bucket(_: &str) -> Result<ArtifactsPlace, InvalidPlace> {
    Err(InvalidPlace(NOT_IN_THIS_BUILD.to_owned()))
}
