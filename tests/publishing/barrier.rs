//! Two operators who have both decided on the same record before either writes: one of them is told so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use open::Stores;
use publishing::{PublishError, guard};
use resolver::catalog::{Channel, Component, Edit, Release, Withdrawal};
use resolver::check::check;
use store::{Artifacts, Catalog, StoreError};
use tokio::sync::Barrier;

use crate::content::Content;
use crate::interposed::{Call, Onlooker, seen};
use crate::now;
use crate::place::{Place, on, published};
use crate::together::bridged;

const SIZE: usize = 4_000;

/// So many times each pair, in case the order of the two matters.
const ROUNDS: usize = 10;

/// How long one waits for the other, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lets both write at the same moment, and not before both are about to.
#[derive(Clone)]
struct Meeting(Arc<Barrier>);

impl Meeting {
    fn new() -> Self {
        Meeting(Arc::new(Barrier::new(2)))
    }
}

impl Onlooker for Meeting {
    async fn sees(&self, call: Call, done: bool) -> Result<(), StoreError> {
        if call == Call::Commit && !done {
            let met = tokio::time::timeout(PATIENCE, self.0.wait()).await;
            met.expect("the other one never writes");
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_releases_of_a_component() {
    let place = Place::quick();
    place.publish("app", "0", Content::new(0, SIZE)).await;
    for round in 1..=ROUNDS {
        let meeting = Meeting::new();
        let stores = [seen(place.reopened(), &meeting), seen(place.reopened(), &meeting)];
        let before = place.component("app").await;
        let publication = |which: usize| {
            let content = Content::new((2 * round + which) as u64, SIZE);
            let mut publication = on(place.publication("app", &format!("{round}.{which}"), content), "prod");
            publication.channel.as_mut().unwrap().allow_downgrade = Some(true);
            publication
        };
        let done = tokio::join!(published(&stores[0], publication(0)), published(&stores[1], publication(1)));
        let done = [done.0.map(|_| ()), done.1.map(|_| ())];
        let won = one_won(&done);
        let after = place.component("app").await;
        assert_eq!(after.revision.0, before.revision.0 + 1);
        assert_eq!(after.releases().len(), before.releases().len() + 1);
        assert_eq!(after.channels[&word("prod")].target.as_str(), format!("{round}.{won}"));

        published(&place.stores, publication(1 - won)).await.unwrap();
        assert_eq!(place.component("app").await.releases().len(), before.releases().len() + 2);
        place.assert_whole("both").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bridge_and_who_needs_it() {
    let place = Place::quick();
    for round in 0..ROUNDS {
        let name = format!("app{round}");
        bridged(&place, &name).await;
        let meeting = Meeting::new();
        let stores = [seen(place.reopened(), &meeting), seen(place.reopened(), &meeting)];
        let done = tokio::join!(edited(&stores[0], &name, yank), edited(&stores[1], &name, beyond));
        let done = [done.0, done.1];
        let won = one_won(&done);
        let component = place.component(&name).await;
        assert!(check(&component, now()).problems.is_empty());
        let again = match won {
            0 => edited(&place.stores, &name, beyond).await,
            _ => edited(&place.stores, &name, yank).await,
        };
        assert!(matches!(again, Err(PublishError::Refused(_))), "{again:?}");
        assert_eq!(place.component(&name).await, component, "what is refused changes nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_beyond_the_bridge_and_its_withdrawal() {
    let place = Place::quick();
    for round in 0..ROUNDS {
        let name = format!("app{round}");
        bridged(&place, &name).await;
        let meeting = Meeting::new();
        let stores = [seen(place.reopened(), &meeting), seen(place.reopened(), &meeting)];
        let mut newest = on(place.publication(&name, "4", Content::new(4, SIZE)), "prod");
        newest.terms.from = Some(">=2".parse().unwrap());
        let done = tokio::join!(edited(&stores[0], &name, yank), published(&stores[1], newest.clone()));
        let done = [done.0, done.1.map(|_| ())];
        let won = one_won(&done);
        assert!(check(&place.component(&name).await, now()).problems.is_empty());
        let again = match won {
            0 => published(&place.stores, newest).await.map(|_| ()),
            _ => edited(&place.stores, &name, yank).await,
        };
        assert!(matches!(again, Err(PublishError::Refused(_))), "{again:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_channels_of_a_component() {
    let place = Place::quick();
    place.publish("app", "1", Content::new(1, SIZE)).await;
    place.publish("app", "2", Content::new(2, SIZE)).await;
    for round in 0..ROUNDS {
        let meeting = Meeting::new();
        let stores = [seen(place.reopened(), &meeting), seen(place.reopened(), &meeting)];
        let set = |which: usize| move |_: &Component| channel(&format!("line{round}.{which}"), "2");
        let done = tokio::join!(edited(&stores[0], "app", set(0)), edited(&stores[1], "app", set(1)));
        let done = [done.0, done.1];
        let won = one_won(&done);
        edited(&place.stores, "app", set(1 - won)).await.unwrap();
        let channels = place.component("app").await.channels;
        assert_eq!(channels.len(), 1 + 2 * (round + 1), "{channels:?}");
    }
}

/// Exactly one was done, and the other was told that the record has changed. Returns which.
fn one_won(done: &[Result<(), PublishError>; 2]) -> usize {
    match done {
        [Ok(()), Err(PublishError::Store(StoreError::Moved { .. }))] => 0,
        [Err(PublishError::Store(StoreError::Moved { .. })), Ok(())] => 1,
        other => panic!("{other:?}"),
    }
}

/// What every verb that edits does: read, decide, prove, write.
async fn edited<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    name: &str,
    decide: impl FnOnce(&Component) -> Edit,
) -> Result<(), PublishError> {
    let before = stores.component(&name.parse().unwrap()).await?;
    let mut edit = decide(&before);
    guard(&before, &mut edit, None, now())?;
    stores.catalog.commit(&before.name, before.revision, &edit).await?;
    Ok(())
}

fn yank(before: &Component) -> Edit {
    let mut bridge = Release::clone(before.release(&word("2")).unwrap());
    bridge.withdrawn = Some(Withdrawal { reason: word("it bricks"), at: now(), superseded_by: None });
    Edit { releases: vec![bridge], ..Edit::default() }
}

fn beyond(_: &Component) -> Edit {
    channel("prod", "3")
}

fn channel(name: &str, target: &str) -> Edit {
    Edit { channels: BTreeMap::from([(word(name), Some(Channel::new(word(target))))]), ..Edit::default() }
}

fn word<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}
