//! A package's entity tag stands for its bytes.

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;
use resolver::query::{Ladder, Query};
use resolver::words::Md5;

use crate::cases;
use crate::package::{Content, contents, manifest, plan};
use crate::shelf::Shelf;

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn the_same_inputs_have_the_same_tag_and_the_same_bytes(contents in contents(), manifest in manifest()) {
        let packages = [(); 2].map(|()| {
            let mut shelf = Shelf::new();
            let artifacts: Vec<_> = contents.iter().map(|content| content.put(&mut shelf)).collect();
            let plan = plan(&manifest, &contents, &artifacts);
            let bytes = shelf.assemble(&plan, 0..plan.length(), 9_999);
            (plan, bytes)
        });
        prop_assert!(packages[0] == packages[1]);
    }

    #[test]
    fn other_bytes_have_another_tag(
        (a, b) in (contents(), contents()),
        manifest in manifest(),
        changed: Index,
        swap: bool,
    ) {
        let mut shelf = Shelf::new();
        let mut package = |manifest: &Bytes, all: &[_]| {
            let artifacts: Vec<_> = all.iter().map(|content: &Content| content.put(&mut shelf)).collect();
            let plan = plan(manifest, all, &artifacts);
            let bytes = shelf.assemble(&plan, 0..plan.length(), 9_999);
            (plan.tag().clone(), bytes)
        };
        let mut edited = manifest.to_vec();
        match edited.is_empty() {
            true => edited.push(b'x'),
            false => edited[changed.index(manifest.len())] ^= 1,
        }
        let mut turned = a.clone();
        if swap { turned.reverse() } else { turned.extend(b.first().cloned()) }
        let packages = [
            package(&manifest, &a),
            package(&manifest, &b),
            package(&edited.into(), &a),
            package(&manifest, &turned),
            package(&manifest, &a.iter().map(Content::reseeded).collect::<Vec<_>>()),
            package(&manifest, &a[..a.len().saturating_sub(1)]),
        ];
        for (at, one) in packages.iter().enumerate() {
            for other in &packages[at + 1..] {
                prop_assert!(one.0 != other.0 || one.1 == other.1, "two packages share {}", one.0);
            }
        }
        prop_assert!(packages[0].0 != packages[2].0, "the manifest counts");
    }

    #[test]
    fn a_tag_never_looks_like_a_digest(contents in contents(), manifest in manifest()) {
        let mut shelf = Shelf::new();
        let artifacts: Vec<_> = contents.iter().map(|content| content.put(&mut shelf)).collect();
        let tag = plan(&manifest, &contents, &artifacts).tag().clone();
        let text = tag.to_string();
        prop_assert!(Md5::from_hex(text.trim_matches('"').as_bytes()).is_none(), "{text}");
        for header in [text.clone(), format!("W/{text}"), format!("\"x\", {text}")] {
            let asked = Query::parse("cpuArch=armv8", Some(header.as_bytes()), &Ladder::default()).unwrap();
            prop_assert!(asked.query.have.is_empty(), "{header}");
            prop_assert_eq!(asked.tags.last(), Some(&tag));
        }
    }
}
