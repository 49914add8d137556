//! `kill -9` at any moment of `edgehop import --apply`.

use std::time::{Duration, Instant};

use publishing::Document;
use resolver::catalog::{Artifact, Component, Release};
use resolver::words::ComponentName;

use crate::aim::spread;
use crate::content::{Content, Random};
use crate::edgehop::{DONE, Edgehop};
use crate::place::Place;
use crate::{now, wait};

/// How often an import is killed.
const ROUNDS: usize = 30;

/// How many components change in each: enough that kills land between two of them.
const COMPONENTS: usize = 12;

#[test]
fn an_import_is_killed_at_any_moment() {
    let begun = Instant::now();
    let place = Place::new();
    let edgehop = place.edgehop();
    let artifact = wait(place.publish("shelf", "1", Content::new(1, 20_000))).release.artifact;
    let mut takes = imported(&edgehop, &place, &document(0, &artifact));

    let seed = now().0;
    eprintln!("seed {seed}");
    let mut random = Random::new(seed);
    let mut moments: Vec<_> = spread(ROUNDS, &mut random).into_iter().map(Some).collect();
    // One before anything can have happened, and one that is not killed at all.
    (moments[0], moments[ROUNDS - 1]) = (Some(0.0), None);
    random.shuffle(&mut moments);
    let (mut none, mut some, mut all) = (0, 0, 0);
    for (round, moment) in moments.into_iter().enumerate() {
        let (old, new) = (document(round, &artifact), document(round + 1, &artifact));
        let file = write(&place, &new);
        let running = edgehop.start(&["import", &file, "--apply"]);
        let killed = match moment {
            Some(moment) => running.killed_after(Instant::now(), takes.mul_f64(moment)),
            None => running.ended(),
        };
        assert!(killed.code.is_none_or(|code| code == DONE), "{killed:?}");

        let changed: Vec<bool> = new.components.keys().map(|name| is_changed(&place, name, &old, &new)).collect();
        assert!(changed.is_sorted_by(|before, after| before >= after), "in the order of the document: {changed:?}");
        let count = changed.iter().filter(|changed| **changed).count();
        assert!(killed.code.is_none() || count == COMPONENTS, "{killed:?}");
        match count {
            0 => none += 1,
            COMPONENTS => all += 1,
            _ => some += 1,
        }

        let left = edgehop.json(&["import", &file]);
        assert_eq!(left["changes"].as_array().unwrap().len(), COMPONENTS - count, "the plan is what is left to do");
        takes = (takes * 2 + imported(&edgehop, &place, &new)) / 3;
        let arguments: Vec<&str> = new.components.keys().map(ComponentName::as_str).collect();
        assert_eq!(edgehop.done(&[&["export"], &arguments[..]].concat()).trim_end(), new.text().unwrap().trim_end());
    }
    eprintln!("{ROUNDS} kills in {:?}: none changed {none}, some {some}, all {all}", begun.elapsed());
    assert!(none > 0 && some > 0 && all > 0, "kills before, between and after the writes: {none}, {some}, {all}");
}

/// The catalog after so many rounds: each adds a release of bytes that are there to every component.
fn document(rounds: usize, artifact: &Artifact) -> Document {
    let mut document = Document::default();
    for at in 0..COMPONENTS {
        let release = |round: usize| {
            let mut release = Release::new(format!("1.{round}").parse().unwrap(), artifact.clone(), now());
            release.published.0 = round as u64;
            release.notes = Some(format!("seen by round {rounds}").parse().unwrap());
            release.into()
        };
        let name: ComponentName = format!("part{at:02}").parse().unwrap();
        let releases: Vec<_> = (0..=rounds).map(release).collect();
        let target = format!("1.{rounds}").parse().unwrap();
        let channels = [("prod".parse().unwrap(), resolver::catalog::Channel::new(target))].into();
        document.add(&Component::new(name, Default::default(), channels, releases));
    }
    document
}

fn write(place: &Place, document: &Document) -> String {
    let file = place.path().join("catalog.toml");
    std::fs::write(&file, document.text().unwrap()).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Imports to the end; returns how long that took.
fn imported(edgehop: &Edgehop, place: &Place, document: &Document) -> Duration {
    let file = write(place, document);
    let begun = Instant::now();
    edgehop.done(&["import", &file, "--apply"]);
    let took = begun.elapsed();
    assert_eq!(edgehop.done(&["import", &file]).trim_end(), "nothing to change");
    took
}

/// Whether a component is as the new document has it. It must be that or as the old one has it.
fn is_changed(place: &Place, name: &ComponentName, old: &Document, new: &Document) -> bool {
    let there = wait(place.component(name.as_str()));
    let is = |document: &Document| {
        let part = document.components[name].component(name);
        (there.releases(), &there.channels) == (part.releases(), &part.channels)
    };
    assert!(is(old) || is(new), "{name} is half changed: {there:?}");
    is(new)
}
