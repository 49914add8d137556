use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often a call that is held back looks whether its round is over.
const LOOK: Duration = Duration::from_millis(2);

/// Calls in rounds: those of one round cannot depend on each other, because none of them is answered before all of them
/// have come.
#[derive(Debug)]
pub(super) struct Rounds {
    quiet: Duration,
    /// The round that calls come into now.
    now: usize,
    latest: Instant,
    taken: usize,
}

impl Rounds {
    pub(super) fn new(quiet: Duration) -> Rounds {
        Rounds { quiet, now: 0, latest: Instant::now(), taken: 0 }
    }

    /// The rounds since this was last called.
    pub(super) fn take(&mut self) -> usize {
        self.now - std::mem::replace(&mut self.taken, self.now)
    }

    /// Waits until the round of a call that comes now is over.
    pub(super) async fn pass(rounds: &Mutex<Option<Rounds>>) {
        let Some(own) = rounds.lock().unwrap().as_mut().map(Rounds::come) else { return };
        while rounds.lock().unwrap().as_mut().is_some_and(|rounds| !rounds.is_over(own)) {
            tokio::time::sleep(LOOK).await;
        }
    }

    fn come(&mut self) -> usize {
        self.latest = Instant::now();
        self.now
    }

    /// Whoever of a round looks first once it is quiet ends it for all.
    fn is_over(&mut self, own: usize) -> bool {
        if self.now == own && self.latest.elapsed() >= self.quiet {
            self.now += 1;
        }
        self.now > own
    }
}
