use std::ops::Range;

use bytes::Bytes;
use sha2::Digest as _;

use super::checksum::Checksum;
use super::{gzip, stored, ustar};
use crate::catalog::{Artifact, Fragment, ObjectKey};
use crate::manifest::FILE_NAME;
use crate::query::EntityTag;

/// Version of the layout, which is part of every package's entity tag. It changes when the layout does.
const LAYOUT: &[u8] = b"edgehop package 1\n";

/// A file of a package: an artifact and its name.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// `<component>_<version>` or, if that is not unique, `<component>@<version>`; 100 bytes at most.
    pub name: &'a str,
    /// The file's bytes.
    pub artifact: &'a Artifact,
}

/// Layout of a package: the sources of its bytes, none of which have been read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    parts: Vec<Part>,
    length: u64,
    tag: EntityTag,
}

/// Consecutive bytes of a package that have one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Source of the bytes.
    pub source: Source,
    /// Number of bytes.
    pub length: u64,
}

/// Source of consecutive bytes of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Bytes in memory.
    Literal(Bytes),
    /// A stored object without framing: a fragment.
    Object(ObjectKey),
    /// A stored object framed in stored blocks ([`super::Framer`]): an artifact.
    Framed {
        /// Key of the artifact.
        object: ObjectKey,
        /// The artifact's length in bytes, without the blocks' headers.
        size: u64,
    },
    /// The gzip trailer, if an artifact's CRC-32 is unknown until it is read ([`Plan::trailer`]).
    Trailer(Checksum),
}

/// A range within one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Source of the part.
    pub source: Source,
    /// Range to send, counted from the part's first byte.
    pub range: Range<u64>,
    /// Whether the range is the whole part.
    pub whole: bool,
}

impl Plan {
    /// Lays out the manifest, then the artifacts in this order.
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

    /// Returns the package's length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Returns the package's entity tag: a digest of the layout, the literal bytes and the objects' digests. Two packages
    /// share it only if all their bytes are equal. It never looks like an artifact's MD5.
    pub fn tag(&self) -> &EntityTag {
        &self.tag
    }

    /// Returns the number of bytes that the plan itself holds in memory.
    pub fn literal_bytes(&self) -> u64 {
        let literal = |part: &Part| matches!(part.source, Source::Literal(_)).then_some(part.length);
        self.parts.iter().filter_map(literal).sum()
    }

    /// Returns the parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the slices of parts that make up a range of the package.
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

    /// Returns the gzip trailer of a package, once its CRC-32 is known.
    pub fn trailer(checksum: &Checksum, crc32: u32) -> Bytes {
        Bytes::copy_from_slice(&gzip::trailer(crc32, checksum.length()))
    }
}

/// Builder of a plan: finished parts, gzip bytes that are not yet in a part, and tar bytes that are not yet in a block.
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

    /// Turns the pending tar bytes into stored blocks.
    fn end_block(&mut self) {
        if !self.tar.is_empty() {
            self.checksum.bytes(&self.tar);
            stored::append(&mut self.raw, &self.tar);
            self.tar.clear();
        }
    }

    /// Turns the pending gzip bytes into a part.
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
