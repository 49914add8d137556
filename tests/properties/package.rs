//! A package is one ordinary archive, and any range of it is a range of it.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use resolver::catalog::Artifact;
use resolver::package::{Member, Plan, Source};
use resolver::words::Sha256;

use crate::cases;
use crate::shelf::Shelf;
use crate::unpacked::{File, files};

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_package_unpacks_to_what_was_published(
        contents in contents(),
        manifest in manifest(),
        chunk in 1usize..100_000,
    ) {
        let mut shelf = Shelf::new();
        let artifacts: Vec<_> = contents.iter().map(|content| content.put(&mut shelf)).collect();
        let plan = plan(&manifest, &contents, &artifacts);
        let whole = shelf.assemble(&plan, 0..plan.length(), chunk);
        prop_assert_eq!(whole.len() as u64, plan.length());
        let first = File { name: "package_details.json".into(), content: manifest.to_vec() };
        let others = contents.iter().map(|content| File { name: content.name.clone(), content: content.bytes() });
        // Not `prop_assert_eq`, which would print megabytes.
        prop_assert!(files(&whole) == std::iter::once(first).chain(others).collect::<Vec<_>>());
    }

    #[test]
    fn any_range_is_that_slice_of_the_whole(
        contents in contents(),
        manifest in manifest(),
        chunk in 1usize..100_000,
        ranges in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 8),
        edges in vec((any::<prop::sample::Index>(), -6..=6i64, 0..12u64), 16),
    ) {
        let mut shelf = Shelf::new();
        let artifacts: Vec<_> = contents.iter().map(|content| content.put(&mut shelf)).collect();
        let plan = plan(&manifest, &contents, &artifacts);
        let length = plan.length();
        let whole = shelf.assemble(&plan, 0..length, chunk);
        let anywhere = ranges.iter().map(|(a, b)| {
            let (a, b) = (a.index(length as usize + 1) as u64, b.index(length as usize + 1) as u64);
            a.min(b)..a.max(b)
        });
        // Where one part ends and the next begins.
        let mut starts = vec![0];
        starts.extend(plan.parts().iter().scan(0, |at, part| { *at += part.length; Some(*at) }));
        let at_edges = edges.iter().map(|(start, off, bytes)| {
            let from = start.get(&starts).saturating_add_signed(*off).min(length);
            from..(from + bytes).min(length)
        });
        for range in anywhere.chain(at_edges) {
            let is = shelf.assemble(&plan, range.clone(), chunk);
            prop_assert!(is == whole[range.start as usize..range.end as usize], "{range:?} of {length}");
            let cut = plan.slices(range.clone());
            let bytes: u64 = cut.iter().map(|slice| slice.range.end - slice.range.start).sum();
            prop_assert_eq!(bytes, range.end - range.start);
        }
        prop_assert!(plan.slices(0..length).iter().all(|slice| slice.whole));
    }
}

/// Each record's shape takes its own way into a package; without this, the properties could pass by never going there.
#[test]
fn the_drawn_records_reach_every_source() {
    let mut shelf = Shelf::new();
    let mut ways = |kind, record| {
        let content = Content { name: "a_1".into(), size: 10_000, kind, seed: 1, record };
        let artifact = content.put(&mut shelf);
        let plan = plan(&Bytes::from_static(b"{}"), &[content], &[artifact]);
        plan.parts().iter().map(|part| source(&part.source)).collect::<String>()
    };
    assert_eq!(ways(Kind::Text, Record::Staged), "literal object literal ");
    assert_eq!(ways(Kind::Noise, Record::Staged), "literal framed literal ");
    assert_eq!(ways(Kind::Text, Record::NoFragment), "literal framed literal ");
    assert_eq!(ways(Kind::Text, Record::NoChecksum), "literal framed literal trailer ");
}

fn source(source: &Source) -> &'static str {
    match source {
        Source::Literal(_) => "literal ",
        Source::Object(_) => "object ",
        Source::Framed { .. } => "framed ",
        Source::Trailer(_) => "trailer ",
    }
}

/// What is published under one name.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    name: String,
    size: usize,
    kind: Kind,
    seed: u32,
    record: Record,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Noise,
    Text,
    Zeros,
}

/// How much the record says.
#[derive(Debug, Clone, Copy)]
enum Record {
    Staged,
    NoFragment,
    NoChecksum,
    Adopted,
}

impl Content {
    /// Puts it on the shelf; the artifact as its record has it.
    pub(crate) fn put(&self, shelf: &mut Shelf) -> Artifact {
        if self.size == 0 {
            // Nothing empty can be staged, but an adopted record may say so.
            let md5 = "d41d8cd98f00b204e9800998ecf8427e".parse().unwrap();
            return Artifact { sha256: Sha256::of(b""), md5, size: 0, crc32: None, fragment: None };
        }
        let staged = shelf.put(&self.bytes());
        match self.record {
            Record::Staged => staged,
            Record::NoFragment => Artifact { fragment: None, ..staged },
            Record::NoChecksum => Artifact { crc32: None, ..staged },
            Record::Adopted => Artifact { crc32: None, fragment: None, ..staged },
        }
    }

    /// Other bytes under the same name, of the same length.
    pub(crate) fn reseeded(&self) -> Content {
        Content { seed: self.seed + 1, ..self.clone() }
    }

    fn bytes(&self) -> Vec<u8> {
        let noise = |at: usize| (at as u32 ^ self.seed).wrapping_mul(2_654_435_761).rotate_left(13) as u8;
        let byte = |at: usize| match self.kind {
            Kind::Noise => noise(at) ^ noise(at.rotate_right(7)),
            Kind::Text => b"over the air, "[at % 14] ^ (noise(at / 97) & 3),
            Kind::Zeros => 0,
        };
        (0..self.size).map(byte).collect()
    }
}

/// The package of a manifest and of what is published.
pub(crate) fn plan(manifest: &Bytes, contents: &[Content], artifacts: &[Artifact]) -> Plan {
    let named = contents.iter().zip(artifacts);
    let members: Vec<_> = named.map(|(content, artifact)| Member { name: &content.name, artifact }).collect();
    Plan::new(manifest, &members)
}

/// Up to four artifacts; sizes lie around those of tar's and deflate's blocks.
pub(crate) fn contents() -> impl Strategy<Value = Vec<Content>> {
    let edges = [0, 1, 2, 511, 512, 513, 1_024, 65_023, 65_534, 65_535, 65_536, 66_048, 131_070, 131_071, 131_072];
    let size = prop_oneof![4 => select(edges.to_vec()), 3 => 1..3_000usize, 1 => 1..200_000usize];
    let kind = prop_oneof![Just(Kind::Noise), Just(Kind::Text), Just(Kind::Zeros)];
    let record = prop_oneof![
        3 => Just(Record::Staged),
        1 => Just(Record::NoFragment),
        1 => Just(Record::NoChecksum),
        1 => Just(Record::Adopted),
    ];
    let name = prop_oneof![4 => "[a-zA-Z0-9]{1,9}_[0-9.]{1,9}", 1 => "[a-z]{48}_[0-9]{48}", 1 => "[a-z]{99}_"];
    let content = (name, size, kind, 0..4u32, record);
    vec(content.prop_map(|(name, size, kind, seed, record)| Content { name, size, kind, seed, record }), 0..5)
}

/// A manifest's text, mostly short, sometimes longer than a stored block.
pub(crate) fn manifest() -> impl Strategy<Value = Bytes> {
    let size = prop_oneof![4 => 0..2_000usize, 1 => select(vec![512, 1_024, 65_023, 65_535, 66_000, 140_000])];
    size.prop_map(|size| b"{\"reason\":1}\n".repeat(size / 13 + 1)[..size].to_vec().into())
}
