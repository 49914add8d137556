//! The package: one `.tar.gz`, laid out before a byte of it is read.
//!
//! # The splice
//!
//! A package differs from device to device, but the artifacts in it do not. So they are compressed once, when they are
//! published, and a package is put together from them without compressing, decompressing or even reading anything:
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
//! This works because of three facts of the formats:
//!
//! - A deflate stream is a row of blocks (RFC 1951 section 3.2.3), and a block may end on a byte boundary: a full
//!   flush adds an empty stored block for that and forgets the window. A *fragment* is an artifact compressed on its
//!   own, ended with a full flush, with no final block. It refers to nothing before it, so it may stand after anything.
//! - A stored block is five bytes in front of up to 65,535 bytes as they are. Tar headers and padding go in so, and so
//!   does an artifact that has no fragment.
//! - CRC-32 is linear: the checksum of two parts in a row follows from their checksums and the second one's length.
//!
//! What it buys: `ETag` and `Content-Length` are known before the first read, serving costs no processor time for
//! compression, memory does not depend on size, and any `Range` of a package is a row of ranges of stored objects. The
//! result is one ordinary gzip member (RFC 1952) around one ordinary ustar archive.
//!
//! The manifest is the first member, where a streaming reader wants it. Names, times, owners and modes are fixed, so
//! the same decision gives the same bytes on every machine, for ever.

mod checksum;
mod gzip;
mod plan;
mod stored;
mod ustar;

pub use checksum::Checksum;
pub use plan::{Member, Part, Plan, Slice, Source};
pub use stored::Framer;
