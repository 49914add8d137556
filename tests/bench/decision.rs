#[path = "../model/keys.rs"]
mod keys;
mod paths;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use embedded::SqliteCatalog;
use resolver::catalog::{Artifact, Channel, Components, Edit, Release, Revision};
use resolver::decide::{decide, lookups};
use resolver::query::{Ladder, Query};
use resolver::words::{ComponentName, Digest, Sha256, Timestamp};
use store::Catalog as _;

use super::{median, report};

/// Repetitions of which the middle one counts.
const ROUNDS: usize = 301;

/// Decisions in one repetition.
const DECISIONS: usize = 200;

/// Components in a small store and in a large one.
const FEW: usize = 1_000;
const MANY: usize = 100_000;

/// What a decision costs, whether the size of the store shows in it, and what a long path adds.
pub(crate) fn decisions() {
    let few = Filled::with(FEW);
    let many = Filled::with(MANY);
    // In turn, so that a slow moment of the machine does not fall on one store alone.
    let (mut decide, mut read) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..ROUNDS {
        for (at, store) in [&few, &many].into_iter().enumerate() {
            let (reading, deciding) = store.measure(round);
            read[at].push(reading);
            decide[at].push(deciding);
        }
    }
    let [few, many] = decide.map(median);
    report("decide, four components, µs", format!("{few:.2}"), "2 µs".into(), few / 2.0, "≤ 1", few <= 2.0);
    flat("decide, µs, 100,000 against 1,000 components", few, many);
    let [few, many] = read.map(median);
    flat("four point reads, µs, 100,000 against 1,000", few, many);
    paths::five_hundred();
}

fn flat(what: &str, few: f64, many: f64) {
    let ratio = many / few;
    report(what, format!("{many:.2}"), format!("{few:.2}"), ratio, "0.8 to 1.2", (0.8..=1.2).contains(&ratio));
}

/// A catalog of so many components, one release each.
struct Filled {
    catalog: SqliteCatalog,
    runtime: tokio::runtime::Runtime,
    components: usize,
    _folder: tempfile::TempDir,
}

impl Filled {
    fn with(components: usize) -> Filled {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir_in(memory()).unwrap();
        let catalog = SqliteCatalog::open(&folder.path().join("catalog.sqlite")).unwrap();
        runtime.block_on(async {
            for index in 0..components {
                let name: ComponentName = name(index).parse().unwrap();
                let release = release(index);
                let prod = Channel::new(release.version.clone());
                let channels = BTreeMap::from([("prod".parse().unwrap(), Some(prod))]);
                let edit = Edit { releases: vec![release], channels, ..Edit::default() };
                catalog.commit(&name, Revision::default(), &edit).await.unwrap();
            }
        });
        Filled { catalog, runtime, components, _folder: folder }
    }

    /// Microseconds to read four components, and to decide about them once they are read.
    fn measure(&self, round: usize) -> (f64, f64) {
        let wanted: Vec<String> =
            (0..4).map(|place| format!("{}=prod", name((round * 7919 + place * 104_729) % self.components))).collect();
        let raw = format!("{}&installed={}@1.0", wanted.join("&"), &wanted[0][..wanted[0].len() - 5]);
        let query = Query::parse(&raw, None, &Ladder::default()).unwrap().query;
        let started = Instant::now();
        let components = self.runtime.block_on(self.read(&query));
        let reading = started.elapsed();
        assert_eq!(components.len(), 4);
        let started = Instant::now();
        for _ in 0..DECISIONS {
            black_box(decide(black_box(&query), black_box(&components), Timestamp(0)));
        }
        (reading.as_secs_f64() * 1e6, started.elapsed().as_secs_f64() * 1e6 / DECISIONS as f64)
    }

    async fn read(&self, query: &Query) -> Components {
        let mut components = Components::new();
        for key in lookups(query).components {
            let component = self.catalog.component(&key).await.unwrap().unwrap();
            components.insert(key, component.into());
        }
        components
    }
}

fn name(index: usize) -> String {
    format!("component-{index:06}")
}

fn release(index: usize) -> Release {
    let text = name(index);
    let sha256 = Sha256::of(text.as_bytes());
    let mut md5 = [0; 16];
    md5.copy_from_slice(&sha256.0[..16]);
    let artifact = Artifact { sha256, md5: Digest(md5), size: 1, crc32: Some(0), fragment: None };
    Release::new("1.0".parse().unwrap(), artifact, Timestamp(0))
}

/// A folder in memory where there is one: 200,000 durable writes to a disk would take longer than the benchmark.
fn memory() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() }
}
