//! What every catalog does with an edit: the whole of it, on the revision it was decided on, or nothing.

use std::sync::Arc;

use resolver::catalog::{Component, Edit, Release, Revision};
use resolver::words::{ComponentKey, ComponentName};
use store::{Catalog, StoreError};

use crate::suite::Place;
use crate::words::{channel, edit, release, word};

macro_rules! suite {
    ($place:ty) => {
        $crate::suite::tests! { commits, $place:
            an_edit_on_another_revision_changes_nothing
            a_component_that_is_not_there_has_no_other_revision
            of_two_who_commit_at_once_one_wins
            an_edit_is_done_as_a_whole_or_not_at_all
            the_revision_grows_with_each_commit
            each_component_has_revisions_of_its_own
            an_empty_edit_makes_a_component
            a_forgotten_release_was_never_there
            the_first_edit_fixes_the_spelling_of_the_name
        }
    };
}
pub(crate) use suite;

/// Rounds of two writers each: enough that they meet in many ways.
const ROUNDS: u64 = 60;

async fn read(catalog: &impl Catalog) -> Option<Component> {
    catalog.component(&word("app")).await.unwrap()
}

/// Everything that a catalog says: of `app`, of the attributes used here, and of which components are there.
async fn everything(catalog: &impl Catalog) -> (Option<Component>, Vec<Vec<ComponentKey>>, Vec<ComponentKey>) {
    let mut wanting = Vec::new();
    for attribute in ["gamer", "camera"] {
        wanting.push(catalog.wanting(&word(attribute)).await.unwrap());
    }
    (read(catalog).await, wanting, catalog.components().await.unwrap())
}

fn is_moved(result: &Result<Revision, StoreError>) -> bool {
    matches!(result, Err(StoreError::Moved { .. }))
}

/// An edit of everything that an edit can change.
fn change() -> Edit {
    let changed = Release { notes: Some(word("changed")), ..release("1.0", 5) };
    let releases = [changed, release("9.0", 5)];
    edit(&releases, &[("prod", Some(channel("9.0", &["camera"]))), ("beta", Some(channel("1.0", &[]))), ("old", None)])
}

/// `app` with two releases and two channels; at revision 3.
async fn app(catalog: &impl Catalog) {
    let first = edit(&[release("1.0", 5)], &[("prod", Some(channel("1.0", &["gamer"])))]);
    let second = edit(&[release("2.0", 5)], &[]);
    let third = edit(&[], &[("old", Some(channel("2.0", &["gamer"])))]);
    for (revision, edit) in [first, second, third].iter().enumerate() {
        catalog.commit(&word("app"), Revision(revision as u64), edit).await.unwrap();
    }
}

pub(crate) async fn an_edit_on_another_revision_changes_nothing(place: &impl Place) {
    let catalog = place.catalog().await;
    app(&catalog).await;
    let before = everything(&catalog).await;
    let refused = edit(&[Release { version: word("1.0"), ..release("other", 5) }], &[]);
    let dangling = edit(&[], &[("prod", Some(channel("7.0", &[])))]);
    for stale in [0, 1, 2, 4, 5, i64::MAX as u64, u64::MAX] {
        // Whatever else is wrong with it: on another revision it might be right.
        for edit in [&change(), &Edit::default(), &refused, &dangling] {
            let done = catalog.commit(&word("app"), Revision(stale), edit).await;
            assert!(is_moved(&done), "{stale}: {done:?}");
            assert!(done.unwrap_err().to_string().contains("app"), "it does not say which");
            assert_eq!(everything(&place.catalog().await).await, before, "{stale}");
        }
    }
    catalog.commit(&word("app"), Revision(3), &change()).await.unwrap();
    assert_ne!(everything(&catalog).await, before);
}

pub(crate) async fn a_component_that_is_not_there_has_no_other_revision(place: &impl Place) {
    let catalog = place.catalog().await;
    let whole = edit(&[release("1.0", 5)], &[("prod", Some(channel("1.0", &["gamer"])))]);
    let nothing = everything(&catalog).await;
    for revision in [1, 2, u64::MAX] {
        for edit in [&whole, &Edit::default()] {
            assert!(is_moved(&catalog.commit(&word("app"), Revision(revision), edit).await));
            assert_eq!(everything(&place.catalog().await).await, nothing);
        }
    }
    catalog.commit(&word("app"), Revision::default(), &whole).await.unwrap();
    assert!(is_moved(&catalog.commit(&word("app"), Revision::default(), &whole).await), "it is there now");
}

pub(crate) async fn of_two_who_commit_at_once_one_wins<P: Place>(place: &P) {
    let handles = [Arc::new(place.catalog().await), Arc::new(place.catalog().await)];
    let version = |round: u64, writer: usize| format!("{round}.{writer}");
    let mut releases = Vec::new();
    for round in 0..ROUNDS {
        let found = read(&*handles[round as usize % 2]).await;
        let before = found.map_or(Revision::default(), |component| component.revision);
        // Even the component itself is made by one of them.
        assert_eq!(before, Revision(round));
        let writing: Vec<_> = [0, 1]
            .map(|writer| {
                let (catalog, version) = (Arc::clone(&handles[writer]), version(round, writer));
                let pointing = channel(&version, &[&format!("by{writer}")]);
                let edit = edit(&[release(&version, round)], &[("prod", Some(pointing))]);
                tokio::spawn(async move { catalog.commit(&word("app"), before, &edit).await })
            })
            .into();
        let mut won = Vec::new();
        for (writer, writing) in writing.into_iter().enumerate() {
            match writing.await.unwrap() {
                Ok(revision) => won.push((writer, revision)),
                refused => assert!(is_moved(&refused), "{refused:?}"),
            }
        }
        let [(winner, revision)] = won[..] else { panic!("{won:?} of round {round}") };
        releases.push(version(round, winner));
        let after = read(&*handles[1 - winner]).await.unwrap();
        assert_eq!((revision, after.revision), (Revision(round + 1), Revision(round + 1)));
        let there: Vec<_> = after.releases().iter().map(|release| release.version.to_string()).collect();
        assert_eq!(there, releases, "the loser left something, or a release is lost");
        assert_eq!(after.channels[&word("prod")].target.to_string(), releases[round as usize]);
        for writer in [0, 1] {
            let wanting = handles[winner].wanting(&word(&format!("by{writer}"))).await.unwrap();
            assert_eq!(wanting.is_empty(), writer != winner, "round {round}");
        }
    }
}

pub(crate) async fn an_edit_is_done_as_a_whole_or_not_at_all(place: &impl Place) {
    let catalog = place.catalog().await;
    app(&catalog).await;
    let before = everything(&catalog).await;
    let good = change();
    let taken = Release { version: word("2.0"), ..release("7.7", 5) };
    // What is wrong comes before all that is good, or after it.
    for at in [0, good.releases.len()] {
        let mut edit = good.clone();
        edit.releases.insert(at, taken.clone());
        let done = catalog.commit(&word("APP"), Revision(3), &edit).await;
        assert!(matches!(done, Err(StoreError::Taken { .. })), "{done:?}");
        assert!(done.unwrap_err().to_string().contains("2.0"), "it does not say which");
        assert_eq!(everything(&place.catalog().await).await, before);
    }
    for name in ["a", "beta", "prod", "z"] {
        let mut edit = good.clone();
        edit.channels.insert(word(name), Some(channel("8.0", &["camera"])));
        let done = catalog.commit(&word("app"), Revision(3), &edit).await;
        assert!(matches!(done, Err(StoreError::Dangling { .. })), "{done:?}");
        let said = done.unwrap_err().to_string();
        assert!(said.contains(name) && said.contains("8.0"), "it does not say which: {said}");
        assert_eq!(everything(&place.catalog().await).await, before);
    }
    // Of a component that is not there, nothing is made either.
    let dangling = edit(&[release("1.0", 5)], &[("prod", Some(channel("2.0", &["gamer"])))]);
    let done = catalog.commit(&word("new"), Revision::default(), &dangling).await;
    assert!(matches!(done, Err(StoreError::Dangling { .. })), "{done:?}");
    assert_eq!(catalog.component(&word("new")).await.unwrap(), None);
    assert_eq!(everything(&catalog).await, before);

    assert_eq!(catalog.commit(&word("app"), Revision(3), &good).await.unwrap(), Revision(4), "none of them counts");
    let after = read(&catalog).await.unwrap();
    assert_eq!(after.releases().len(), 3);
    assert_eq!(after.channels.keys().map(ToString::to_string).collect::<Vec<_>>(), ["beta", "prod"]);
}

pub(crate) async fn the_revision_grows_with_each_commit(place: &impl Place) {
    let handles = [place.catalog().await, place.catalog().await];
    let same = edit(&[release("1.0", 5)], &[("prod", Some(channel("1.0", &["gamer"])))]);
    let mut revision = Revision::default();
    // Even what changes nothing is a write.
    for (round, edit) in [&same, &same, &Edit::default(), &change(), &same].into_iter().enumerate() {
        let next = handles[round % 2].commit(&word("app"), revision, edit).await.unwrap();
        assert!(next > revision, "{next:?} after {revision:?}");
        assert_eq!(read(&handles[(round + 1) % 2]).await.unwrap().revision, next);
        revision = next;
    }
}

pub(crate) async fn each_component_has_revisions_of_its_own(place: &impl Place) {
    let catalog = place.catalog().await;
    app(&catalog).await;
    let only = edit(&[release("1.0", 5)], &[]);
    assert_eq!(catalog.commit(&word("other"), Revision::default(), &only).await.unwrap(), Revision(1));
    assert_eq!(read(&catalog).await.unwrap().revision, Revision(3));
    assert!(is_moved(&catalog.commit(&word("other"), Revision(3), &only).await));
    assert_eq!(catalog.commit(&word("app"), Revision(3), &only).await.unwrap(), Revision(4));
}

pub(crate) async fn an_empty_edit_makes_a_component(place: &impl Place) {
    let catalog = place.catalog().await;
    let name: ComponentName = word("videoStreamer");
    let revision = catalog.commit(&name, Revision::default(), &Edit::default()).await.unwrap();
    let mut empty = Component::empty(name.clone());
    empty.revision = revision;
    for handle in [&catalog, &place.catalog().await] {
        assert_eq!(handle.component(&name.key()).await.unwrap(), Some(empty.clone()));
        assert_eq!(handle.components().await.unwrap(), [name.key()]);
    }
    catalog.commit(&name, revision, &edit(&[release("1.0", 5)], &[])).await.unwrap();
}

pub(crate) async fn a_forgotten_release_was_never_there(place: &impl Place) {
    let catalog = place.catalog().await;
    app(&catalog).await;
    let before = everything(&catalog).await;
    let forget = |versions: &[&str], channels: &[(&str, Option<resolver::catalog::Channel>)]| Edit {
        forgotten: versions.iter().map(|version| word(version)).collect(),
        ..edit(&[], channels)
    };
    for dangling in [forget(&["2.0"], &[]), forget(&["2.0"], &[("beta", Some(channel("2.0", &[])))])] {
        let done = catalog.commit(&word("app"), Revision(3), &dangling).await;
        assert!(matches!(done, Err(StoreError::Dangling { .. })), "{done:?}");
        assert_eq!(everything(&place.catalog().await).await, before);
    }
    let gone = forget(&["2.0", "unknown"], &[("old", None)]);
    assert_eq!(catalog.commit(&word("app"), Revision(3), &gone).await.unwrap(), Revision(4));
    let after = read(&place.catalog().await).await.unwrap();
    let mut expected = before.0.unwrap().edited(&gone);
    expected.revision = Revision(4);
    assert_eq!(after, expected);
    assert_eq!(after.releases().len(), 1);
    // Other bytes may have its version now.
    let other = Release { version: word("2.0"), ..release("other", 5) };
    catalog.commit(&word("app"), Revision(4), &edit(std::slice::from_ref(&other), &[])).await.unwrap();
    assert_eq!(**read(&catalog).await.unwrap().release(&word("2.0")).unwrap(), other);
    let all = forget(&["1.0", "2.0"], &[("prod", None)]);
    catalog.commit(&word("app"), Revision(5), &all).await.unwrap();
    assert_eq!(read(&place.catalog().await).await.unwrap().releases().len(), 0);
    assert!(catalog.wanting(&word("gamer")).await.unwrap().is_empty());
}

pub(crate) async fn the_first_edit_fixes_the_spelling_of_the_name(place: &impl Place) {
    let catalog = place.catalog().await;
    for (revision, name) in ["modemFW", "MODEMfw", "modemfw", "ModemFW"].into_iter().enumerate() {
        let version = revision.to_string();
        let edit = edit(&[release(&version, 5)], &[("prod", Some(channel(&version, &["cellular"])))]);
        catalog.commit(&word(name), Revision(revision as u64), &edit).await.unwrap();
        assert_eq!(catalog.component(&word("modemfw")).await.unwrap().unwrap().name, word("modemFW"), "{name}");
    }
    assert_eq!(catalog.components().await.unwrap(), [word("modemfw")]);
    assert_eq!(catalog.wanting(&word("cellular")).await.unwrap(), [word("modemfw")]);
}
