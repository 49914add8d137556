//! Stores that operators can name, and how they open.

mod opening;
mod places;
mod stores;

pub use opening::{AnyArtifacts, AnyCatalog, OpenError};
pub use places::{ArtifactsPlace, CatalogPlace, DEFAULT_DATA, HalfGiven, InvalidPlace, LostCatalog, Places};
pub use stores::Stores;
