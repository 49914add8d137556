//! Many devices at once, before one cache.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::thread;

use edgehop_tests::server::Server;

use crate::cache::{Cache, answered};
use crate::device::{Device, Right};
use crate::truth::{SETS, Truth};

/// How many ask at once.
const DEVICES: usize = 200;

/// How many different devices ask before one cache.
const NUMBERS: usize = 4 * DEVICES;

/// What a crowd was given.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    requests: usize,
    hits: usize,
    exact: usize,
    untrimmed: usize,
    /// What was wrong, or untrimmed where it must not be: what it was, and who met it.
    wrong: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn add(mut self, other: Tally) -> Tally {
        self.requests += other.requests;
        self.hits += other.hits;
        self.exact += other.exact;
        self.untrimmed += other.untrimmed;
        for (what, who) in other.wrong {
            self.wrong.entry(what).or_default().extend(who);
        }
        self
    }
}

/// Lets a crowd ask through a cache, every request twice so that it also meets what is cached; prints what came of it,
/// and fails if anything was wrong.
///
/// Only devices for which `comes` holds ask. Where `exact` holds, nothing may come that the device has said it has.
pub(crate) fn check(
    (name, cache): (&str, &Cache),
    (server, truth): (&Server, &Truth),
    comes: fn(&Device) -> bool,
    exact: fn(&Device) -> bool,
) -> usize {
    let devices: Vec<_> = (0..NUMBERS).map(|number| Device::new(number, truth)).collect();
    assert!((0..SETS).all(|has| devices.iter().any(|device| device.is_gamer(has))), "a set is missing");
    let before = answered(server, None);
    let ask = |number: usize| {
        let device = &devices[number];
        let mut tally = Tally::default();
        if !comes(device) {
            return tally;
        }
        let answer = device.ask(truth, cache.address());
        tally.requests = 1;
        tally.hits = usize::from(cache.is_hit(&answer));
        let who = format!("{device:?} got {} {:?}", answer.status, answer.headers);
        match device.judge(truth, &answer) {
            Ok(Right::Exact) => tally.exact = 1,
            Ok(Right::Untrimmed) if exact(device) => _ = tally.wrong.insert("untrimmed".to_owned(), vec![who]),
            Ok(Right::Untrimmed) => tally.untrimmed = 1,
            Err(what) => _ = tally.wrong.insert(what, vec![who]),
        }
        tally
    };
    let tally = thread::scope(|scope| {
        let rounds = [0, 1, 0, 1, 2, 3, 2, 3].map(|round| round * DEVICES);
        let ask = &ask;
        let devices: Vec<_> = (0..DEVICES)
            .map(|index| {
                scope.spawn(move || {
                    rounds.map(|round| ask(round + index)).into_iter().fold(Tally::default(), Tally::add)
                })
            })
            .collect();
        devices.into_iter().map(|device| device.join().unwrap()).fold(Tally::default(), Tally::add)
    });
    let origin = answered(server, None) - before;
    let Tally { requests, hits, exact, untrimmed, wrong } = tally;
    // Not `println`, which only failing tests show.
    let cached = format!("{requests:>5} requests, {hits:>5} hits, {origin:>4} to the origin");
    let wrongs: usize = wrong.values().map(Vec::len).sum();
    let given = format!("{exact:>5} exact, {untrimmed:>4} untrimmed, {wrongs:>3} wrong");
    let _ = writeln!(std::io::stderr(), "{name:<28} {cached}, {given}");
    let each = wrong.iter().map(|(what, who)| format!("{} times {what}: {}\n", who.len(), who[0]));
    assert!(wrong.is_empty(), "{name}: {}", each.collect::<String>());
    assert!(hits > requests / 4 && origin < requests as u64 * 3 / 4, "{name} does not cache");
    untrimmed
}
