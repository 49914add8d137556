//! What the view of the sample's table is answered from: what was read last, and how long ago.
//!
//! It is read again in the background. On Lambda nothing runs between two requests, so after a pause of hours the next one
//! would be told what held hours ago, of a table that was adopted since. So whoever comes when that reading is overdue
//! waits for it, as long as for any other call; if it does not come by then, the old one stands, and nobody waits again
//! before the next is due.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use store::StoreError;
use tokio::sync::{Notify, watch};

use super::directory::Directory;
use crate::limits::OPERATION;

/// What a table was when it was last read.
#[derive(Debug, Clone)]
pub(crate) enum Seen {
    /// The sample's.
    Sample(Arc<Directory>),
    /// Adopted since: it is edgehop's own, and stays so.
    Adopted,
}

/// The end that answers.
#[derive(Debug, Clone)]
pub(crate) struct Latest {
    looked: watch::Receiver<Looked>,
    overdue: Arc<Notify>,
    /// Who waited last, waited in vain.
    in_vain: Arc<Mutex<Option<Moment>>>,
    /// The age at which it is overdue.
    age: Duration,
}

/// The end that reads.
#[derive(Debug)]
pub(crate) struct Refreshing {
    looked: watch::Sender<Looked>,
    overdue: Arc<Notify>,
    age: Duration,
}

/// What was seen, and when somebody last tried to see more.
#[derive(Debug)]
struct Looked {
    seen: Seen,
    at: Moment,
}

/// A moment by two clocks: one may stand while a process is stopped, and the other may be set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(Instant, SystemTime);

impl Latest {
    /// Both ends. It is due `every` so often.
    pub(crate) fn new(seen: Seen, every: Duration) -> (Latest, Refreshing) {
        let (sender, looked) = watch::channel(Looked { seen, at: Moment::now() });
        let overdue = Arc::new(Notify::new());
        // A reading that is due takes its time.
        let age = every + every.min(OPERATION);
        let latest = Latest { looked, overdue: Arc::clone(&overdue), in_vain: Arc::default(), age };
        (latest, Refreshing { looked: sender, overdue, age })
    }

    /// What is seen now.
    pub(crate) async fn seen(&self) -> Seen {
        if self.is_overdue() {
            self.overdue.notify_one();
            let mut looked = self.looked.clone();
            let fresh = looked.wait_for(|looked| !looked.is_older(self.age));
            if !matches!(tokio::time::timeout(OPERATION, fresh).await, Ok(Ok(_))) {
                *self.in_vain.lock().unwrap_or_else(PoisonError::into_inner) = Some(Moment::now());
            }
        }
        self.last()
    }

    /// What was seen last, whenever that was.
    pub(crate) fn last(&self) -> Seen {
        self.looked.borrow().seen.clone()
    }

    fn is_overdue(&self) -> bool {
        let in_vain = *self.in_vain.lock().unwrap_or_else(PoisonError::into_inner);
        self.looked.borrow().is_older(self.age) && in_vain.is_none_or(|moment| moment.age() > self.age)
    }
}

impl Refreshing {
    /// What was seen last.
    pub(crate) fn seen(&self) -> Seen {
        self.looked.borrow().seen.clone()
    }

    /// Somebody waits for it.
    pub(crate) async fn overdue(&self) {
        loop {
            self.overdue.notified().await;
            // What was asked for while it was on its way is here by now.
            if self.looked.borrow().is_older(self.age) {
                return;
            }
        }
    }

    /// Nobody wants to know any more.
    pub(crate) async fn unwanted(&self) {
        self.looked.closed().await;
    }

    /// What was begun to be read then is too old to be what holds now: nothing that runs takes so long. It takes the time
    /// of an operation at least, however often the table is read.
    pub(crate) fn is_overdue_since(&self, begun: Moment) -> bool {
        begun.age() > self.age.max(OPERATION)
    }

    /// It was read, or could not be.
    pub(crate) fn looked(&self, read: Option<Seen>) {
        self.looked.send_modify(|looked| {
            looked.at = Moment::now();
            if let Some(read) = read {
                looked.seen = read;
            }
        });
    }
}

impl Looked {
    /// What was adopted stays so, however long ago that was seen.
    fn is_older(&self, age: Duration) -> bool {
        matches!(self.seen, Seen::Sample(_)) && self.at.age() > age
    }
}

impl Moment {
    pub(crate) fn now() -> Moment {
        Moment(Instant::now(), SystemTime::now())
    }

    fn age(&self) -> Duration {
        self.0.elapsed().max(self.1.elapsed().unwrap_or_default())
    }
}

/// What every write is refused with.
pub(crate) fn read_only<T>(what: impl ToString, is_adopting: bool) -> Result<T, StoreError> {
    let problem = match is_adopting {
        true => {
            "an adoption of what the AWS sample's init script put there was begun and is not at its end: run \
                 `edgehop adopt` again"
        }
        false => {
            "the AWS sample's init script filled the table: take it over with `edgehop adopt`, or publish into \
                  another one"
        }
    };
    Err(StoreError::ReadOnly { what: what.to_string(), problem: problem.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(60);

    /// Long ago by the clock on the wall alone: the other one stood.
    fn stopped_for(minutes: u64) -> (Latest, Refreshing) {
        let (latest, refreshing) = Latest::new(Seen::Sample(Arc::default()), EVERY);
        let then = SystemTime::now() - Duration::from_secs(60 * minutes);
        refreshing.looked.send_modify(|looked| looked.at = Moment(Instant::now(), then));
        (latest, refreshing)
    }

    #[tokio::test]
    async fn who_comes_after_a_pause_waits_for_what_holds_now() {
        let (latest, refreshing) = stopped_for(20);
        let reading = tokio::spawn(async move {
            refreshing.overdue().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            refreshing.looked(Some(Seen::Adopted));
        });
        assert!(matches!(latest.seen().await, Seen::Adopted));
        reading.await.unwrap();
        assert!(matches!(latest.seen().await, Seen::Adopted), "and nobody reads any more");
    }

    #[test]
    fn a_reading_that_a_pause_interrupted_is_no_fresh_one() {
        let (_latest, refreshing) = Latest::new(Seen::Sample(Arc::default()), EVERY);
        for (minutes, overdue) in [(0, false), (1, false), (20, true)] {
            let begun = Moment(Instant::now(), SystemTime::now() - Duration::from_secs(60 * minutes));
            assert_eq!(refreshing.is_overdue_since(begun), overdue, "{minutes}");
        }
        // One that is due all the time is no older for that.
        let (_latest, refreshing) = Latest::new(Seen::Sample(Arc::default()), Duration::from_millis(50));
        let begun = Moment(Instant::now(), SystemTime::now() - Duration::from_secs(1));
        assert!(!refreshing.is_overdue_since(begun));
    }

    #[tokio::test]
    async fn what_is_due_in_a_moment_is_not_waited_for() {
        let (latest, refreshing) = stopped_for(1);
        assert!(matches!(latest.seen().await, Seen::Sample(_)));
        assert!(tokio::time::timeout(Duration::ZERO, refreshing.overdue()).await.is_err());
    }

    #[tokio::test]
    async fn a_reading_that_fails_or_does_not_come_leaves_what_was() {
        let (latest, refreshing) = stopped_for(20);
        let reading = tokio::spawn(async move {
            refreshing.overdue().await;
            refreshing.looked(None);
            refreshing
        });
        let begun = Instant::now();
        assert!(matches!(latest.seen().await, Seen::Sample(_)) && begun.elapsed() < OPERATION);
        drop(reading.await.unwrap());

        let (latest, _refreshing) = stopped_for(20);
        assert!(matches!(latest.seen().await, Seen::Sample(_)) && begun.elapsed() >= OPERATION);
        let begun = Instant::now();
        assert!(matches!(latest.seen().await, Seen::Sample(_)) && begun.elapsed() < OPERATION, "once");
    }
}
