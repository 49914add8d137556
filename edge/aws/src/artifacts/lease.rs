//! Rights that one process has at a time: an object each, which only one can put there, its mark.

use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use store::{Held, StoreError};

use super::bucket::Bucket;
use super::listing::age;
use super::names::LOCKS;
use super::text::Over;

/// How long a right is believed that nobody renews. Far longer than clocks differ that S3 takes requests from.
const LAPSES: Duration = Duration::from_secs(300);

/// How often it is renewed.
const RENEWED: Duration = Duration::from_secs(60);

/// What the mark of a right says that was given up, because what it was taken for failed.
const GIVEN_UP: &str = "given up";

/// How long nobody else takes a right that was given up: what failed a moment ago fails again, and many may want it.
pub(crate) const GIVEN_UP_LAPSES: Duration = Duration::from_secs(20);

/// Whose a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// That of whoever asks.
    Own,
    /// Somebody else's.
    Theirs,
    /// Somebody's who gave it up, less than [`GIVEN_UP_LAPSES`] ago.
    GivenUp,
}

impl Bucket {
    /// Takes a right, or says that somebody else has it. One that was killed loses it after [`LAPSES`].
    pub(crate) async fn lease(&self, right: &str) -> Result<Held, StoreError> {
        let name = format!("{}{LOCKS}{right}", self.prefix);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let text = format!("process {}, {since}, {}\n", process::id(), fastrand::u64(..));
        if self.mark(&name, &text, LAPSES).await? != Mark::Own {
            let problem = format!("{name} in {} is there: somebody else deletes garbage or imports", self.name);
            return Err(StoreError::artifacts(format!(
                "{problem}; wait for them, or {} minutes if they were killed",
                LAPSES.as_secs() / 60
            )));
        }
        let renewing = tokio::spawn(renew(self.clone(), name.clone(), text.clone()));
        let bucket = self.clone();
        Ok(Held::new(AbortOnDrop(renewing), async move {
            // Whoever comes next waits until it lapses.
            let _ = bucket.unmark(&name, &text).await;
        }))
    }

    /// Puts a mark there, over none, over one that is older than `lapses`, or over one that was given up.
    pub(crate) async fn mark(&self, name: &str, text: &str, lapses: Duration) -> Result<Mark, StoreError> {
        if self.write_text(name, text, Over::Nothing).await? {
            return Ok(Mark::Own);
        }
        let head = self.client.head_object().bucket(&self.name).key(name).send().await;
        // Gone by now, or out of reach: whoever wants it tries again.
        let Ok(head) = head else { return Ok(Mark::Theirs) };
        let (age, over) = (age(head.last_modified()), head.e_tag().map_or(Over::Nothing, Over::This));
        if age >= lapses && self.write_text(name, text, over).await? {
            return Ok(Mark::Own);
        }
        let there = self.whose(name, text).await?;
        if there != Mark::GivenUp || age < GIVEN_UP_LAPSES {
            return Ok(there);
        }
        match self.write_text(name, text, over).await? {
            true => Ok(Mark::Own),
            false => self.whose(name, text).await,
        }
    }

    /// Says that what a mark of this text was put there for has failed, so that nobody waits until it lapses. Whoever
    /// takes it away needs another right than whoever puts it there.
    pub(crate) async fn give_up(&self, name: &str, text: &str) -> Result<(), StoreError> {
        if let Some((there, Some(etag))) = self.read_text(name).await?
            && there == text
        {
            self.write_text(name, &format!("{GIVEN_UP}: {text}"), Over::This(&etag)).await?;
        }
        Ok(())
    }

    /// Reads a mark. Where one's own could not be put there it may be there all the same: the answer to an earlier
    /// attempt may be what was lost.
    async fn whose(&self, name: &str, text: &str) -> Result<Mark, StoreError> {
        Ok(match self.read_text(name).await? {
            Some((there, _)) if there == text => Mark::Own,
            Some((there, _)) if there.starts_with(GIVEN_UP) => Mark::GivenUp,
            _ => Mark::Theirs,
        })
    }

    /// Takes a mark of this text away.
    async fn unmark(&self, name: &str, text: &str) -> Result<(), StoreError> {
        match self.read_text(name).await? {
            Some((there, etag)) if there == text => self.delete_text(name, etag).await,
            _ => Ok(()),
        }
    }
}

/// Makes a mark young again, as long as it is this one.
async fn renew(bucket: Bucket, name: String, text: String) {
    loop {
        tokio::time::sleep(RENEWED).await;
        if let Ok(Some((there, Some(etag)))) = bucket.read_text(&name).await
            && there == text
        {
            let _ = bucket.write_text(&name, &text, Over::This(&etag)).await;
        }
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
