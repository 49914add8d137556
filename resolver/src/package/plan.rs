use std::ops::Range;

use bytes::Bytes;
use sha2::Digest as _;

use super::checksum::Checksum;
use super::{gzip, stored, ustar};
use crate::catalog::{Artifact, Fragment, ObjectKey};
use crate::manifest::FILE_NAME;
use crate::query::EntityTag;

/// Names the layout in every package's entity tag: it changes when the same parts are put together otherwise.
const LAYOUT: &[u8] = b"edgehop package 1\n";

/// An artifact and its name in the package.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// `<component>_<version>` or, where that is taken, `<component>@<version>`; 100 bytes at most.
    pub name: &'a str,
    /// The bytes that go in under that name.
    pub artifact: &'a Artifact,
}

/// A package, laid out: what its bytes are and where they come from. Nothing has been read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    parts: Vec<Part>,
    length: u64,
    tag: EntityTag,
}

/// A stretch of a package that comes from one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where the bytes come from.
    pub source: Source,
    /// Their number.
    pub length: u64,
}

/// Where a stretch of a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Bytes at hand.
    Literal(Bytes),
    /// A stored object as it is: a fragment.
    Object(ObjectKey),
    /// A stored object of `size` bytes in stored blocks ([`super::Framer`]): an artifact.
    Framed {
        /// The artifact.
        object: ObjectKey,
        /// Its length without the blocks' headers.
        size: u64,
    },
    /// The gzip trailer, where an artifact's CRC-32 is not known before it is read ([`Plan::trailer`]).
    Trailer(Checksum),
}

/// A range within one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Which part.
    pub source: Source,
    /// The bytes wanted, counted from the part's first.
    pub range: Range<u64>,
    /// The range is the whole part.
    pub whole: bool,
}

impl Plan {
    /// Lays out the manifest and the artifacts, in this order.
    pub fn new(manifest: &Bytes, members: &[Member<'_>]) -> Plan {
        let mut layout = Layout { raw: gzip::HEADER.to_vec(), ..Layout::default() };
        layout.tar.extend_from_slice(&ustar::header(FILE_NAME, manifest.len() as u64));
        layout.tar.extend_from_slice(manifest);
        layout.pad(manifest.len() as u64);
        for member in members {
            layout.tar.extend_from_slice(&ustar::header(member.name, member.artifact.size));
            layout.artifact(member.artifact);
            layout.pad(member.artifact.size);
        }
        layout.tar.extend_from_slice(&ustar::END);
        layout.finish()
    }

    /// Length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The package's entity tag: a digest of the layout, the literal bytes and the objects' digests, so two packages
    /// share it only if they are the same to the last bit. It never looks like an artifact's MD5.
    pub fn tag(&self) -> &EntityTag {
        &self.tag
    }

    /// How many of the bytes the plan itself holds: what it takes in memory.
    pub fn literal_bytes(&self) -> u64 {
        let literal = |part: &Part| matches!(part.source, Source::Literal(_)).then_some(part.length);
        self.parts.iter().filter_map(literal).sum()
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What to read, and from where, for these bytes of the package.
    pub fn slices(&self, wanted: Range<u64>) -> Vec<Slice> {
        let mut slices = Vec::new();
        let mut at = 0;
        for part in &self.parts {
            let (from, to) = (wanted.start.max(at), wanted.end.min(at + part.length));
            if from < to {
                let range = from - at..to - at;
                let whole = range == (0..part.length);
                slices.push(Slice { source: part.source.clone(), range, whole });
            }
            at += part.length;
        }
        slices
    }

    /// The gzip trailer of a package whose checksum is complete by now.
    pub fn trailer(checksum: &Checksum, crc32: u32) -> Bytes {
        Bytes::copy_from_slice(&gzip::trailer(crc32, checksum.length()))
    }
}

/// A plan in the making: parts done, gzip bytes not yet in a part, tar bytes not yet in a block.
#[derive(Default)]
struct Layout {
    parts: Vec<Part>,
    raw: Vec<u8>,
    tar: Vec<u8>,
    checksum: Checksum,
}

impl Layout {
    fn pad(&mut self, size: u64) {
        self.tar.resize(self.tar.len() + ustar::padding(size), 0);
    }

    fn artifact(&mut self, artifact: &Artifact) {
        if artifact.size == 0 {
            return;
        }
        self.end_literal();
        let object = ObjectKey::Blob(artifact.sha256);
        self.checksum.object(object, artifact.size, artifact.crc32);
        let part = match (artifact.packaged(), artifact.fragment) {
            (fragment @ ObjectKey::Fragment(_), Some(Fragment { size, .. })) => {
                Part { source: Source::Object(fragment), length: size }
            }
            _ => Part {
                source: Source::Framed { object, size: artifact.size },
                length: stored::framed_length(artifact.size),
            },
        };
        self.parts.push(part);
    }

    fn finish(mut self) -> Plan {
        self.end_block();
        self.raw.extend_from_slice(&gzip::END);
        match self.checksum.crc32(|_| None) {
            Ok(crc32) => self.raw.extend_from_slice(&gzip::trailer(crc32, self.checksum.length())),
            Err(_) => {
                self.end_literal();
                let checksum = std::mem::take(&mut self.checksum);
                self.parts.push(Part { source: Source::Trailer(checksum), length: gzip::TRAILER });
            }
        }
        self.end_literal();
        let length = self.parts.iter().map(|part| part.length).sum();
        Plan { tag: tag(&self.parts), parts: self.parts, length }
    }

    /// Turns the tar bytes so far into stored blocks.
    fn end_block(&mut self) {
        if !self.tar.is_empty() {
            self.checksum.bytes(&self.tar);
            stored::append(&mut self.raw, &self.tar);
            self.tar.clear();
        }
    }

    /// Turns the gzip bytes so far into a part.
    fn end_literal(&mut self) {
        self.end_block();
        if !self.raw.is_empty() {
            let bytes = Bytes::from(std::mem::take(&mut self.raw));
            self.parts.push(Part { length: bytes.len() as u64, source: Source::Literal(bytes) });
        }
    }
}

fn tag(parts: &[Part]) -> EntityTag {
    let mut hash = sha2::Sha256::new_with_prefix(LAYOUT);
    for part in parts {
        hash.update(part.length.to_be_bytes());
        match &part.source {
            Source::Literal(bytes) => hash.update(bytes),
            Source::Object(object) | Source::Framed { object, .. } => hash.update(object.to_string()),
            Source::Trailer(_) => hash.update("trailer"),
        }
    }
    EntityTag::digest("p", &hash.finalize())
}
