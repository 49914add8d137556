//! A collection and somebody who comes to need what it deletes, call by call in every order.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use publishing::{Document, Publication, PublishError, Published, apply, collect, plan};
use resolver::catalog::Release;

use crate::content::Content;
use crate::garbage::{names, rules};
use crate::interposed::seen;
use crate::objects::{age, hidden, stored};
use crate::place::{Place, on, published};
use crate::signer::Signer;
use crate::turns::{Gate, Worker};
use crate::{now, wait};

const HOUR: Duration = Duration::from_secs(3600);

/// Small, and still worth a fragment.
const SIZE: usize = 33_000;

/// More calls than either of two makes.
const CALLS: usize = 40;

/// The bytes that nobody names at first, and that a release is to have.
const WANTED: Content = Content { seed: 2, size: SIZE };

/// One goes some calls far, then the other some calls, then the one to its end, then the other.
#[test]
fn a_publish_of_orphaned_bytes_and_a_collection() {
    let mut orders = 0;
    for publisher_first in [true, false] {
        for first in 0..CALLS {
            let mut first_has_ended = false;
            for second in 1..CALLS {
                let what = format!("{publisher_first} {first} {second}");
                let (one, other) = wait(publish_and_collect(publisher_first, first, second, &what));
                first_has_ended = one;
                orders += 1;
                if one || other {
                    break;
                }
            }
            if first_has_ended {
                break;
            }
        }
    }
    eprintln!("{orders} orders of a publish and a collection");
    assert!(orders > 100, "{orders}");
}

/// Returns whether each of the two had ended after its first turns.
async fn publish_and_collect(publisher_first: bool, first: usize, second: usize, what: &str) -> (bool, bool) {
    let place = orphaned().await;
    let (gate, collectors) = (Gate::default(), Gate::default());
    let (stores, others) = (seen(place.reopened(), &gate), seen(place.reopened(), &collectors));
    let mut publisher = Worker::new(gate, published(&stores, signed(&place)));
    let mut collector = Worker::new(collectors, collect(&others, rules(HOUR, false, false), now()));
    let ended = if publisher_first {
        (publisher.turns(first).await, collector.turns(second).await)
    } else {
        (collector.turns(first).await, publisher.turns(second).await)
    };
    if publisher_first {
        publisher.finish().await;
        collector.finish().await;
    } else {
        collector.finish().await;
        publisher.finish().await;
    }
    collector.result.unwrap().unwrap();
    assert_published(&place, publisher.result, what).await;
    ended
}

/// Three at once: one collection goes some calls far, another some, the publish to its end, the second some more, then
/// the first to its end.
#[test]
fn a_publish_of_orphaned_bytes_and_two_collections() {
    // Five calls are enough to have listed the objects.
    for (first, second, third) in (0..11).flat_map(|a| (0..=5).flat_map(move |b| (0..11).map(move |c| (a, b, c)))) {
        wait(async {
            let place = Place::quick();
            place.publish("other", "1", Content::new(4, 1000)).await;
            let noise = Content::new(2, 1000);
            assert_eq!(place.orphan(noise).await.fragment, None, "few objects, few orders");
            age(&place.data(), &stored(&place.data()), 2 * HOUR);
            let gates = [Gate::default(), Gate::default()];
            let stores = gates.clone().map(|gate| seen(place.reopened(), &gate));
            let collector =
                |at: usize| Worker::new(gates[at].clone(), collect(&stores[at], rules(HOUR, false, false), now()));
            let (mut one, mut other) = (collector(0), collector(1));
            one.turns(first).await;
            other.turns(second).await;
            place.publish("app", "1", noise).await;
            other.turns(third).await;
            one.finish().await;
            other.finish().await;
            place.assert_whole(&format!("{first} {second} {third} calls")).await;
        });
    }
}

/// A document gives a release bytes that are in the store and that nobody names.
#[test]
fn an_import_of_orphaned_bytes_and_a_collection() {
    for collector_first in 0..CALLS {
        let what = format!("{collector_first} calls");
        let ended = wait(async {
            let place = orphaned().await;
            let mut document = Document::default();
            document.add(&place.component("app").await);
            let release = Release::new("2".parse().unwrap(), place.orphan(WANTED).await, now());
            age(&place.data(), &stored(&place.data()), 2 * HOUR);
            document.components.get_mut(&"app".parse().unwrap()).unwrap().releases.push(release);

            let planned = plan(&place.stores, &document, None, now()).await.unwrap();
            let gate = Gate::default();
            let stores = seen(place.reopened(), &gate);
            let mut collector = Worker::new(gate, collect(&stores, rules(HOUR, false, false), now()));
            let ended = collector.turns(collector_first).await;
            let applied = apply(&place.stores, planned).await;
            collector.finish().await;
            let recorded = place.component("app").await.releases().len() == 2;
            assert!(recorded || applied.is_err(), "{what}");
            place.assert_whole(&what).await;
            ended
        });
        if ended {
            break;
        }
    }
}

/// A data folder with a release, and two artifacts in the store that nobody names, all of them old.
async fn orphaned() -> Place {
    let place = Place::quick();
    place.publish("app", "1", Content::new(1, SIZE)).await;
    place.orphan(WANTED).await;
    place.orphan(Content::new(3, SIZE)).await;
    age(&place.data(), &stored(&place.data()), 2 * HOUR);
    place
}

fn signed(place: &Place) -> Publication {
    let signer = Signer::new(place.path(), "k");
    let mut publication = on(place.publication("app", "2", WANTED), "prod");
    publication.terms.signature = Some(signer.sign(&publication.file, "app", "2"));
    publication.terms.trusts = Some([signer.public()].into());
    publication
}

/// The release is recorded and has its bytes; what was no release's business is gone, and nothing is hidden.
async fn assert_published(place: &Place, result: Option<Result<Published, PublishError>>, what: &str) {
    let published = result.unwrap().unwrap_or_else(|error| panic!("{what}: {error}"));
    place.assert_whole(what).await;
    let app = place.component("app").await;
    assert_eq!(app.channels[&"prod".parse().unwrap()].target.as_str(), "2", "{what}");
    let named = app.releases().iter().flat_map(|release| names(&release.artifact)).collect();
    assert_eq!((stored(&place.data()), hidden(&place.data())), (named, Default::default()), "{what}");
    assert!(app.release(&published.release.version).is_some());
}

/// The same with threads, for what happens inside a call. Whatever came of it, publishing once more mends it.
#[test]
fn a_publisher_and_a_collector_in_two_threads() {
    in_two_threads(100, |place, publication, result| {
        assert!(result.is_ok() || matches!(result, Err(PublishError::Store(_))), "{result:?}");
        let again = wait(published(&place.stores, publication));
        wait(assert_published(place, Some(again), "once more"));
    });
}

/// And the publisher never fails because of a collector; nor is anything recorded without its bytes if he does.
#[test]
fn a_publisher_does_not_notice_a_collector() {
    in_two_threads(1000, |place, _, result| wait(assert_published(place, Some(result), "at once")));
}

fn in_two_threads(rounds: u64, check: impl Fn(&Place, Publication, Result<Published, PublishError>)) {
    let (mut failed, mut taken) = (0, 0);
    for round in 0..rounds {
        let place = wait(orphaned());
        let publication = signed(&place);
        let start = Barrier::new(2);
        let (publisher, collector) = (place.reopened(), place.reopened());
        let (result, collected) = thread::scope(|scope| {
            let publish = scope.spawn(|| {
                start.wait();
                wait(published(&publisher, publication.clone()))
            });
            start.wait();
            thread::sleep(Duration::from_micros(round % 100 * 20));
            let collected = wait(collect(&collector, rules(HOUR, false, false), now())).unwrap();
            (publish.join().unwrap(), collected)
        });
        taken += usize::from(collected.objects.len() > 2);
        failed += usize::from(result.is_err());
        check(&place, publication, result);
    }
    eprintln!("{rounds} rounds: the collector took the bytes in {taken}, the publisher failed in {failed}");
}
