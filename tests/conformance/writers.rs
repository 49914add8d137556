//! What every catalog does for several operators at once, and for one who comes back later.

use std::collections::BTreeSet;
use std::sync::Arc;

use edgehop_tests::writes::Writes as _;
use resolver::catalog::{Channel, Release};
use resolver::words::{ComponentKey, ComponentName};
use store::{Catalog, StoreError};

use crate::suite::Place;
use crate::words::{channel, release, word};

macro_rules! suite {
    ($place:ty) => {
        $crate::suite::tests! { writers, $place:
            of_many_who_set_a_channel_at_once_one_wins
            of_many_who_publish_a_version_at_once_one_wins
            publishing_at_once_loses_nothing
            a_component_is_read_as_it_is_at_one_moment
            another_process_sees_what_was_written
            what_was_written_is_there_after_opening_again
        }
    };
}
pub(crate) use suite;

/// How many write at once.
const WRITERS: usize = 8;

/// Two handles, used in turn: operators are in different processes.
async fn handles<P: Place>(place: &P) -> [Arc<P::Catalog>; 2] {
    [Arc::new(place.catalog().await), Arc::new(place.catalog().await)]
}

/// Which of the writes that were started at once succeeded; the others met a record that had moved, or was there.
async fn winners(writes: Vec<impl Future<Output = Result<(), StoreError>> + Send + 'static>) -> Vec<usize> {
    let running: Vec<_> = writes.into_iter().map(tokio::spawn).collect();
    let mut winners = Vec::new();
    for (index, write) in running.into_iter().enumerate() {
        match write.await.unwrap() {
            Ok(()) => winners.push(index),
            Err(StoreError::Moved { .. } | StoreError::Taken { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    winners
}

pub(crate) async fn of_many_who_set_a_channel_at_once_one_wins<P: Place>(place: &P) {
    let handles = handles(place).await;
    let key: ComponentKey = word("app");
    for index in 0..WRITERS {
        handles[0].add_release(&word("app"), &release(&index.to_string(), 5)).await.unwrap();
    }
    // At first the channel is not there; then it is what the last winner made of it.
    let mut expected: Option<Channel> = None;
    for _ in 0..4 {
        let wanted = |index: usize| channel(&index.to_string(), &[&format!("by{index}")]);
        let write = |index: usize| {
            let (catalog, key, expected) = (Arc::clone(&handles[index % 2]), key.clone(), expected.clone());
            async move { catalog.set_channel(&key, &word("prod"), &wanted(index), expected.as_ref()).await }
        };
        // Whoever sets what is there already changes nothing, and would not be in anybody's way.
        let writers = (0..WRITERS).filter(|index| Some(wanted(*index)) != expected).collect::<Vec<_>>();
        let won = winners(writers.iter().map(|index| write(*index)).collect()).await;
        assert_eq!(won.len(), 1, "{won:?}");
        let winner = writers[won[0]];
        let found = handles[1].component(&key).await.unwrap().unwrap();
        assert_eq!(found.channels, [(word("prod"), wanted(winner))].into());
        for index in 0..WRITERS {
            let wanting = handles[0].wanting(&word(&format!("by{index}"))).await.unwrap();
            assert_eq!(wanting.is_empty(), index != winner, "the index says what the channel says");
        }
        expected = Some(wanted(winner));
    }
}

pub(crate) async fn of_many_who_publish_a_version_at_once_one_wins<P: Place>(place: &P) {
    let handles = handles(place).await;
    let other = |index: usize| Release { version: word("1.0"), ..release(&format!("bytes{index}"), 5) };
    let write = |index: usize| {
        let catalog = Arc::clone(&handles[index % 2]);
        async move { catalog.add_release(&word("app"), &other(index)).await }
    };
    let won = winners((0..WRITERS).map(write).collect()).await;
    assert_eq!(won.len(), 1, "{won:?}");
    let found = handles[1].component(&word("app")).await.unwrap().unwrap();
    assert_eq!(found.releases(), [Arc::new(other(won[0]))]);
}

pub(crate) async fn publishing_at_once_loses_nothing<P: Place>(place: &P) {
    let handles = handles(place).await;
    let write = |writer: usize| {
        let catalog = Arc::clone(&handles[writer % 2]);
        async move {
            for step in 0..6 {
                // One component that everybody writes to, and one of each writer's own.
                for name in ["shared".to_owned(), format!("own{writer}")] {
                    catalog.add_release(&word(&name), &release(&format!("{writer}.{step}"), 5)).await?;
                }
            }
            Ok(())
        }
    };
    assert_eq!(winners((0..WRITERS).map(write).collect()).await.len(), WRITERS);
    let versions = async |name: &str| {
        let found = handles[0].component(&word(name)).await.unwrap().unwrap();
        found.releases().iter().map(|release| release.version.to_string()).collect::<BTreeSet<_>>()
    };
    let of = |writer: usize| (0..6).map(move |step| format!("{writer}.{step}"));
    assert_eq!(versions("shared").await, (0..WRITERS).flat_map(of).collect());
    for writer in 0..WRITERS {
        assert_eq!(versions(&format!("own{writer}")).await, of(writer).collect());
    }
}

pub(crate) async fn a_component_is_read_as_it_is_at_one_moment<P: Place>(place: &P) {
    let [writer, reader] = handles(place).await;
    let steps = 25;
    let writing = tokio::spawn(async move {
        let mut before = None;
        for step in 0..steps {
            writer.add_release(&word("app"), &release(&step.to_string(), step)).await.unwrap();
            let next = channel(&step.to_string(), &[]);
            writer.set_channel(&word("app"), &word("prod"), &next, before.as_ref()).await.unwrap();
            before = Some(next);
        }
    });
    let mut seen = 0;
    while seen < steps as usize {
        let done = writing.is_finished();
        let found = reader.component(&word("app")).await.unwrap();
        let Some(found) = found else { continue };
        assert!(found.releases().len() >= seen, "a release that was there is gone");
        seen = found.releases().len();
        // The channel follows one step behind its release, and never points past what was read with it.
        if let Some(channel) = found.channels.get(&word("prod")) {
            let target: usize = channel.target.as_str().parse().unwrap();
            assert!(target + 1 == seen || target + 2 == seen, "{target} of {seen}");
        }
        assert!(!done || seen == steps as usize, "{seen} after the last write");
    }
    writing.await.unwrap();
}

pub(crate) async fn another_process_sees_what_was_written<P: Place>(place: &P) {
    let [one, other] = handles(place).await;
    let (name, prod): (ComponentName, _) = (word("app"), word("prod"));
    // Both have looked before anything was there.
    for handle in [&one, &other] {
        assert_eq!(handle.component(&name.key()).await.unwrap(), None);
    }
    one.add_release(&name, &release("1", 5)).await.unwrap();
    other.add_release(&name, &release("2", 6)).await.unwrap();
    let (first, second) = (channel("1", &["gamer"]), channel("2", &["camera"]));
    one.set_channel(&name.key(), &prod, &first, None).await.unwrap();
    assert_eq!(other.wanting(&word("gamer")).await.unwrap(), [name.key()]);
    other.set_channel(&name.key(), &prod, &second, Some(&first)).await.unwrap();
    let stale = one.set_channel(&name.key(), &prod, &first, Some(&first)).await;
    assert!(matches!(stale, Err(StoreError::Moved { .. })), "{stale:?}");
    let (seen, same) = (one.component(&name.key()).await.unwrap(), other.component(&name.key()).await.unwrap());
    assert_eq!(seen, same);
    assert_eq!(seen.unwrap().channels, [(prod, second)].into());
}

pub(crate) async fn what_was_written_is_there_after_opening_again(place: &impl Place) {
    let catalog = place.catalog().await;
    let name: ComponentName = word("videoStreamer");
    catalog.add_release(&name, &release("1", 5)).await.unwrap();
    catalog.set_channel(&name.key(), &word("prod"), &channel("1", &["gamer"]), None).await.unwrap();
    let before = catalog.component(&name.key()).await.unwrap();
    drop(catalog);
    let catalog = place.catalog().await;
    assert_eq!(catalog.component(&name.key()).await.unwrap(), before);
    assert_eq!(catalog.wanting(&word("gamer")).await.unwrap(), [name.key()]);
    assert_eq!(catalog.components().await.unwrap(), [name.key()]);
}
