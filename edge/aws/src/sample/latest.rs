//! The latest state of the sample's table, from which its view answers, and its age.
//!
//! A background task reads the table again. On Lambda nothing runs between two requests, so the first request after a
//! pause of hours could be answered with a state of hours ago, though the table was adopted since. A request that finds
//! the state overdue therefore waits for the next one, up to the timeout of a call; after that it uses the old state, and
//! no request waits again before the next reading is due.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use store::StoreError;
use tokio::sync::{Notify, watch};

use super::directory::Directory;
use crate::limits::OPERATION;

/// State of a table when it was last read.
#[derive(Debug, Clone)]
pub(crate) enum TableState {
    /// The sample's items are served.
    Sample(Arc<Directory>),
    /// The table was adopted, which is permanent.
    Adopted,
}

/// Receiver of the state, for requests.
#[derive(Debug, Clone)]
pub(crate) struct Latest {
    looked: watch::Receiver<Reading>,
    overdue: Arc<Notify>,
    /// Time of the last wait that timed out.
    timed_out: Arc<Mutex<Option<Moment>>>,
    /// Age at which the state is overdue.
    age: Duration,
}

/// Sender of the state, for the task that reads the table.
#[derive(Debug)]
pub(crate) struct Refreshing {
    looked: watch::Sender<Reading>,
    overdue: Arc<Notify>,
    age: Duration,
}

/// State with the time of the last attempt to read it.
#[derive(Debug)]
struct Reading {
    seen: TableState,
    at: Moment,
}

/// A time on two clocks: one may stop while a process is frozen, and the other may be set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(Instant, SystemTime);

impl Latest {
    /// Creates both ends for readings at this interval.
    pub(crate) fn new(seen: TableState, every: Duration) -> (Latest, Refreshing) {
        let (sender, looked) = watch::channel(Reading { seen, at: Moment::now() });
        let overdue = Arc::new(Notify::new());
        // A reading that is due needs some time.
        let age = every + every.min(OPERATION);
        let latest = Latest { looked, overdue: Arc::clone(&overdue), timed_out: Arc::default(), age };
        (latest, Refreshing { looked: sender, overdue, age })
    }

    /// Returns the state, waiting for the next reading if it is overdue.
    pub(crate) async fn seen(&self) -> TableState {
        if self.is_overdue() {
            self.overdue.notify_one();
            let mut looked = self.looked.clone();
            let fresh = looked.wait_for(|looked| !looked.is_older(self.age));
            if !matches!(tokio::time::timeout(OPERATION, fresh).await, Ok(Ok(_))) {
                *self.timed_out.lock().unwrap_or_else(PoisonError::into_inner) = Some(Moment::now());
            }
        }
        self.last()
    }

    /// Returns the latest state, whatever its age.
    pub(crate) fn last(&self) -> TableState {
        self.looked.borrow().seen.clone()
    }

    fn is_overdue(&self) -> bool {
        let timed_out = *self.timed_out.lock().unwrap_or_else(PoisonError::into_inner);
        self.looked.borrow().is_older(self.age) && timed_out.is_none_or(|moment| moment.age() > self.age)
    }
}

impl Refreshing {
    /// Returns the latest state.
    pub(crate) fn seen(&self) -> TableState {
        self.looked.borrow().seen.clone()
    }

    /// Waits until a request needs a newer state.
    pub(crate) async fn overdue(&self) {
        loop {
            self.overdue.notified().await;
            // A request during the last reading is satisfied by it.
            if self.looked.borrow().is_older(self.age) {
                return;
            }
        }
    }

    /// Waits until all receivers are dropped.
    pub(crate) async fn abandoned(&self) {
        self.looked.closed().await;
    }

    /// Returns true if a reading that was started then is too old to be current: a process that is not frozen takes less
    /// time. The limit is at least the timeout of an operation, however short the interval.
    pub(crate) fn is_overdue_since(&self, begun: Moment) -> bool {
        begun.age() > self.age.max(OPERATION)
    }

    /// Publishes a reading, or the failure of one.
    pub(crate) fn looked(&self, read: Option<TableState>) {
        self.looked.send_modify(|looked| {
            looked.at = Moment::now();
            if let Some(read) = read {
                looked.seen = read;
            }
        });
    }
}

impl Reading {
    /// Returns true if the state is older than this. An adopted table never is, because adoption is permanent.
    fn is_older(&self, age: Duration) -> bool {
        matches!(self.seen, TableState::Sample(_)) && self.at.age() > age
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

/// Returns the error of every write.
pub(crate) fn read_only<T>(what: impl ToString, is_adopting: bool) -> Result<T, StoreError> {
    let problem = match is_adopting {
        true => {
            "an adoption of the AWS sample's items was begun and is not at its end: run \
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
        let (latest, refreshing) = Latest::new(TableState::Sample(Arc::default()), EVERY);
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
            refreshing.looked(Some(TableState::Adopted));
        });
        assert!(matches!(latest.seen().await, TableState::Adopted));
        reading.await.unwrap();
        assert!(matches!(latest.seen().await, TableState::Adopted), "and nobody reads any more");
    }

    #[test]
    fn a_reading_that_a_pause_interrupted_is_no_fresh_one() {
        let (_latest, refreshing) = Latest::new(TableState::Sample(Arc::default()), EVERY);
        for (minutes, overdue) in [(0, false), (1, false), (20, true)] {
            let begun = Moment(Instant::now(), SystemTime::now() - Duration::from_secs(60 * minutes));
            assert_eq!(refreshing.is_overdue_since(begun), overdue, "{minutes}");
        }
        // One that is due all the time is no older for that.
        let (_latest, refreshing) = Latest::new(TableState::Sample(Arc::default()), Duration::from_millis(50));
        let begun = Moment(Instant::now(), SystemTime::now() - Duration::from_secs(1));
        assert!(!refreshing.is_overdue_since(begun));
    }

    #[tokio::test]
    async fn what_is_due_in_a_moment_is_not_waited_for() {
        let (latest, refreshing) = stopped_for(1);
        assert!(matches!(latest.seen().await, TableState::Sample(_)));
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
        assert!(matches!(latest.seen().await, TableState::Sample(_)) && begun.elapsed() < OPERATION);
        drop(reading.await.unwrap());

        let (latest, _refreshing) = stopped_for(20);
        assert!(matches!(latest.seen().await, TableState::Sample(_)) && begun.elapsed() >= OPERATION);
        let begun = Instant::now();
        assert!(matches!(latest.seen().await, TableState::Sample(_)) && begun.elapsed() < OPERATION, "once");
    }
}
