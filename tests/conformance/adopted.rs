//! Releases that edgehop did not publish: nobody has compressed their artifacts or knows their CRC-32.

use std::sync::Arc;

use edgehop_tests::sample::{GAMER, members};
use edgehop_tests::writes::Writes as _;
use resolver::catalog::{Artifact, ObjectKey, Release};
use service::Service;
use store::Catalog;

use crate::asking::{Stock, ask, get, part, service};
use crate::faults::{Harm, Harmed};
use crate::memory::{MemoryArtifacts, MemoryCatalog};

type Adopted = Arc<Service<MemoryCatalog, Harmed<MemoryArtifacts>>>;

/// The stock's catalog, as if the components for which `adopted` holds had been adopted.
async fn adopt(stock: &Stock, adopted: impl Fn(&str) -> bool) -> MemoryCatalog {
    let catalog = MemoryCatalog::default();
    for key in stock.catalog.components().await.unwrap() {
        let component = stock.catalog.component(&key).await.unwrap().unwrap();
        for release in component.releases() {
            let mut release = Release::clone(release);
            if adopted(key.as_str()) {
                release.artifact = Artifact { crc32: None, fragment: None, ..release.artifact };
            }
            catalog.add_release(&component.name, &release).await.unwrap();
        }
        for (name, channel) in &component.channels {
            catalog.set_channel(&key, name, channel, None).await.unwrap();
        }
    }
    catalog
}

/// A service that has not read anything yet.
fn fresh(stock: &Stock, catalog: &MemoryCatalog) -> (Harmed<MemoryArtifacts>, Adopted) {
    let artifacts = Harmed::new(stock.artifacts.clone());
    (artifacts.clone(), service(catalog.clone(), artifacts))
}

/// The members' names and bytes, without the manifest.
fn content(package: &[u8]) -> Vec<(String, Vec<u8>)> {
    members(package).split_off(1)
}

/// All adopted, some, and the last or the first alone.
const WHICH: [fn(&str) -> bool; 4] =
    [|_| true, |key| key != "os_armv8", |key| key == "videostreamer", |key| key == "modemfw"];

#[tokio::test]
async fn a_package_with_adopted_artifacts_holds_the_same_as_one_without() {
    // Around the ends of deflate's stored blocks and of tar's.
    for size in [1, 512, 65_534, 65_535, 65_536, 131_070, 200_000] {
        let stock = Stock::new(size).await;
        let expected = content(&get(&service(stock.catalog.clone(), stock.artifacts.clone()), GAMER).await.body);
        for which in WHICH {
            let (_, service) = fresh(&stock, &adopt(&stock, which).await);
            let head = ask(&service, "HEAD", GAMER, &[]).await;
            let first = get(&service, GAMER).await;
            // Decoding checks the CRC-32 that was computed on the way.
            assert!(first.is_whole() && content(&first.body) == expected, "{size}");
            let again = get(&service, GAMER).await;
            assert!(again.is_whole() && again.body == first.body, "{size}");
            for name in ["content-length", "etag"] {
                assert_eq!(head.header(name), first.header(name), "before anything was read, {name}");
                assert_eq!(again.header(name), first.header(name), "{name}");
            }
        }
    }
}

/// Ranges that cover the trailer, or part of it, or nothing else, and some all over.
fn ranges(length: usize) -> Vec<(usize, usize)> {
    let mut ranges: Vec<_> = (1..=14).map(|last| (length - last, length - 1)).collect();
    ranges.extend((1..=8).map(|before| (length - before, length - before)));
    ranges.extend([(0, length - 1), (0, length - 5), (1, length - 1), (0, 0), (length / 2, length - 3)]);
    ranges.extend([65_500, 65_536, 66_100, 131_100].map(|at| (at, at + 200)));
    ranges
}

#[tokio::test]
async fn a_range_is_that_slice_whether_or_not_the_checksum_is_known() {
    let stock = Stock::new(150_000).await;
    for which in WHICH {
        let catalog = adopt(&stock, which).await;
        let (_, known) = fresh(&stock, &catalog);
        let whole = get(&known, GAMER).await.body;
        for (first, last) in ranges(whole.len()) {
            // One that starts with this very range, and one that has read everything.
            for service in [&fresh(&stock, &catalog).1, &known] {
                let answer = part(service, GAMER, &format!("{first}-{last}")).await;
                assert_eq!(answer.status, 206);
                assert!(answer.is_whole() && answer.body == whole[first..=last], "{first}-{last} of {}", whole.len());
            }
        }
    }
}

#[tokio::test]
async fn the_checksum_is_computed_once() {
    let stock = Stock::new(150_000).await;
    let (artifacts, service) = fresh(&stock, &adopt(&stock, |_| true).await);
    // The trailer alone takes reading each artifact, whole, once.
    let trailer = part(&service, GAMER, "-8").await.body;
    let read = artifacts.read_since();
    assert!(read.len() == 4 && read.iter().all(|(_, range)| *range == (0..150_000)), "{read:?}");
    assert!(part(&service, GAMER, "-8").await.body == trailer);
    assert_eq!(artifacts.read_since(), [], "known from before");
    // Another package of the same artifacts needs nothing more for its own trailer.
    assert_eq!(part(&service, "/package?cpuArch=armv8&attrGamer=prod", "-4").await.status, 206);
    assert_eq!(artifacts.read_since(), []);

    let (artifacts, service) = fresh(&stock, &adopt(&stock, |_| true).await);
    assert!(get(&service, GAMER).await.body.ends_with(&trailer));
    assert_eq!(artifacts.read_since().len(), 4, "learned while it passed by");
    assert!(part(&service, GAMER, "-8").await.body == trailer);
    assert_eq!(artifacts.read_since(), []);
}

/// A checksum of wrong bytes is never learned: it would make every later package wrong.
#[tokio::test]
async fn a_harmed_artifact_spoils_no_checksum() {
    let stock = Stock::new(150_000).await;
    let catalog = adopt(&stock, |_| true).await;
    let expected = get(&fresh(&stock, &catalog).1, GAMER).await.body;
    let object = ObjectKey::Blob(stock.artifact("modemfw").await.sha256);
    for harm in [Harm::Short(1), Harm::Altered(0), Harm::Altered(149_999), Harm::Long, Harm::Fails(149_999), Harm::Gone]
    {
        let (artifacts, service) = fresh(&stock, &catalog);
        artifacts.harm(Some((object, harm)));
        let whole = get(&service, GAMER).await;
        assert!(whole.is_broken() || harm == Harm::Gone && whole.is_refused(), "{harm:?}");
        let trailer = part(&service, GAMER, "-4").await;
        assert!(trailer.is_refused(), "{harm:?}: all of it is read before the first byte");
        artifacts.harm(None);
        assert!(part(&service, GAMER, "-8").await.body == expected[expected.len() - 8..], "{harm:?}");
        let mended = get(&service, GAMER).await;
        assert!(mended.is_whole() && mended.body == expected, "{harm:?}");
    }
}
