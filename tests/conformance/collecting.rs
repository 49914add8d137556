//! What every artifact store does for a collector of garbage: it lists objects, hides them, and deletes them for good.

use std::sync::Arc;
use std::time::Duration;

use resolver::catalog::ObjectKey;
use store::{Artifacts, Stat, StoreError};

use crate::artifacts::read;
use crate::suite::Place;
use crate::words::{Object, noise};

macro_rules! suite {
    ($place:ty) => {
        $crate::suite::tests! { collecting, $place:
            the_list_has_every_object_and_nothing_else
            putting_again_makes_an_object_young
            what_is_set_aside_is_missing
            what_is_put_back_is_as_before
            what_is_discarded_is_gone_for_good
            only_what_is_hidden_is_discarded
            what_was_put_anew_is_kept
            each_step_may_be_repeated
            what_is_not_there_may_be_collected
            publishing_and_collecting_at_once_leave_objects_whole
            what_is_put_while_it_is_discarded_is_kept
        }
    };
}
pub(crate) use suite;

/// More than any test takes.
const LONG: Duration = Duration::from_secs(600);

/// Bytes, and where they are put: the store believes what it is told.
async fn put(artifacts: &impl Artifacts, key: &ObjectKey, bytes: &Object) {
    artifacts.put(key, &bytes.file, &bytes.md5()).await.unwrap();
}

/// A blob and a fragment under one digest, the blob with a signature.
async fn pair(artifacts: &impl Artifacts) -> [(ObjectKey, Object); 2] {
    let (blob, fragment) = (Object::new(noise(1000, 1)), Object::new(noise(700, 2)));
    let keys = [blob.blob(), ObjectKey::Fragment(blob.blob().sha256())];
    put(artifacts, &keys[0], &blob).await;
    put(artifacts, &keys[1], &fragment).await;
    artifacts.put_signature(&keys[0].sha256(), "signed").await.unwrap();
    let [first, second] = keys;
    [(first, blob), (second, fragment)]
}

/// What the list says, without ages.
async fn listed(artifacts: &impl Artifacts) -> Vec<(ObjectKey, u64, bool)> {
    let all = artifacts.list().await.unwrap();
    assert!(all.iter().all(|stored| stored.age < LONG), "{all:?}");
    all.iter().map(|stored| (stored.key, stored.size, stored.aside)).collect()
}

async fn age(artifacts: &impl Artifacts, key: &ObjectKey) -> Duration {
    artifacts.list().await.unwrap().iter().find(|stored| stored.key == *key && !stored.aside).unwrap().age
}

/// That an object is there, with these bytes and their MD5.
async fn check_shown(artifacts: &impl Artifacts, key: &ObjectKey, object: &Object) {
    let size = object.bytes.len() as u64;
    assert_eq!(artifacts.stat(key).await.unwrap(), Some(Stat { size, md5: object.md5() }), "{key}");
    assert!(read(artifacts, key, 0..size).await == object.bytes, "{key}");
}

/// That nobody finds an object.
async fn check_missing(artifacts: &impl Artifacts, key: &ObjectKey) {
    assert_eq!(artifacts.stat(key).await.unwrap(), None, "{key}");
    for range in [0..1, 0..1000] {
        let Err(error) = artifacts.read(key, range).await else { panic!("{key} was opened") };
        assert!(matches!(error, StoreError::Missing(_)), "{error:?}");
    }
}

pub(crate) async fn the_list_has_every_object_and_nothing_else(place: &impl Place) {
    let artifacts = place.artifacts().await;
    assert!(artifacts.list().await.unwrap().is_empty());
    let mut expected = Vec::new();
    // Many, so that they are neither written nor found in the order of their keys.
    for seed in 0..40 {
        let object = Object::new(noise(100 + seed, seed as u32));
        let blob = object.blob();
        put(&artifacts, &blob, &object).await;
        artifacts.put_signature(&blob.sha256(), "signed").await.unwrap();
        expected.push((blob, 100 + seed as u64, false));
        if seed % 2 == 0 {
            let fragment = ObjectKey::Fragment(blob.sha256());
            put(&artifacts, &fragment, &object).await;
            expected.push((fragment, 100 + seed as u64, false));
        }
    }
    expected.sort();
    for handle in [&artifacts, &place.artifacts().await] {
        assert_eq!(listed(handle).await, expected);
    }
}

pub(crate) async fn putting_again_makes_an_object_young(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let [(blob, object), (fragment, _)] = pair(&artifacts).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    for key in [&blob, &fragment] {
        assert!(age(&artifacts, key).await >= Duration::from_millis(2400), "{key}");
    }
    put(&place.artifacts().await, &blob, &object).await;
    // The blob is asked first: the longer that takes, the younger it is beside the other. Some stores know whole seconds.
    let (put, other) = (age(&artifacts, &blob).await, age(&artifacts, &fragment).await);
    assert!(put + Duration::from_secs(1) <= other, "only what was put is young: {put:?}, {other:?}");
    check_shown(&artifacts, &blob, &object).await;
    assert_eq!(artifacts.signature(&blob.sha256()).await.unwrap().as_deref(), Some("signed"));
}

pub(crate) async fn what_is_set_aside_is_missing(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let both = pair(&artifacts).await;
    for [(hidden, object), (shown, other)] in [[&both[0], &both[1]], [&both[1], &both[0]]] {
        artifacts.set_aside(hidden).await.unwrap();
        for handle in [&artifacts, &place.artifacts().await] {
            check_missing(handle, hidden).await;
            check_shown(handle, shown, other).await;
            let mut expected = [(*hidden, object.bytes.len() as u64, true), (*shown, other.bytes.len() as u64, false)];
            expected.sort();
            assert_eq!(listed(handle).await, expected);
        }
        artifacts.put_back(hidden).await.unwrap();
    }
}

pub(crate) async fn what_is_put_back_is_as_before(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let both = pair(&artifacts).await;
    let before = listed(&artifacts).await;
    for (key, object) in &both {
        for _ in 0..2 {
            artifacts.set_aside(key).await.unwrap();
            // The collector that hid it may be dead, and another one looks after it.
            let again = place.artifacts().await;
            again.put_back(key).await.unwrap();
            for handle in [&artifacts, &again] {
                check_shown(handle, key, object).await;
                assert_eq!(listed(handle).await, before);
            }
        }
    }
    assert_eq!(artifacts.signature(&both[0].0.sha256()).await.unwrap().as_deref(), Some("signed"));
}

pub(crate) async fn what_is_discarded_is_gone_for_good(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let [(blob, object), (fragment, other)] = pair(&artifacts).await;
    artifacts.set_aside(&fragment).await.unwrap();
    artifacts.discard(&fragment).await.unwrap();
    check_missing(&artifacts, &fragment).await;
    assert_eq!(listed(&artifacts).await, [(blob, 1000, false)]);
    check_shown(&artifacts, &blob, &object).await;
    assert_eq!(artifacts.signature(&blob.sha256()).await.unwrap().as_deref(), Some("signed"), "it was the blob's");

    artifacts.set_aside(&blob).await.unwrap();
    place.artifacts().await.discard(&blob).await.unwrap();
    assert_eq!(artifacts.signature(&blob.sha256()).await.unwrap(), None);
    for key in [blob, fragment] {
        artifacts.put_back(&key).await.unwrap();
        check_missing(&place.artifacts().await, &key).await;
    }
    assert!(artifacts.list().await.unwrap().is_empty());
    // It may come again, even as something else: nothing of what it was is left.
    put(&artifacts, &blob, &other).await;
    check_shown(&artifacts, &blob, &other).await;
    assert_eq!(artifacts.signature(&blob.sha256()).await.unwrap(), None);
}

pub(crate) async fn only_what_is_hidden_is_discarded(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let both = pair(&artifacts).await;
    let before = listed(&artifacts).await;
    for (key, object) in &both {
        artifacts.discard(key).await.unwrap();
        check_shown(&artifacts, key, object).await;
    }
    assert_eq!(listed(&artifacts).await, before);
    assert_eq!(artifacts.signature(&both[0].0.sha256()).await.unwrap().as_deref(), Some("signed"));
}

/// A publisher does not see what is hidden, and puts it again. Other bytes show which of the two is there.
pub(crate) async fn what_was_put_anew_is_kept(place: &impl Place) {
    let artifacts = place.artifacts().await;
    for discards in [false, true] {
        let (old, new) = (Object::new(noise(1000, 1)), Object::new(noise(2000, 2)));
        for key in [old.blob(), ObjectKey::Fragment(old.blob().sha256())] {
            put(&artifacts, &key, &old).await;
            artifacts.put_signature(&key.sha256(), "old").await.unwrap();
            artifacts.set_aside(&key).await.unwrap();
            put(&place.artifacts().await, &key, &new).await;
            artifacts.put_signature(&key.sha256(), "new").await.unwrap();
            check_shown(&artifacts, &key, &new).await;
            assert_eq!(listed(&artifacts).await.iter().filter(|(_, _, aside)| !aside).count(), 1);
            let done = if discards { artifacts.discard(&key).await } else { artifacts.put_back(&key).await };
            done.unwrap();
            check_shown(&place.artifacts().await, &key, &new).await;
            assert_eq!(listed(&artifacts).await, [(key, 2000, false)], "nothing is left of the old one");
            assert_eq!(artifacts.signature(&key.sha256()).await.unwrap().as_deref(), Some("new"));
            // The next collection takes the new one.
            artifacts.set_aside(&key).await.unwrap();
            check_missing(&artifacts, &key).await;
            artifacts.discard(&key).await.unwrap();
            assert!(listed(&artifacts).await.is_empty());
        }
    }
}

pub(crate) async fn each_step_may_be_repeated(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let both = pair(&artifacts).await;
    for (key, object) in &both {
        for handle in [&artifacts, &place.artifacts().await] {
            handle.set_aside(key).await.unwrap();
            check_missing(&artifacts, key).await;
        }
        for handle in [&artifacts, &place.artifacts().await] {
            handle.put_back(key).await.unwrap();
            check_shown(&artifacts, key, object).await;
        }
    }
    for (key, _) in &both {
        artifacts.set_aside(key).await.unwrap();
        for handle in [&artifacts, &place.artifacts().await] {
            handle.discard(key).await.unwrap();
            check_missing(&artifacts, key).await;
        }
    }
    assert!(artifacts.list().await.unwrap().is_empty());
}

pub(crate) async fn what_is_not_there_may_be_collected(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let [(blob, object), _] = pair(&artifacts).await;
    let before = listed(&artifacts).await;
    let never = Object::new(noise(10, 3)).blob().sha256();
    for key in [ObjectKey::Blob(never), ObjectKey::Fragment(never)] {
        artifacts.put_back(&key).await.unwrap();
        artifacts.discard(&key).await.unwrap();
        artifacts.set_aside(&key).await.unwrap();
        artifacts.put_back(&key).await.unwrap();
        artifacts.discard(&key).await.unwrap();
        check_missing(&artifacts, &key).await;
    }
    assert_eq!(listed(&artifacts).await, before);
    check_shown(&artifacts, &blob, &object).await;
}

/// A put that returned has put the object there, or a collector has hidden it since: it is never lost.
pub(crate) async fn publishing_and_collecting_at_once_leave_objects_whole<P: Place>(place: &P) {
    let [publisher, collector] = [Arc::new(place.artifacts().await), Arc::new(place.artifacts().await)];
    let object = Arc::new(Object::new(noise(200_000, 1)));
    let key = object.blob();
    let publishing = {
        let (publisher, object) = (Arc::clone(&publisher), Arc::clone(&object));
        tokio::spawn(async move {
            for round in 0..300 {
                let put = publisher.put(&key, &object.file, &object.md5()).await;
                put.unwrap_or_else(|error| panic!("round {round}: {error:?}"));
            }
        })
    };
    while !publishing.is_finished() {
        collector.set_aside(&key).await.unwrap();
        collector.put_back(&key).await.unwrap();
    }
    publishing.await.unwrap();
    collector.put_back(&key).await.unwrap();
    check_shown(&*publisher, &key, &object).await;
    assert_eq!(listed(&*collector).await, [(key, 200_000, false)]);
}

/// A publisher does not see what is hidden, and may put it at the very moment at which a collector deletes it.
pub(crate) async fn what_is_put_while_it_is_discarded_is_kept<P: Place>(place: &P) {
    let [publisher, collector] = [Arc::new(place.artifacts().await), Arc::new(place.artifacts().await)];
    let object = Arc::new(Object::new(noise(1000, 1)));
    let key = object.blob();
    put(&*publisher, &key, &object).await;
    for round in 0..200 {
        collector.set_aside(&key).await.unwrap();
        let publishing = {
            let (publisher, object) = (Arc::clone(&publisher), Arc::clone(&object));
            tokio::spawn(async move {
                publisher.put(&key, &object.file, &object.md5()).await?;
                publisher.put_signature(&key.sha256(), "signed").await
            })
        };
        let discarding = {
            let collector = Arc::clone(&collector);
            tokio::spawn(async move { collector.discard(&key).await })
        };
        publishing.await.unwrap().unwrap();
        discarding.await.unwrap().unwrap();
        let stat = publisher.stat(&key).await;
        assert!(matches!(stat, Ok(Some(Stat { size: 1000, md5 })) if md5 == object.md5()), "round {round}: {stat:?}");
        assert_eq!(publisher.signature(&key.sha256()).await.unwrap().as_deref(), Some("signed"), "round {round}");
    }
    check_shown(&*publisher, &key, &object).await;
}
