//! Of bytes that are not what their record says, no device gets a whole transfer.

use edgehop_tests::sample::{GAMER, members};
use resolver::catalog::ObjectKey;
use service::Service;

use crate::asking::{Stock, get, part, service};
use crate::faults::{Harm, Harmed};
use crate::memory::{MemoryArtifacts, MemoryCatalog};

const SIZE: u64 = 200_000;

/// A target that contains an object, that object, how long it is, and whether anything is read before it.
struct Case {
    target: String,
    object: ObjectKey,
    length: usize,
    first: bool,
}

/// A fragment in a package, an artifact in a package, and an artifact by itself.
async fn cases(stock: &Stock) -> Vec<Case> {
    let (os, modem) = (stock.object("os_armv8").await, stock.object("modemfw").await);
    assert!(matches!((os, modem), (ObjectKey::Fragment(_), ObjectKey::Blob(_))));
    let (alone, blob) = ("/package?cpuArch=armv8".to_owned(), stock.blob("modemfw").await);
    let gamer = GAMER.to_owned();
    let cases = [(gamer.clone(), os, false), (gamer, modem, true), (alone, os, true), (blob, modem, true)];
    let length = |object: &ObjectKey| stock.artifacts.bytes(object).len();
    let case = |(target, object, first)| Case { target, object, length: length(&object), first };
    cases.into_iter().map(case).collect()
}

fn harmed(stock: &Stock) -> (Harmed<MemoryArtifacts>, std::sync::Arc<Service<MemoryCatalog, Harmed<MemoryArtifacts>>>) {
    let artifacts = Harmed::new(stock.artifacts.clone());
    (artifacts.clone(), service(stock.catalog.clone(), artifacts))
}

#[tokio::test]
async fn a_harmed_object_is_never_delivered_whole() {
    let stock = Stock::new(SIZE).await;
    for Case { target, object, length, first } in cases(&stock).await {
        let (artifacts, service) = harmed(&stock);
        let good = get(&service, &target).await;
        assert!(good.status == 200 && good.is_whole(), "{target}");
        for harm in [
            Harm::Short(1),
            Harm::Short(length / 2),
            Harm::Short(length),
            Harm::Long,
            Harm::Altered(0),
            Harm::Altered(length / 2),
            Harm::Altered(length - 1),
            Harm::Fails(0),
            Harm::Fails(length / 2),
            Harm::Fails(length - 1),
            Harm::Gone,
            Harm::Unavailable,
        ] {
            // In one piece, in pieces that end where the object does, in pieces that do not, and byte by byte at last.
            for cuts in [&[1 << 30][..], &[length / 4, length - length / 4 * 4, length / 4], &[10_000], &[4096, 1, 0]] {
                artifacts.cut(cuts);
                artifacts.harm(Some((object, harm)));
                let answer = get(&service, &target).await;
                // What cannot be opened is known before anything is promised, unless something comes before it.
                let opens = !matches!(harm, Harm::Gone | Harm::Unavailable);
                let promised = target.starts_with("/package") && (opens || !first);
                let kept = answer.is_broken() || !promised && answer.is_refused();
                assert!(kept, "{harm:?} {cuts:?} {target}: {}, {} bytes", answer.status, answer.body.len());
                assert!(opens || answer.status == if promised { 200 } else { 503 }, "{harm:?} {target}");
                artifacts.harm(None);
                let mended = get(&service, &target).await;
                assert!(mended.is_whole() && mended.body == good.body, "{harm:?} {target}");
            }
        }
    }
}

/// Of a part of an object, the bytes can be counted, if not checked.
#[tokio::test]
async fn a_range_of_a_harmed_object_is_cut_off_where_it_shows() {
    let stock = Stock::new(SIZE).await;
    for Case { target, object, .. } in cases(&stock).await {
        let (artifacts, service) = harmed(&stock);
        let length = get(&service, &target).await.length();
        for harm in [Harm::Short(1), Harm::Long, Harm::Fails(0), Harm::Fails(5000), Harm::Gone] {
            artifacts.harm(Some((object, harm)));
            // Both end inside the object, wherever in the package it is.
            artifacts.read_since();
            let middle = part(&service, &target, &format!("{}-{}", length / 3, length - 10)).await;
            let touched = artifacts.read_since().iter().any(|(key, _)| *key == object);
            assert_eq!(middle.is_broken() || middle.is_refused(), touched, "{harm:?} {target}");
            assert!(touched || middle.status == 206 && middle.is_whole(), "{harm:?} {target}");
        }
    }
}

#[tokio::test]
async fn a_package_does_not_depend_on_how_the_store_cuts_its_pieces() {
    let stock = Stock::new(SIZE).await;
    let (artifacts, service) = harmed(&stock);
    let good = get(&service, GAMER).await;
    members(&good.body);
    let length = good.body.len();
    for cuts in [&[1][..], &[0, 1, 0, 0, 7], &[65_535], &[65_536], &[131_072], &[1 << 30], &[511, 0, 70_000]] {
        artifacts.cut(cuts);
        let answer = get(&service, GAMER).await;
        assert!(answer.is_whole() && answer.body == good.body, "{cuts:?}");
        for (first, last) in [(0, 1), (60_000, 70_000), (1, length - 2), (length / 2, length - 1)] {
            let answer = part(&service, GAMER, &format!("{first}-{last}")).await;
            assert!(answer.is_whole() && answer.body == good.body[first..=last], "{cuts:?} {first}-{last}");
        }
    }
}

/// An object that was right and has not changed since is not checked again. One that may have changed is.
#[tokio::test]
async fn an_object_with_another_identity_is_checked_again() {
    let stock = Stock::new(SIZE).await;
    for Case { target, object, length, .. } in cases(&stock).await {
        let (artifacts, service) = harmed(&stock);
        artifacts.identify(Some("one"));
        assert!(get(&service, &target).await.is_whole());
        let altered = Some((object, Harm::Altered(length / 2)));
        // A wrong one does not become right by being asked for twice.
        for identity in [Some("two"), Some("two"), None, None, Some("three")] {
            artifacts.identify(identity);
            artifacts.harm(altered);
            assert!(get(&service, &target).await.is_broken(), "{identity:?} {target}");
            // A range does not vouch for the whole.
            assert_eq!(part(&service, &target, "0-1").await.status, 206);
            assert!(get(&service, &target).await.is_broken(), "{identity:?} {target}");
        }
        artifacts.harm(None);
        assert!(get(&service, &target).await.is_whole());
        // Even of a trusted object every byte is counted.
        for harm in [Harm::Short(1), Harm::Fails(length - 1), Harm::Long, Harm::Gone] {
            artifacts.harm(Some((object, harm)));
            let answer = get(&service, &target).await;
            assert!(answer.is_broken() || harm == Harm::Gone && answer.is_refused(), "{harm:?} {target}");
        }
    }
}
