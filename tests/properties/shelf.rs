//! Artifacts in memory, and packages put together from them.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};
use resolver::catalog::{Artifact, ObjectKey};
use resolver::package::{Framer, Plan, Slice, Source};
use resolver::words::Sha256;
use tempfile::TempDir;

/// Objects by key, as an artifact store has them.
pub(crate) struct Shelf {
    objects: BTreeMap<ObjectKey, Bytes>,
    work: TempDir,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Shelf { objects: BTreeMap::new(), work: tempfile::tempdir().unwrap() }
    }

    /// Stages content as publishing does and keeps its objects.
    pub(crate) fn put(&mut self, content: &[u8]) -> Artifact {
        let path = self.work.path().join("artifact");
        fs::write(&path, content).unwrap();
        let artifact = staging::stage(&path, self.work.path(), |_| {}).unwrap().artifact;
        self.objects.insert(ObjectKey::Blob(artifact.sha256), Bytes::copy_from_slice(content));
        if let Some(fragment) = artifact.fragment {
            // Made again in one piece: a fragment does not depend on how its artifact was read.
            let bytes = fragment_of(content);
            assert_eq!((Sha256::of(&bytes), bytes.len() as u64), (fragment.sha256, fragment.size));
            self.objects.insert(ObjectKey::Fragment(fragment.sha256), bytes.into());
        }
        artifact
    }

    /// Bytes of a package, put together from objects that arrive in pieces of `chunk` bytes.
    pub(crate) fn assemble(&self, plan: &Plan, range: Range<u64>, chunk: usize) -> Vec<u8> {
        plan.slices(range).iter().flat_map(|slice| self.slice(slice, chunk)).collect()
    }

    fn slice(&self, slice: &Slice, chunk: usize) -> Vec<u8> {
        let cut = |bytes: &Bytes| bytes[slice.range.start as usize..slice.range.end as usize].to_vec();
        match &slice.source {
            Source::Literal(bytes) => cut(bytes),
            Source::Object(object) => cut(&self.objects[object]),
            Source::Framed { object, size } => {
                let framer = Framer::new(*size, slice.range.clone());
                framed(framer, &self.objects[object], chunk)
            }
            Source::Trailer(checksum) => {
                let missing = checksum.crc32(|_| None).unwrap_err();
                assert!(self.objects.contains_key(&missing), "it says which checksum is missing");
                let learned = |object: &ObjectKey| Some(crc32(&self.objects[object]));
                cut(&Plan::trailer(checksum, checksum.crc32(learned).unwrap()))
            }
        }
    }
}

fn framed(mut framer: Framer, artifact: &Bytes, chunk: usize) -> Vec<u8> {
    let wanted = framer.data();
    let mut pieces = artifact[wanted.start as usize..wanted.end as usize].chunks(chunk).map(Bytes::copy_from_slice);
    let (mut out, mut pending) = (Vec::new(), Bytes::new());
    while !framer.is_done() {
        if let Some(header) = framer.header() {
            out.extend_from_slice(&header);
        } else {
            if pending.is_empty() {
                pending = pieces.next().unwrap();
            }
            out.extend_from_slice(&framer.frame(&mut pending));
        }
    }
    assert!(pending.is_empty() && pieces.next().is_none(), "it asked for more of the artifact than it took");
    out
}

fn fragment_of(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 * content.len() + 1_000);
    let mut compress = Compress::new(Compression::new(6), false);
    compress.compress_vec(content, &mut out, FlushCompress::Full).unwrap();
    assert_eq!(compress.total_in(), content.len() as u64);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
