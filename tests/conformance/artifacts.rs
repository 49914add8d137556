//! What every artifact store does.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use resolver::catalog::ObjectKey;
use resolver::words::Sha256;
use store::{Artifacts, Opened, Stat, StoreError};

use crate::suite::Place;
use crate::words::{Object, md5, noise};

macro_rules! suite {
    ($place:ty) => {
        $crate::suite::tests! { artifacts, $place:
            what_was_not_put_is_missing
            what_was_put_is_read_back_whole
            any_range_is_that_part_of_the_object
            a_range_past_the_end_gives_no_more_than_there_is
            blobs_and_fragments_are_kept_apart
            putting_again_changes_nothing
            many_who_put_the_same_at_once_leave_it_whole
            an_object_stays_as_it_is_and_so_does_its_identity
            a_large_object_comes_in_small_pieces
            many_read_at_once
            a_reader_may_leave_early
        }
    };
}
pub(crate) use suite;

/// The embedded store reads in pieces of this size; others may choose.
const CHUNK: u64 = 128 * 1024;

/// Most bytes in one piece: a thousand slow devices hold a piece each.
const LARGEST_PIECE: usize = 1 << 20;

/// Every piece of what was opened. All are held at once, so that a store that reuses a buffer too early is found out.
pub(crate) async fn pieces(opened: Opened) -> Result<Vec<Bytes>, StoreError> {
    let pieces: Vec<_> = opened.bytes.collect().await;
    pieces.into_iter().collect()
}

pub(crate) async fn read(artifacts: &impl Artifacts, key: &ObjectKey, range: Range<u64>) -> Vec<u8> {
    pieces(artifacts.read(key, range).await.unwrap()).await.unwrap().concat()
}

/// An object of `size` bytes, put there.
pub(crate) async fn put(artifacts: &impl Artifacts, size: usize, seed: u32) -> Object {
    let object = Object::new(noise(size, seed));
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    object
}

pub(crate) async fn what_was_not_put_is_missing(place: &impl Place) {
    let artifacts = place.artifacts().await;
    put(&artifacts, 100, 1).await;
    for key in [ObjectKey::Blob(Sha256::of(b"")), ObjectKey::Fragment(Sha256::of(&noise(100, 1)))] {
        assert_eq!(artifacts.stat(&key).await.unwrap(), None);
        for range in [0..1, 0..1000] {
            let Err(error) = artifacts.read(&key, range).await else { panic!("{key} was opened") };
            assert!(matches!(error, StoreError::Missing(_)), "{error:?}");
            assert!(error.to_string().contains(&key.to_string()), "it does not say what: {error}");
        }
    }
}

pub(crate) async fn what_was_put_is_read_back_whole(place: &impl Place) {
    let artifacts = place.artifacts().await;
    for size in [1, 2, 511, 65_536, CHUNK as usize - 1, CHUNK as usize, CHUNK as usize + 1, 1_000_003] {
        let object = put(&artifacts, size, 1).await;
        let stat = Stat { size: size as u64, md5: object.md5() };
        assert_eq!(artifacts.stat(&object.blob()).await.unwrap(), Some(stat));
        assert!(read(&artifacts, &object.blob(), 0..size as u64).await == object.bytes, "{size}");
        // Whoever opens the store later finds the same.
        let again = place.artifacts().await;
        assert_eq!(again.stat(&object.blob()).await.unwrap(), Some(stat));
        assert!(read(&again, &object.blob(), 0..size as u64).await == object.bytes, "{size}");
    }
}

pub(crate) async fn any_range_is_that_part_of_the_object(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let size = 3 * CHUNK + 1000;
    let object = put(&artifacts, size as usize, 1).await;
    let edges = [0, 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK, size - 1, size];
    for (index, from) in edges.into_iter().enumerate() {
        // An empty range is asked for where a device wants only what lies around an artifact.
        for to in edges.into_iter().skip(index) {
            let part = read(&artifacts, &object.blob(), from..to).await;
            assert!(part == object.bytes[from as usize..to as usize], "{from}..{to}");
        }
    }
    for step in 0..100u64 {
        let (one, other) = (step * 7_919 % size, step * step * 104_729 % size);
        let range = one.min(other)..one.max(other) + 1;
        let part = read(&artifacts, &object.blob(), range.clone()).await;
        assert!(part == object.bytes[range.start as usize..range.end as usize], "{range:?}");
    }
}

/// A record may say more bytes than the store has; whoever reads counts, and must not be given anything else instead.
pub(crate) async fn a_range_past_the_end_gives_no_more_than_there_is(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let object = put(&artifacts, 1000, 1).await;
    for range in [0..1001, 999..5000, 1000..1001, 1000..u64::MAX, 5000..6000] {
        let Ok(opened) = artifacts.read(&object.blob(), range.clone()).await else { continue };
        let Ok(part) = pieces(opened).await else { continue };
        assert!(part.concat() == object.bytes[1000.min(range.start as usize)..], "{range:?}");
    }
}

pub(crate) async fn blobs_and_fragments_are_kept_apart(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let blob = put(&artifacts, 1000, 1).await;
    let key = ObjectKey::Fragment(blob.blob().sha256());
    assert_eq!(artifacts.stat(&key).await.unwrap(), None);
    // The store believes what it is told, so other bytes show which of the two is read.
    let other = Object::new(noise(2000, 2));
    artifacts.put(&key, &other.file, &other.md5()).await.unwrap();
    assert_eq!(artifacts.stat(&key).await.unwrap(), Some(Stat { size: 2000, md5: other.md5() }));
    assert_eq!(artifacts.stat(&blob.blob()).await.unwrap(), Some(Stat { size: 1000, md5: blob.md5() }));
    assert!(read(&artifacts, &key, 0..2000).await == other.bytes);
    assert!(read(&artifacts, &blob.blob(), 0..1000).await == blob.bytes);
}

pub(crate) async fn putting_again_changes_nothing(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let object = put(&artifacts, 300_000, 1).await;
    for _ in 0..2 {
        let again = place.artifacts().await;
        again.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
        assert!(read(&artifacts, &object.blob(), 0..300_000).await == object.bytes);
    }
    // An object that is there with this length stays as it is.
    let other = Object::new(noise(300_000, 2));
    artifacts.put(&object.blob(), &other.file, &other.md5()).await.unwrap();
    let stat = Stat { size: 300_000, md5: object.md5() };
    assert_eq!(artifacts.stat(&object.blob()).await.unwrap(), Some(stat));
    assert!(read(&artifacts, &object.blob(), 0..300_000).await == object.bytes);
}

pub(crate) async fn many_who_put_the_same_at_once_leave_it_whole<P: Place>(place: &P) {
    let object = Arc::new(Object::new(noise(2_000_000, 1)));
    let handles = [Arc::new(place.artifacts().await), Arc::new(place.artifacts().await)];
    let writers: Vec<_> = (0..8)
        .map(|index| {
            let (artifacts, object) = (Arc::clone(&handles[index % 2]), Arc::clone(&object));
            tokio::spawn(async move { artifacts.put(&object.blob(), &object.file, &object.md5()).await })
        })
        .collect();
    // Whoever looks meanwhile sees all of it or nothing.
    while !writers.iter().all(|writer| writer.is_finished()) {
        if let Some(stat) = handles[0].stat(&object.blob()).await.unwrap() {
            assert_eq!(stat, Stat { size: 2_000_000, md5: object.md5() });
            assert!(read(&*handles[0], &object.blob(), 0..2_000_000).await == object.bytes);
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert!(read(&*handles[1], &object.blob(), 0..2_000_000).await == object.bytes);
}

/// A store may know no identities. But where it gives two for what has not changed, they are the same, and two objects
/// never share one.
pub(crate) async fn an_object_stays_as_it_is_and_so_does_its_identity(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let (one, other) = (put(&artifacts, 1000, 1).await, put(&artifacts, 1000, 2).await);
    let mut known = Vec::new();
    for _ in 0..3 {
        let again = place.artifacts().await;
        // Any range tells as much.
        for (object, range) in [(&one, 0..1000), (&one, 5..6), (&other, 0..1000)] {
            let identity = again.read(&object.blob(), range).await.unwrap().identity;
            known.extend(identity.map(|identity| (object.blob(), identity)));
        }
    }
    for (key, identity) in &known {
        for (other_key, other_identity) in &known {
            assert_eq!(key == other_key, identity == other_identity);
        }
    }
}

pub(crate) async fn a_large_object_comes_in_small_pieces(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let size = 24 << 20;
    let object = put(&artifacts, size, 1).await;
    let mut opened = artifacts.read(&object.blob(), 0..size as u64).await.unwrap();
    let mut at = 0;
    while let Some(piece) = opened.bytes.next().await {
        let piece = piece.unwrap();
        assert!(piece.len() <= LARGEST_PIECE, "{} bytes at once", piece.len());
        assert!(piece == object.bytes[at..at + piece.len()], "at {at}");
        at += piece.len();
    }
    assert_eq!(at, size);
}

pub(crate) async fn many_read_at_once<P: Place>(place: &P) {
    let artifacts = Arc::new(place.artifacts().await);
    let mut objects = Vec::new();
    for seed in 0..4 {
        objects.push(Arc::new(put(&*artifacts, 700_001 + seed, seed as u32).await));
    }
    let readers = (0..96usize).map(|index| {
        let (artifacts, object) = (Arc::clone(&artifacts), Arc::clone(&objects[index % 4]));
        tokio::spawn(async move {
            let from = index * 7_919 % 600_000;
            let range = from..object.bytes.len() - index * 31;
            let wanted = range.start as u64..range.end as u64;
            let pieces = pieces(artifacts.read(&object.blob(), wanted).await.unwrap()).await.unwrap();
            tokio::task::yield_now().await;
            assert!(pieces.concat() == object.bytes[range], "reader {index}");
        })
    });
    for reader in readers.collect::<Vec<_>>() {
        reader.await.unwrap();
    }
}

pub(crate) async fn a_reader_may_leave_early(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let object = put(&artifacts, 1_000_000, 1).await;
    let mut kept = Vec::new();
    for _ in 0..50 {
        let mut opened = artifacts.read(&object.blob(), 0..1_000_000).await.unwrap();
        // What it took stays good after it has left.
        kept.push(opened.bytes.next().await.unwrap().unwrap());
    }
    assert!(read(&artifacts, &object.blob(), 0..1_000_000).await == object.bytes);
    for piece in kept {
        assert!(piece == object.bytes[..piece.len()]);
    }
    assert_eq!(md5(&object.bytes), artifacts.stat(&object.blob()).await.unwrap().unwrap().md5);
}
