//! When a publish is killed, and how far it has come then.

use crate::content::Random;

/// When to kill.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// After this share of the time that a publish takes.
    Any(f64),
    /// After this share of the time that it takes from the moment when the artifact is in the store.
    Stored(f64),
    /// As soon as somebody else sees the record.
    Recorded,
    /// Not at all.
    Never,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Nothing,
    Staged,
    Blob,
    Record,
    Ended,
}

pub(crate) const PHASES: [Phase; 5] = [Phase::Nothing, Phase::Staged, Phase::Blob, Phase::Record, Phase::Ended];

impl Aim {
    /// What most likely meets this phase.
    pub(crate) fn at(phase: Phase, random: &mut Random) -> Aim {
        match phase {
            Phase::Nothing => Aim::Any(0.0),
            Phase::Staged => Aim::Any(random.fraction()),
            Phase::Blob => Aim::Stored(0.0),
            Phase::Record => Aim::Recorded,
            Phase::Ended => Aim::Never,
        }
    }
}

/// Half of them over all the time that a publish takes, the others over its last part, in which most happens; in any
/// order.
pub(crate) fn aims(count: usize, random: &mut Random) -> Vec<Aim> {
    let mut any = spread(count / 2, random);
    // One before anything can have happened.
    any[0] = 0.0;
    // The artifact is seen late by whoever waits for it.
    let stored = spread(count * 3 / 8, random).into_iter().map(|share| share * 0.7);
    let mut aims: Vec<Aim> = any.into_iter().map(Aim::Any).chain(stored.map(Aim::Stored)).collect();
    aims.resize(count, Aim::Recorded);
    random.shuffle(&mut aims);
    aims
}

/// So many shares from 0 to 1, one in each stretch of the same length.
pub(crate) fn spread(count: usize, random: &mut Random) -> Vec<f64> {
    (0..count).map(|at| (at as f64 + random.fraction()) / count as f64).collect()
}
