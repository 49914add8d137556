//! `kill -9` at any moment of `edgehop publish`, beside a server on the same data folder.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use edgehop_tests::server::{Server, folder};
use open::Stores;
use publishing::signing::{signature_of, write_signature};
use resolver::catalog::ObjectKey;
use resolver::words::{ComponentName, Version};
use store::Catalog as _;

use crate::aim::{Aim, PHASES, Phase, aims};
use crate::content::{Content, Random};
use crate::device::{blob, install};
use crate::edgehop::{DONE, Edgehop, Ended};
use crate::objects::{age, collected, hidden, named, stored, strays, temporary, touch};
use crate::signer::Signer;
use crate::wait;

/// How often a publish is killed: so many data folders at once, so many times in each.
const FOLDERS: usize = 4;
const ROUNDS: usize = 50;

/// How many more rounds there are in a folder while no kill has met some phase: a machine that is busy with other tests
/// may let every short one pass.
const MORE_ROUNDS: usize = 100;

/// So many components take turns, so that the server has forgotten a record when its turn comes again.
const COMPONENTS: usize = 10;

/// How long the server may answer from memory.
const REMEMBERED: Duration = Duration::from_millis(5_100);

/// Size of an artifact, in bytes: most of a publish is spent on it.
const SIZE: usize = 3 << 19;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn a_publish_is_killed_at_any_moment() {
    let begun = Instant::now();
    let seed = crate::now().0;
    eprintln!("seed {seed}");
    let met = Arc::<Mutex<BTreeSet<Phase>>>::default();
    let line = |at: usize| {
        let met = Arc::clone(&met);
        thread::spawn(move || Line::new(seed * 16 + at as u64).run(&met))
    };
    let lines: Vec<_> = (0..FOLDERS).map(line).collect();
    let mut phases = BTreeMap::new();
    let mut orphans = 0;
    for line in lines {
        let (found, left) = line.join().unwrap();
        found.into_iter().for_each(|phase| *phases.entry(phase).or_insert(0) += 1);
        orphans += left;
    }
    let kills: usize = phases.values().sum();
    eprintln!("{kills} kills in {:?}: {phases:?}, {orphans} orphans", begun.elapsed());
    for phase in PHASES {
        assert!(phases.contains_key(&phase), "no kill met the phase {phase:?}: {phases:?}");
    }
    assert!(orphans > 0, "no kill left an orphan");
}

/// A data folder with a server, and what was published in it.
struct Line {
    server: Server,
    edgehop: Edgehop,
    stores: Stores<embedded::SqliteCatalog, embedded::FolderArtifacts>,
    file: PathBuf,
    signer: Signer,
    random: Random,
    /// What `prod` of each component must deliver.
    delivered: BTreeMap<String, (String, Content)>,
    /// Everything that was published.
    published: Vec<Content>,
    /// What was given up after a kill, and something else published in its place.
    abandoned: Vec<Content>,
    /// When a device last asked for a component.
    asked: BTreeMap<String, Instant>,
    /// How long a publish takes, and how much of that after the artifact is in the store.
    takes: (Duration, Duration),
}

impl Line {
    fn new(seed: u64) -> Self {
        let server = Server::restart(folder(), &["--no-sample"]);
        let edgehop = Edgehop::new(&server.data());
        let stores = Stores::embedded(&server.data()).unwrap();
        let root = server.data().parent().unwrap().to_owned();
        Line {
            edgehop,
            stores,
            file: root.join("artifact"),
            signer: Signer::new(&root, "release"),
            random: Random::new(seed),
            server,
            delivered: BTreeMap::new(),
            published: Vec::new(),
            abandoned: Vec::new(),
            asked: BTreeMap::new(),
            takes: (Duration::ZERO, Duration::ZERO),
        }
    }

    /// All rounds, and what is left after them: the phases that kills met, and the number of orphans. `met` is what those
    /// of all lines did.
    fn run(mut self, met: &Mutex<BTreeSet<Phase>>) -> (Vec<Phase>, usize) {
        let content = self.content();
        self.complete("measure", "1", content);
        let content = self.content();
        self.complete("measure", "2", content);
        let mut phases = Vec::new();
        let mut aims = aims(ROUNDS, &mut self.random).into_iter();
        while phases.len() < ROUNDS + MORE_ROUNDS {
            let missed = PHASES.into_iter().find(|phase| !met.lock().unwrap().contains(phase));
            let further = missed.map(|phase| Aim::at(phase, &mut self.random));
            let Some(aim) = aims.next().or(further) else { break };
            let phase = self.round(phases.len(), aim);
            met.lock().unwrap().insert(phase);
            phases.push(phase);
        }
        (phases, self.collect())
    }

    /// A kill, and what it left; then the publish is done again.
    fn round(&mut self, round: usize, aim: Aim) -> Phase {
        let component = format!("part{}", round % COMPONENTS);
        let version = format!("1.{}", round / COMPONENTS);
        let mut content = self.content();
        let before = temporary(&self.server.data());
        let killed = self.killed(&component, &version, content, aim);
        let phase = self.phase(&component, &version, content, &killed, temporary(&self.server.data()) != before);
        if phase >= Phase::Record {
            self.delivered.insert(component.clone(), (version.clone(), content));
        }
        self.ask(&component);

        if phase < Phase::Record && round.is_multiple_of(2) {
            // The operator found a mistake meanwhile: other bytes take the version.
            self.abandoned.push(content);
            content = self.content();
        }
        self.complete(&component, &version, content);
        phase
    }

    fn killed(&self, component: &str, version: &str, content: Content, aim: Aim) -> Ended {
        let arguments = self.prepare(component, version, content);
        let blob = self.blob(content);
        let (since, mut running) = (Instant::now(), self.edgehop.start(&strs(&arguments)));
        match aim {
            Aim::Any(share) => running.killed_after(since, self.takes.0.mul_f64(share)),
            Aim::Stored(share) => {
                while running.is_running() && !blob.exists() {
                    thread::sleep(Duration::from_micros(200));
                }
                running.killed_after(Instant::now(), self.takes.1.mul_f64(share))
            }
            Aim::Recorded => {
                let (name, version) = words(component, version);
                while running.is_running() && self.recorded(&name, &version).is_none() {}
                running.killed()
            }
            Aim::Never => running.ended(),
        }
    }

    fn phase(&self, component: &str, version: &str, content: Content, killed: &Ended, staged: bool) -> Phase {
        let (name, version) = words(component, version);
        let recorded = self.recorded(&name, &version);
        match killed.code {
            Some(code) => {
                assert_eq!(code, DONE, "{killed:?}");
                Phase::Ended
            }
            None if recorded.is_some() => {
                assert_eq!(recorded, Some(version), "release and channel are one write");
                Phase::Record
            }
            None if self.blob(content).exists() => Phase::Blob,
            None if staged => Phase::Staged,
            None => Phase::Nothing,
        }
    }

    /// Publishes to the end.
    fn complete(&mut self, component: &str, version: &str, content: Content) {
        let arguments = self.prepare(component, version, content);
        let (blob, begun) = (self.blob(content), Instant::now());
        let mut running = self.edgehop.start(&strs(&arguments));
        while running.is_running() && !blob.exists() {
            thread::sleep(Duration::from_micros(500));
        }
        let stored = begun.elapsed();
        let ended = running.ended();
        assert_eq!(ended.code, Some(DONE), "{ended:?}");
        let took = begun.elapsed();
        self.takes = ((self.takes.0 + took) / 2, (self.takes.1 + took - stored) / 2);
        let explained = self.edgehop.json(&["explain", &format!("{component}=prod")]);
        assert_eq!(explained["components"][0]["delivers"], version, "{explained}");
        self.delivered.insert(component.to_owned(), (version.to_owned(), content));
        self.published.push(content);
    }

    /// Writes the file, and for every other component its signature; returns the command.
    fn prepare(&self, component: &str, version: &str, content: Content) -> Vec<String> {
        content.write(&self.file);
        let mut arguments = vec!["publish", component, version, self.file.to_str().unwrap(), "--channel", "prod"];
        let trusts = self.signer.public().to_string();
        if is_signed(component) {
            write_signature(&signature_of(&self.file), &self.signer.sign(&self.file, component, version)).unwrap();
            arguments.extend(["--trusts", &trusts]);
        } else {
            arguments.push("--unsigned");
        }
        arguments.into_iter().map(str::to_owned).collect()
    }

    /// A device asks for a component, once the server has forgotten what it knew: the one whole release that is due.
    fn ask(&mut self, component: &str) {
        if let Some(asked) = self.asked.get(component) {
            thread::sleep(REMEMBERED.saturating_sub(asked.elapsed()));
        }
        let given = install(self.address(), component);
        self.asked.insert(component.to_owned(), Instant::now());
        match (given, self.delivered.get(component)) {
            (None, None) => {}
            (Some(given), Some((version, content))) => {
                assert_eq!(&given.version, version, "{component}");
                assert!(given.bytes == content.bytes(), "{component} {version} has other bytes");
                assert_eq!(given.minisig.is_some(), is_signed(component));
            }
            (given, due) => panic!("{component}: {:?} in place of {due:?}", given.map(|given| given.version)),
        }
    }

    /// What no release names is found and goes, and nothing else.
    fn collect(mut self) -> usize {
        let data = self.server.data();
        let (all, named) = (stored(&data), named(&self.edgehop.json(&["releases"])));
        assert!(named.is_subset(&all));
        let orphans: Vec<_> = all.difference(&named).cloned().collect();
        let abandoned = self.abandoned.iter().map(|content| format!("blobs/{}", content.sha256()));
        let left: Vec<_> = abandoned.filter(|name| all.contains(name)).collect();
        assert!(left.iter().all(|name| orphans.contains(name)));
        assert!(orphans.iter().all(|name| name.starts_with("fragments/") || left.contains(name)));

        let dry = |what: &str| {
            let report = self.edgehop.json(&["gc", "--dry-run"]);
            assert_eq!(stored(&data), all, "{what}: a dry run changes nothing");
            collected(&report)
        };
        assert!(dry("all young").is_empty());
        age(&data, &named, 2 * DAY);
        let (old, young) = orphans.split_at(orphans.len() / 2);
        age(&data, old, 2 * DAY);
        age(&data, young, DAY - Duration::from_secs(600));
        assert!(dry("half of them old").iter().eq(old));
        age(&data, young, 2 * DAY);
        temporary(&data).iter().for_each(|file| touch(file, 2 * DAY));
        assert!(dry("all of them old").iter().eq(&orphans));
        assert!(temporary(&data).is_empty(), "what killed publishers left goes after a day");

        assert!(collected(&self.edgehop.json(&["gc"])).iter().eq(&orphans));
        assert_eq!((stored(&data), hidden(&data)), (named, Default::default()));
        assert!(strays(&data).iter().all(|name| name.ends_with(".md5")), "a note is written before its object");
        for content in &self.published {
            assert!(blob(self.address(), &content.sha256().to_string()) == content.bytes());
        }
        self.edgehop.done(&["check"]);
        for at in 0..COMPONENTS {
            self.ask(&format!("part{at}"));
        }
        orphans.len()
    }

    /// What `prod` points at, if this release is recorded.
    fn recorded(&self, name: &ComponentName, version: &Version) -> Option<Version> {
        let record = wait(self.stores.catalog.component(&name.key())).unwrap()?;
        record.release(version)?;
        Some(record.channels[&"prod".parse().unwrap()].target.clone())
    }

    fn blob(&self, content: Content) -> PathBuf {
        self.stores.artifacts.path(&ObjectKey::Blob(content.sha256()))
    }

    fn content(&mut self) -> Content {
        Content::new(self.random.next(), SIZE)
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }
}

fn is_signed(component: &str) -> bool {
    component.ends_with(['1', '3', '5', '7', '9'])
}

fn words(component: &str, version: &str) -> (ComponentName, Version) {
    (component.parse().unwrap(), version.parse().unwrap())
}

fn strs(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}
