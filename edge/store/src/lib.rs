//! What a catalog and an artifact store must do.
//!
//! One trait each, one conformance suite that every store passes (`tests/conformance`). Stores make no policy choice:
//! they keep records and bytes.

mod artifacts;
mod catalog;
mod either;
mod error;

pub use artifacts::{
    Address, Artifacts, ByteStream, Held, Identity, Opened, Piece, PieceStream, Reading, Stat, Stored, Unread,
};
pub use catalog::Catalog;
pub use either::Either;
pub use error::StoreError;
