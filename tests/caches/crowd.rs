//! Many devices at once, before one cache.

use std::io::Write as _;
use std::thread;

use edgehop_tests::server::Server;

use crate::cache::{Cache, answered};
use crate::device::{Device, Right};
use crate::truth::Truth;

/// How many ask at once.
const DEVICES: usize = 200;

/// What a crowd was given.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    requests: usize,
    hits: usize,
    exact: usize,
    untrimmed: usize,
    /// What was wrong, or untrimmed where it must not be.
    wrong: Vec<String>,
}

impl Tally {
    fn add(mut self, other: Tally) -> Tally {
        self.requests += other.requests;
        self.hits += other.hits;
        self.exact += other.exact;
        self.untrimmed += other.untrimmed;
        self.wrong.extend(other.wrong);
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
    more: &str,
    comes: fn(&Device) -> bool,
    exact: fn(&Device) -> bool,
) -> usize {
    let before = answered(server, None);
    let ask = |number: usize| {
        let device = Device::new(number, truth);
        let mut tally = Tally::default();
        if !comes(&device) {
            return tally;
        }
        let answer = device.ask(truth, cache.address(), more);
        tally.requests = 1;
        tally.hits = usize::from(cache.is_hit(&answer));
        let judged = device.judge(truth, &answer);
        match &judged {
            Ok(Right::Exact) => tally.exact = 1,
            Ok(Right::Untrimmed) => tally.untrimmed = 1,
            Err(_) => {}
        }
        if judged.as_ref().is_err() || judged == Ok(Right::Untrimmed) && exact(&device) {
            tally.wrong.push(format!("{judged:?}: {device:?} got {} {:?}", answer.status, answer.headers));
        }
        tally
    };
    let tally = thread::scope(|scope| {
        let rounds = [0, 1, 0, 1, 2, 2].map(|round| round * DEVICES);
        let ask = &ask;
        let devices: Vec<_> = (0..DEVICES)
            .map(|index| scope.spawn(move || rounds.map(|round| ask(round + index)).into_iter().fold(Tally::default(), Tally::add)))
            .collect();
        devices.into_iter().map(|device| device.join().unwrap()).fold(Tally::default(), Tally::add)
    });
    let origin = answered(server, None) - before;
    let Tally { requests, hits, exact, untrimmed, wrong } = tally;
    // Not `println`, which only failing tests show.
    let _ = writeln!(
        std::io::stderr(),
        "{name:<34} {requests:>5} requests, {hits:>5} hits, {origin:>4} to the origin, {exact:>5} exact, {untrimmed:>4} untrimmed, {:>3} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{name}: {} wrong, among them\n{}", wrong.len(), wrong[..wrong.len().min(8)].join("\n"));
    assert!(hits > requests / 4 && origin < requests as u64 * 3 / 4, "{name} does not cache");
    untrimmed
}
