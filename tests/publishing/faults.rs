//! Stores that fail at any one of their calls: what was to be written is there or not, never a half of it, and doing it
//! again completes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use publishing::{Document, Publication, apply, collect, plan};
use resolver::catalog::{Channel, Component, Release, Signature};
use store::StoreError;

use crate::content::Content;
use crate::garbage::{names, rules};
use crate::interposed::{Call, Onlooker, seen};
use crate::objects::{age, hidden, stored};
use crate::place::{Place, on, published};
use crate::signer::Signer;
use crate::{now, told, wait};

const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

const SIZE: usize = 33_000;

/// Fails one moment: every call has two, before it is done (so that it is not) and after (so that it is, and nobody was
/// told).
#[derive(Clone)]
struct Failing {
    left: Arc<AtomicUsize>,
}

impl Failing {
    fn at(moment: usize) -> Self {
        Failing { left: Arc::new(AtomicUsize::new(moment + 1)) }
    }

    fn has_failed(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

impl Onlooker for Failing {
    async fn sees(&self, call: Call, done: bool) -> Result<(), StoreError> {
        let take = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take) {
            Ok(1) => {
                Err(StoreError::artifacts(format!("{call:?} fails {}", if done { "after all" } else { "at once" })))
            }
            _ => Ok(()),
        }
    }
}

#[test]
fn a_release_of_something_new() {
    let moments = every_moment(&|_| (), &|place| on(place.publication("app", "1", Content::new(1, SIZE)), "prod"));
    eprintln!("a first release fails at {moments} moments");
    assert!(moments >= 10, "{moments}");
}

#[test]
fn a_signed_release_with_a_channel() {
    let before = |place: &Place| {
        wait(place.publish("app", "1", Content::new(1, SIZE)));
    };
    let moments = every_moment(&before, &|place| {
        let signer = Signer::new(&fresh(place), "k");
        let mut publication = on(place.publication("app", "2", Content::new(2, SIZE)), "prod");
        publication.terms.signature = Some(signer.sign(&publication.file, "app", "2"));
        publication.terms.trusts = Some([signer.public()].into());
        publication
    });
    eprintln!("a signed release fails at {moments} moments");
    assert!(moments >= 12, "{moments}");
}

#[test]
fn other_terms_of_a_release_that_is_there() {
    let before = |place: &Place| {
        wait(place.publish("app", "1", Content::new(1, SIZE)));
    };
    let moments = every_moment(&before, &|place| {
        let mut publication = place.publication("app", "1", Content::new(1, SIZE));
        publication.terms.notes = Some("see the ticket".parse().unwrap());
        publication
    });
    assert!(moments >= 10, "{moments}");
}

/// Publishes with stores that fail at the first moment, at the second, and so on; returns how many there are.
fn every_moment(before: &dyn Fn(&Place), publication: &dyn Fn(&Place) -> Publication) -> usize {
    for moment in 0.. {
        let place = Place::quick();
        before(&place);
        let (old, publication) = (wait(place.component("app")), publication(&place));
        let failing = Failing::at(moment);
        let result = wait(published(&seen(place.reopened(), &failing), publication.clone()));
        let after = wait(place.component("app"));
        let again = wait(published(&place.stores, publication)).unwrap();
        let new = wait(place.component("app"));
        assert!(is_same(&after, &old) || is_same(&after, &new), "half a write at moment {moment}: {after:?}");
        assert!(!is_same(&old, &new));
        wait(place.assert_whole(&format!("moment {moment}")));
        if !failing.has_failed() {
            result.unwrap();
            assert!(again.unchanged);
            return moment;
        }
        assert_eq!(again.unchanged, is_same(&after, &new), "moment {moment}");
        let error = result.expect_err("a failure is told");
        assert!(error.to_string().contains("not available"), "{error}");
    }
    unreachable!()
}

#[test]
fn an_import_of_several_components() {
    for moment in 0.. {
        let place = Place::quick();
        let artifact = wait(place.publish("shelf", "1", Content::new(1, SIZE))).release.artifact;
        let signer = Signer::new(&fresh(&place), "k");
        let mut document = Document::default();
        for name in ["one", "other", "third"] {
            let minisig = signer.sign(&place.file(Content::new(1, SIZE)), name, "1");
            let mut release = Release::new("1".parse().unwrap(), artifact.clone(), now());
            release.signature = Some(Signature { key: signer.public(), minisig });
            release.trusts = [signer.public()].into();
            let channels = [("prod".parse().unwrap(), Channel::new("1".parse().unwrap()))].into();
            let name = name.parse().unwrap();
            document.add(&Component::new(name, Default::default(), channels, vec![release.into()]));
        }
        let failing = Failing::at(moment);
        let stores = seen(place.reopened(), &failing);
        let result = wait(async {
            let planned = plan(&stores, &document, None, now()).await.map_err(|error| told(&error))?;
            apply(&stores, planned).await.map_err(|error| told(&error))
        });
        let there = |name: &str| {
            let component = wait(place.component(name));
            let part = document.components[&component.name].component(&component.name);
            let whole = is_same(&component, &part);
            assert!(whole || is_same(&component, &Component::empty(component.name.clone())), "{component:?}");
            whole
        };
        assert!(["one", "other", "third"].map(there).is_sorted_by(|before, after| before >= after));
        let planned = wait(plan(&place.stores, &document, None, now())).unwrap();
        wait(apply(&place.stores, planned)).unwrap();
        assert!(["one", "other", "third"].into_iter().all(there));
        if !failing.has_failed() {
            result.unwrap();
            assert!(moment > 20, "{moment}");
            eprintln!("an import of three components fails at {moment} moments");
            return;
        }
        assert!(result.unwrap_err().contains("not available"));
    }
}

#[test]
fn a_collection() {
    for moment in 0.. {
        let place = Place::quick();
        wait(place.publish("app", "1", Content::new(1, SIZE)));
        let orphan = wait(place.orphan(Content::new(2, SIZE)));
        age(&place.data(), &stored(&place.data()), 2 * HOUR);
        let failing = Failing::at(moment);
        let result = wait(collect(&seen(place.reopened(), &failing), rules(HOUR, false, false), now()));
        wait(place.assert_whole(&format!("moment {moment}")));
        wait(collect(&place.stores, rules(HOUR, false, false), now())).unwrap();
        wait(place.assert_whole(&format!("collected after moment {moment}")));
        assert!(names(&orphan).is_disjoint(&stored(&place.data())));
        assert!(hidden(&place.data()).is_empty());
        if !failing.has_failed() {
            result.unwrap();
            return;
        }
        result.unwrap_err();
    }
}

/// The same channels and releases, whatever the number of writes.
fn is_same(one: &Component, other: &Component) -> bool {
    (&one.channels, one.releases()) == (&other.channels, other.releases())
}

/// A folder beside the data for one more key.
fn fresh(place: &Place) -> std::path::PathBuf {
    tempfile::Builder::new().tempdir_in(place.path()).unwrap().keep()
}
