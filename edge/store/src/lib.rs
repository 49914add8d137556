//! Traits of catalogs and artifact stores.
//!
//! Every store passes one conformance suite (`tests/conformance`). Stores keep records and bytes, and decide no policy.

mod artifacts;
mod catalog;
mod either;
mod error;

pub use artifacts::{
    Address, Artifacts, ByteStream, Identity, Lease, Opened, Piece, PieceStream, Reading, Stat, Stored, Unread,
};
pub use catalog::Catalog;
pub use either::Either;
pub use error::StoreError;
