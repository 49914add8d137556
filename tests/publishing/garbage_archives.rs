//! Garbage in cold storage: it cannot be hidden, so it stays, and the rest is deleted all the same.

use std::time::Duration;

use publishing::{Collected, collect};
use resolver::catalog::ObjectKey;
use store::StoreError;

use crate::content::Content;
use crate::garbage::{names, objects_of, rules};
use crate::interposed::{Call, Onlooker, seen};
use crate::now;
use crate::objects::{age, stored};
use crate::place::Place;

const HOUR: Duration = Duration::from_secs(3600);

/// An archive that holds one object.
#[derive(Clone)]
struct Archived(ObjectKey);

impl Onlooker for Archived {
    async fn sees(&self, call: Call, done: bool) -> Result<(), StoreError> {
        let cold = !done && (call == Call::SetAside(self.0) || call == Call::Availability(self.0));
        if cold { Err(StoreError::Cold(self.0.to_string())) } else { Ok(()) }
    }
}

#[tokio::test]
async fn garbage_in_an_archive_stays_and_the_rest_goes() {
    let place = Place::quick();
    let published = place.publish("app", "1", Content::new(1, 40_000)).await.release.artifact;
    let orphan = place.orphan(Content::new(2, 40_000)).await;
    let all = stored(&place.data());
    age(&place.data(), &all, 2 * HOUR);
    let blob = ObjectKey::Blob(orphan.sha256);
    let fragment = ObjectKey::Fragment(orphan.fragment.unwrap().sha256);
    let stores = seen(place.reopened(), &Archived(blob));
    for dry in [true, false] {
        let collected: Collected = collect(&stores, rules(HOUR, false, dry), now()).await.unwrap();
        assert_eq!((&collected.objects[..], collected.cold, collected.kept), (&[fragment][..], 1, 3), "dry: {dry}");
        assert!(!objects_of(&collected).is_empty());
        let text = collected.to_string();
        assert!(
            text.ends_with("3 stay; no release names 1 of these, but they are in cold storage: restore them first")
        );
    }
    let left = stored(&place.data());
    assert!(names(&published).is_subset(&left) && left.len() == 3, "{left:?}");
    let done = collect(&place.stores, rules(HOUR, false, false), now()).await.unwrap();
    assert_eq!((&done.objects[..], done.cold), (&[blob][..], 0), "once it was restored it can go");
}
