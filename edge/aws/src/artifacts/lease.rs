//! Rights that one process has at a time: an object each, which only one can put there.

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

impl Bucket {
    /// Takes a right, or says that somebody else has it. One that was killed loses it after [`LAPSES`].
    pub(crate) async fn lease(&self, right: &str) -> Result<Held, StoreError> {
        let name = format!("{}{LOCKS}{right}", self.prefix);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let text = format!("process {}, {since}, {}\n", process::id(), fastrand::u64(..));
        if !self.mark(&name, &text, LAPSES).await? {
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

    /// Puts a mark there, over none or over one that is older than `lapses`. `false` if there is a younger one.
    pub(crate) async fn mark(&self, name: &str, text: &str, lapses: Duration) -> Result<bool, StoreError> {
        if self.write_text(name, text, Over::Nothing).await? {
            return Ok(true);
        }
        let head = self.client.head_object().bucket(&self.name).key(name).send().await;
        // Gone by now, or out of reach: whoever wants it tries again.
        let Ok(head) = head else { return Ok(false) };
        if age(head.last_modified()) >= lapses {
            let over = head.e_tag().map_or(Over::Nothing, Over::This);
            return self.write_text(name, text, over).await;
        }
        // The answer to our own first attempt may be what was lost.
        Ok(self.read_text(name).await?.is_some_and(|(there, _)| there == text))
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
