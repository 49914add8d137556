//! What every catalog keeps of a release and of a channel: all of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use resolver::catalog::{Artifact, Channel, Component, Edit, Release, Revision, Withdrawal};
use resolver::words::{ComponentKey, Timestamp};
use store::{Catalog, StoreError};

use crate::suite::Place;
use crate::words::{KEY, channel, edit, release, signature, word};

macro_rules! suite {
    ($place:ty) => {
        $crate::suite::tests! { records, $place:
            every_field_of_a_release_is_kept
            every_field_of_a_channel_is_kept
            constraints_change_while_the_bytes_stay
            a_channel_points_at_a_release_of_the_same_edit
            a_channel_that_goes_away_takes_its_attributes_along
            hundreds_of_releases_come_in_one_edit
        }
    };
}
pub(crate) use suite;

/// Hundreds.
const MANY: usize = 500;

async fn read(catalog: &impl Catalog) -> Component {
    catalog.component(&word("app")).await.unwrap().unwrap()
}

async fn wanting(catalog: &impl Catalog, attribute: &str) -> Vec<ComponentKey> {
    catalog.wanting(&word(attribute)).await.unwrap()
}

/// Writes to `app`, whatever its revision.
async fn write(catalog: &impl Catalog, edit: &Edit) {
    let before = catalog.component(&word("app")).await.unwrap();
    let revision = before.map_or(Revision::default(), |component| component.revision);
    catalog.commit(&word("app"), revision, edit).await.unwrap();
}

/// A release that says all that a release can say.
fn full(version: &str) -> Release {
    let withdrawal = Withdrawal {
        reason: word("bricks \"rev 3\"\\…"),
        at: Timestamp(1_700_000_001),
        superseded_by: Some(word("4")),
    };
    Release {
        signature: Some(signature()),
        trusts: BTreeSet::from([word(KEY)]),
        requires: ["hw.rev>=3", "hw.board=a|b", "region.code!=eu"].map(word).into(),
        from: Some(word(">=5.6.30, <7")),
        barrier: Some(word("moves TURN to MQTT; 'quoted' & 漢字")),
        dead_end: Some(word("the last for this board")),
        floor: Some(word("v5.6.14")),
        withdrawn: Some(withdrawal),
        notes: Some(word("Faster. Smaller.")),
        forced: Some(word("the field test is over")),
        ..release(version, 1_700_000_000)
    }
}

/// The full release without one thing each, and a bare one.
fn variants() -> Vec<Release> {
    let drop: [fn(&mut Release); 11] = [
        |release| release.signature = None,
        |release| release.trusts.clear(),
        |release| release.requires.clear(),
        |release| release.from = None,
        |release| release.barrier = None,
        |release| release.dead_end = None,
        |release| release.floor = None,
        |release| release.withdrawn = None,
        |release| release.notes = None,
        |release| release.forced = None,
        |release| release.withdrawn.as_mut().unwrap().superseded_by = None,
    ];
    let without = drop.into_iter().enumerate().map(|(index, drop)| {
        let mut release = full(&format!("1.{index}"));
        drop(&mut release);
        release
    });
    [full("0.1"), release("0.2", 5)].into_iter().chain(without).collect()
}

pub(crate) async fn every_field_of_a_release_is_kept(place: &impl Place) {
    let catalog = place.catalog().await;
    let all = variants();
    write(&catalog, &edit(&all, &[])).await;
    for handle in [&catalog, &place.catalog().await] {
        let found = read(handle).await;
        assert!(found.releases().iter().map(|release| &**release).eq(&all), "{:?}", found.releases());
    }
}

pub(crate) async fn every_field_of_a_channel_is_kept(place: &impl Place) {
    let catalog = place.catalog().await;
    let bare = Channel::new(word("1"));
    let down = Channel { allow_downgrade: true, ..channel("1", &["gamer"]) };
    let forced = Channel { forced: Some(word("nobody is on it")), ..channel("1", &["camera", "gamer"]) };
    let all = Channel { allow_downgrade: true, ..forced.clone() };
    let channels = [("all", all), ("bare", bare), ("down", down), ("forced", forced)];
    let some = channels.clone().map(|(name, channel)| (name, Some(channel)));
    write(&catalog, &edit(&[release("1", 5)], &some)).await;
    let expected = channels.map(|(name, channel)| (word(name), channel)).into();
    for handle in [&catalog, &place.catalog().await] {
        assert_eq!(read(handle).await.channels, expected);
    }
    assert_eq!(wanting(&catalog, "camera").await, [word("app")]);
}

pub(crate) async fn constraints_change_while_the_bytes_stay(place: &impl Place) {
    let catalog = place.catalog().await;
    let neighbour = full("2.0");
    let pointing = ("prod", Some(channel("1.0", &["gamer"])));
    write(&catalog, &edit(&[release("1.0", 5), neighbour.clone()], &[pointing])).await;
    let channels = read(&catalog).await.channels;
    // Each way, and to less as well as to more. What is known of the bytes may grow too.
    let adopted = Artifact { crc32: None, fragment: None, ..release("1.0", 5).artifact };
    let adopted = Release { artifact: adopted, ..release("1.0", 6) };
    let of_these_bytes =
        |other: Release| Release { version: word("1.0"), artifact: release("1.0", 5).artifact, ..other };
    for now in variants().into_iter().map(of_these_bytes).chain([adopted, release("1.0", 7)]) {
        write(&catalog, &edit(std::slice::from_ref(&now), &[])).await;
        for handle in [&catalog, &place.catalog().await] {
            let found = read(handle).await;
            assert_eq!(found.releases(), [Arc::new(now.clone()), Arc::new(neighbour.clone())]);
            assert_eq!(found.channels, channels);
        }
    }
    let mut other = full("1.0");
    other.artifact.sha256 = release("other", 5).artifact.sha256;
    let before = read(&catalog).await;
    let refused = catalog.commit(&word("app"), before.revision, &edit(&[other], &[])).await;
    assert!(matches!(refused, Err(StoreError::Taken { .. })), "{refused:?}");
    assert_eq!(read(&catalog).await, before);
    assert_eq!(wanting(&catalog, "gamer").await, [word("app")]);
}

pub(crate) async fn a_channel_points_at_a_release_of_the_same_edit(place: &impl Place) {
    let catalog = place.catalog().await;
    let both = |version: &str, attribute: &str| {
        edit(&[release(version, 5)], &[("prod", Some(channel(version, &[attribute])))])
    };
    // Of a new component, of one that is there, and of a release that only changes.
    for (version, attribute) in [("1", "gamer"), ("2", "camera"), ("1", "cellular")] {
        write(&catalog, &both(version, attribute)).await;
        assert_eq!(read(&catalog).await.channels, [(word("prod"), channel(version, &[attribute]))].into());
        assert_eq!(wanting(&catalog, attribute).await, [word("app")]);
    }
    assert!(wanting(&catalog, "gamer").await.is_empty() && wanting(&catalog, "camera").await.is_empty());
}

pub(crate) async fn a_channel_that_goes_away_takes_its_attributes_along(place: &impl Place) {
    let catalog = place.catalog().await;
    let (prod, beta) = (channel("1", &["gamer", "camera"]), channel("1", &["gamer"]));
    write(&catalog, &edit(&[release("1", 5)], &[("prod", Some(prod)), ("beta", Some(beta.clone()))])).await;
    let other = edit(&[release("1", 5)], &[("prod", Some(channel("1", &["camera"])))]);
    catalog.commit(&word("other"), Revision::default(), &other).await.unwrap();

    write(&catalog, &edit(&[], &[("prod", None)])).await;
    assert_eq!(read(&catalog).await.channels, [(word("beta"), beta)].into());
    assert_eq!(wanting(&catalog, "gamer").await, [word("app")], "beta wants it still");
    assert_eq!(wanting(&catalog, "camera").await, [word("other")]);
    // What is gone, or never was, can go once more.
    write(&catalog, &edit(&[], &[("prod", None), ("never", None)])).await;
    // One goes while another comes.
    write(&catalog, &edit(&[], &[("beta", None), ("gamma", Some(channel("1", &["cellular"])))])).await;
    assert!(wanting(&catalog, "gamer").await.is_empty());
    assert_eq!(wanting(&catalog, "cellular").await, [word("app")]);
    write(&catalog, &edit(&[], &[("gamma", None)])).await;
    let left = read(&place.catalog().await).await;
    assert!(left.channels.is_empty() && wanting(&catalog, "cellular").await.is_empty());
    assert_eq!(left.releases(), [Arc::new(release("1", 5))]);
    assert_eq!(catalog.components().await.unwrap(), [word("app"), word("other")]);
}

pub(crate) async fn hundreds_of_releases_come_in_one_edit(place: &impl Place) {
    let catalog = place.catalog().await;
    let many: Vec<_> = (0..MANY).map(|index| full(&format!("1.{index}"))).collect();
    // In no order.
    let shuffled: Vec<_> = (0..MANY).map(|index| many[index * 271 % MANY].clone()).collect();
    let pointing = |version: &str| [("prod", Some(channel(version, &["gamer"])))];
    write(&catalog, &edit(&shuffled, &pointing("1.499"))).await;
    let found = read(&place.catalog().await).await;
    assert!(found.releases().iter().map(|release| &**release).eq(&many));
    assert_eq!((found.revision, &found.channels[&word("prod")].target), (Revision(1), &word("1.499")));

    // One that is wrong among hundreds that change spoils them all.
    let mut changed: Vec<_> = many.iter().map(|release| Release { notes: None, ..release.clone() }).collect();
    let right = std::mem::replace(&mut changed[MANY - 1], Release { version: word("1.499"), ..full("other") });
    let refused = catalog.commit(&word("app"), Revision(1), &edit(&changed, &pointing("1.0"))).await;
    assert!(matches!(refused, Err(StoreError::Taken { .. })), "{refused:?}");
    assert_eq!(read(&catalog).await, found);
    changed[MANY - 1] = right;
    write(&catalog, &edit(&changed, &pointing("1.0"))).await;
    assert!(read(&catalog).await.releases().iter().map(|release| &**release).eq(&changed));
}
