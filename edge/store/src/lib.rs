//! What a catalog and an artifact store must do, and how artifacts get into them.
//!
//! One trait each, one conformance suite that every store passes (`tests/conformance`). Stores make no policy choice:
//! they keep records and bytes.

mod artifacts;
mod catalog;
mod digesting;
mod either;
mod error;
mod fragment;
mod inspect;
mod stage;

pub use artifacts::{
    Address, Artifacts, ByteStream, Held, Identity, Opened, Piece, PieceStream, Reading, Stat, Stored, Unread,
};
pub use catalog::Catalog;
pub use digesting::{Digested, Digesting};
pub use either::Either;
pub use error::StoreError;
pub use inspect::inspect;
pub use stage::{MODE, StageError, Staged, stage, temporary};
