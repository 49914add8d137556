//! What a collection deletes, and what it must not.

use std::collections::BTreeSet;
use std::time::Duration;

use edgehop_tests::server::command_line;
use publishing::{Collected, LEAST_AGE, Rules, collect};
use resolver::catalog::{Artifact, Edit, ObjectKey, Release, Withdrawal};
use resolver::words::Timestamp;
use store::{Artifacts as _, Catalog as _};

use crate::content::Content;
use crate::interposed::seen;
use crate::objects::{Names, age, hidden, stored};
use crate::place::{Place, objects, published};
use crate::signer::Signer;
use crate::turns::{Gate, Worker};
use crate::{now, wait};

const HOUR: Duration = Duration::from_secs(3600);

/// Small, and still worth a fragment.
const SIZE: usize = 40_000;

#[tokio::test]
async fn what_a_release_names_stays() {
    let place = Place::quick();
    place.publish("app", "1", Content::new(1, SIZE)).await;
    place.publish("app", "2", Content::new(2, SIZE)).await;
    let mut bridge = place.publication("app", "3", Content::new(3, SIZE));
    bridge.terms.barrier = Some("the bridge".parse().unwrap());
    published(&place.stores, bridge).await.unwrap();
    let mut end = place.publication("app", "3.5", Content::new(4, SIZE));
    end.terms.dead_end = Some("the end".parse().unwrap());
    published(&place.stores, end).await.unwrap();
    place.publish("app", "4", Content::new(5, SIZE)).await;
    place.publish("other", "1", Content::new(5, SIZE)).await;
    // Noise only: it goes into packages as it is, and has no fragment.
    assert_eq!(place.publish("other", "2", Content::new(6, 1000)).await.release.artifact.fragment, None);
    withdraw(&place, "app", "1", now()).await;

    let orphans = [place.orphan(Content::new(7, SIZE)).await, place.orphan(Content::new(8, 1000)).await];
    let lone = place.orphan(Content::new(9, SIZE)).await;
    place.stores.artifacts.set_aside(&ObjectKey::Blob(lone.sha256)).await.unwrap();
    place.stores.artifacts.discard(&ObjectKey::Blob(lone.sha256)).await.unwrap();

    let all = stored(&place.data());
    age(&place.data(), &all, 2 * HOUR);
    let orphans: Names = orphans.iter().flat_map(names).chain(names(&lone).into_iter().skip(1)).collect();
    let dry = collected(&place, HOUR, false, true).await;
    assert_eq!((objects_of(&dry), stored(&place.data())), (orphans.clone(), all.clone()));
    let done = collected(&place, HOUR, false, false).await;
    assert_eq!((objects_of(&done), done.bytes), (orphans.clone(), dry.bytes));
    assert_eq!(done.kept, all.len() - orphans.len());
    assert_eq!(stored(&place.data()), &all - &orphans);
    place.assert_whole("all").await;
    assert_eq!(objects_of(&collected(&place, HOUR, false, false).await), Names::new(), "once is enough");
}

#[tokio::test]
async fn young_orphans_stay() {
    let place = Place::quick();
    // Built before the objects have their age: they grow older while it is built.
    command_line();
    let named = names(&place.publish("app", "1", Content::new(3, SIZE)).await.release.artifact);
    let (young, old) = (place.orphan(Content::new(1, SIZE)).await, place.orphan(Content::new(2, SIZE)).await);
    age(&place.data(), &names(&young), LEAST_AGE - Duration::from_secs(600));
    age(&place.data(), &names(&old), LEAST_AGE + Duration::from_secs(60));
    for asked in [Duration::ZERO, LEAST_AGE] {
        assert_eq!(objects_of(&collected(&place, asked, false, true).await), names(&old), "an hour at least");
    }
    assert_eq!(objects_of(&collected(&place, 2 * HOUR, false, true).await), Names::new());
    let report = place.edgehop().json(&["gc", "--older-than", "1s"]);
    assert_eq!(crate::objects::collected(&report), names(&old));
    assert_eq!(stored(&place.data()), &names(&young) | &named);
    // Whoever publishes the same bytes once more begins anew.
    age(&place.data(), &names(&young), 2 * HOUR);
    place.orphan(Content::new(1, SIZE)).await;
    assert_eq!(objects_of(&collected(&place, HOUR, false, false).await), Names::new());
}

#[tokio::test]
async fn withdrawn_releases_lose_their_bytes_when_they_are_meant() {
    let place = Place::quick();
    let gone = place.publish("app", "1", Content::new(1, SIZE)).await.release.artifact;
    place.publish("app", "2", Content::new(2, SIZE)).await;
    place.publish("app", "3", Content::new(3, SIZE)).await;
    place.publish("other", "1", Content::new(2, SIZE)).await;
    place.publish("app", "4", Content::new(4, SIZE)).await;
    let hours = |ago: u64| Timestamp(now().0 - ago * 3600);
    withdraw(&place, "app", "1", hours(3)).await;
    withdraw(&place, "app", "2", hours(3)).await;
    withdraw(&place, "app", "3", hours(1)).await;
    age(&place.data(), &stored(&place.data()), 9 * HOUR);

    assert_eq!(objects_of(&collected(&place, 2 * HOUR, false, false).await), Names::new());
    let done = collected(&place, 2 * HOUR, true, false).await;
    assert_eq!(
        objects_of(&done),
        names(&gone),
        "3 is not withdrawn for long enough, and another component has 2's bytes"
    );
    let component = place.component("app").await;
    assert_eq!(component.releases().len(), 4, "the record stays");
    place.edgehop().done(&["check"]);
    place.publish("app", "5", Content::new(1, SIZE)).await;
    place.assert_whole("the bytes came back with another release").await;
}

#[tokio::test]
async fn publishing_brings_back_what_was_collected() {
    let place = Place::quick();
    let content = Content::new(1, SIZE);
    let before = place.publish("app", "1", content).await.release;
    place.publish("app", "2", Content::new(2, SIZE)).await;
    withdraw(&place, "app", "1", Timestamp(1)).await;
    age(&place.data(), &stored(&place.data()), 9 * HOUR);
    assert_eq!(objects_of(&collected(&place, HOUR, true, false).await), names(&before.artifact));
    let again = published(&place.stores, place.publication("app", "1", content)).await.unwrap();
    assert!(again.unchanged && again.release.withdrawn.is_some());
    place.assert_whole("published again").await;
}

#[tokio::test]
async fn what_a_killed_collection_hid_is_shown_again_or_deleted() {
    let place = Place::quick();
    let named = place.publish("app", "1", Content::new(1, SIZE)).await.release.artifact;
    let orphan = place.orphan(Content::new(2, SIZE)).await;
    for object in objects(&named).iter().chain(&objects(&orphan)) {
        place.stores.artifacts.set_aside(object).await.unwrap();
    }
    assert_eq!(stored(&place.data()), Names::new());
    let dry = collected(&place, HOUR, false, true).await;
    assert_eq!(objects_of(&dry), names(&orphan), "however young: it was garbage when it was hidden");
    assert_eq!(hidden(&place.data()).len(), 4);
    assert_eq!(objects_of(&collected(&place, HOUR, false, false).await), names(&orphan));
    assert_eq!((stored(&place.data()), hidden(&place.data())), (names(&named), Names::new()));
    place.assert_whole("shown again").await;
}

/// A collection is killed after each of its calls; meanwhile a release may have come to name what it hid.
#[test]
fn a_collection_is_killed_after_any_call() {
    for publishes in [false, true] {
        for calls in 0.. {
            let place = Place::quick();
            let content = Content::new(2, SIZE);
            wait(place.publish("app", "1", Content::new(1, SIZE)));
            let orphans = wait(async { [place.orphan(content).await, place.orphan(Content::new(3, SIZE)).await] });
            age(&place.data(), &stored(&place.data()), 2 * HOUR);
            let gate = Gate::default();
            let stores = seen(place.reopened(), &gate);
            let mut worker = Worker::new(gate, collect(&stores, rules(HOUR, false, false), now()));
            let ended = wait(worker.turns(calls + 1));
            drop(worker);
            wait(place.assert_whole("right after the kill"));
            if publishes {
                wait(place.publish("app", "2", content));
                wait(place.assert_whole("published after the kill"));
            }
            let expected = if publishes { &orphans[1..] } else { &orphans };
            age(&place.data(), &stored(&place.data()), 2 * HOUR);
            wait(collected(&place, HOUR, false, false));
            wait(place.assert_whole("collected again"));
            let left = stored(&place.data());
            assert!(expected.iter().flat_map(names).all(|name| !left.contains(&name)), "{calls} calls");
            assert_eq!(hidden(&place.data()), Names::new());
            if ended {
                assert!(calls > 10, "{calls}");
                break;
            }
        }
    }
}

/// A killed collection hid an object, and somebody who has not written his record yet has put it anew.
#[tokio::test]
async fn what_was_put_anew_is_young_whatever_is_hidden() {
    let place = Place::quick();
    let named = names(&place.publish("app", "1", Content::new(2, SIZE)).await.release.artifact);
    let orphan = place.orphan(Content::new(1, SIZE)).await;
    for object in objects(&orphan) {
        place.stores.artifacts.set_aside(&object).await.unwrap();
    }
    place.orphan(Content::new(1, SIZE)).await;
    collected(&place, HOUR, false, false).await;
    assert_eq!((stored(&place.data()), hidden(&place.data())), (&names(&orphan) | &named, Names::new()));
}

#[tokio::test]
async fn signatures_go_with_their_objects() {
    let place = Place::quick();
    place.publish("other", "1", Content::new(2, SIZE)).await;
    let signer = Signer::new(place.path(), "k");
    let content = Content::new(1, SIZE);
    let artifact = place.orphan(content).await;
    let minisig = signer.sign(&place.file(content), "app", "1");
    place.stores.artifacts.put_signature(&artifact.sha256, minisig.as_str()).await.unwrap();
    age(&place.data(), &stored(&place.data()), 2 * HOUR);
    collected(&place, HOUR, false, false).await;
    assert_eq!(place.stores.artifacts.signature(&artifact.sha256).await.unwrap(), None);
    assert_eq!(crate::objects::strays(&place.data()), BTreeSet::new(), "nothing is left beside them");
}

pub(crate) fn rules(older_than: Duration, withdrawn: bool, dry_run: bool) -> Rules {
    Rules { older_than, withdrawn, dry_run }
}

/// Collects now.
async fn collected(place: &Place, older_than: Duration, withdrawn: bool, dry_run: bool) -> Collected {
    collect(&place.stores, rules(older_than, withdrawn, dry_run), now()).await.unwrap()
}

/// Withdraws a release, as of some moment.
pub(crate) async fn withdraw(place: &Place, component: &str, version: &str, at: Timestamp) {
    let before = place.component(component).await;
    let mut release = Release::clone(before.release(&version.parse().unwrap()).unwrap());
    release.withdrawn = Some(Withdrawal { reason: "it bricks".parse().unwrap(), at, superseded_by: None });
    let edit = Edit { releases: vec![release], ..Edit::default() };
    place.stores.catalog.commit(&before.name, before.revision, &edit).await.unwrap();
}

pub(crate) fn names(artifact: &Artifact) -> Names {
    objects(artifact).iter().map(ObjectKey::to_string).collect()
}

pub(crate) fn objects_of(collected: &Collected) -> Names {
    collected.objects.iter().map(ObjectKey::to_string).collect()
}
