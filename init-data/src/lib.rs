//! What an operator does: publish, sign, prove, look.

#[cfg(feature = "deploy")]
mod adopt;
#[cfg(feature = "deploy")]
pub mod doctor;
#[cfg(feature = "cli")]
mod document;
#[cfg(feature = "cli")]
mod garbage;
mod guard;
#[cfg(feature = "cli")]
mod import;
#[cfg(feature = "deploy")]
pub mod known_words;
#[cfg(feature = "cli")]
mod missing;
mod opening;
#[cfg(feature = "cli")]
mod options;
#[cfg(feature = "cli")]
pub mod picture;
mod places;
#[cfg(feature = "cli")]
mod prices;
mod publish;
mod sample;
pub mod signing;
#[cfg(feature = "deploy")]
pub mod stack;
mod stores;
pub mod terminal;
#[cfg(feature = "cli")]
mod warm;

#[cfg(feature = "deploy")]
pub use adopt::{AdoptChange, AdoptError, AdoptPlan, adopt, plan_adoption};
#[cfg(feature = "cli")]
pub use document::{Document, InvalidDocument, MAX_DOCUMENT_BYTES, Part};
#[cfg(feature = "cli")]
pub use garbage::{Collected, GarbageError, LEAST_AGE, Rules, collect};
pub use guard::{Refused, guard};
#[cfg(feature = "cli")]
pub use import::{Change, ImportError, Plan, apply, plan};
#[cfg(feature = "cli")]
pub use missing::{Missing, missing, without_bytes};
pub use opening::{AnyArtifacts, AnyCatalog, OpenError};
#[cfg(feature = "cli")]
pub use options::StoreOptions;
pub use places::{ArtifactsPlace, CatalogPlace, DEFAULT_DATA, HalfGiven, InvalidPlace, LostCatalog, Places};
#[cfg(feature = "cli")]
pub use prices::{Costs, Micros, PRICES_IN, PRICES_OF};
pub use publish::{Pointer, Publication, PublishError, Published, Terms, publish};
pub use sample::{DEFAULT_SAMPLE_SIZE, Sample, SampleError, has_samples, remove_samples, samples};
pub use stores::Stores;
#[cfg(feature = "cli")]
pub use warm::{Needed, Needs, State, Warming, warm, warming};
