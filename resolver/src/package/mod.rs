//! The package: one `.tar.gz`, laid out before any of its bytes are read.
//!
//! # The splice
//!
//! A package differs from device to device, but the artifacts in it do not. They are compressed once, when they are
//! published, and a package is assembled from them without compressing, decompressing or even reading anything:
//!
//! ```text
//!  gzip   ┌──────┬───────────────────────┬────────────┬────────────┬───────────────────┬─────┬───────┬────────┐
//!  member │header│ stored block(s)       │ fragment A │ stored     │ stored blocks     │ ... │ empty │trailer │
//!         │ 10 B │                       │ of store   │            │ around artifact B │     │ final │ CRC-32 │
//!         └──────┴───────────────────────┴────────────┴────────────┴───────────────────┴─────┴───────┴────────┘
//!                 ▼                       ▼            ▼            ▼                                     ▲
//!  tar            │hdr│manifest│pad│hdr A │ artifact A │ pad│hdr B │ artifact B        │ pad│ 1 KiB zeros │
//!                 └────────┬──────────────┴─────┬──────┴─────┬─────┴─────┬─────────────┴────┬──────────────┘
//!                    crc known at once    crc of record  known at once  crc of record    known at once
//!                          └──────────── combined: crc32(a‖b) from crc32(a), crc32(b), |b| ─┘
//! ```
//!
//! The splice relies on three properties of the formats:
//!
//! - A deflate stream is a sequence of blocks (RFC 1951 section 3.2.3), and a block may end on a byte boundary: a full
//!   flush adds an empty stored block for that and resets the window. A *fragment* is an artifact compressed on its own
//!   and ended with a full flush, without a final block. It refers to nothing before it, so it may follow anything.
//! - A stored block is a header of five bytes and up to 65,535 uncompressed bytes. Tar headers and padding are stored so,
//!   and so is an artifact without a fragment.
//! - CRC-32 is linear: the checksum of two consecutive parts follows from their checksums and the length of the second.
//!
//! `ETag` and `Content-Length` are therefore known before the first read, serving costs no processor time for
//! compression, memory does not depend on size, and any `Range` of a package is a sequence of ranges of stored objects.
//! The result is one ordinary gzip member (RFC 1952) that contains one ordinary ustar archive.
//!
//! The manifest is the first file, so that a streaming reader has it first. Names, times, owners and modes are fixed, so
//! a decision always gives the same bytes, on every machine.

mod checksum;
mod gzip;
mod plan;
mod stored;
mod ustar;

pub use checksum::Checksum;
pub use plan::{Member, Part, Plan, Slice, Source};
pub use stored::Framer;
