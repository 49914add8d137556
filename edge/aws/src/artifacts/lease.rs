//! Leases and claims in a bucket: an object of which a conditional write makes one process the holder.

use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use store::{Lease, StoreError};

use super::bucket::Bucket;
use super::listing::age;
use super::names::LOCKS;
use super::text::WriteIf;

/// Lease expiry without renewal. Much longer than the difference of clocks that S3 allows.
const LEASE_EXPIRY: Duration = Duration::from_secs(300);

/// Interval of renewals.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(60);

/// Start of the text of a claim whose work failed.
const FAILED: &str = "given up";

/// Time for which a failed claim excludes all processes, many of which may want to repeat work that would fail again.
pub(crate) const RETRY_DELAY: Duration = Duration::from_secs(20);

/// Holder of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// This process holds the claim.
    Own,
    /// Another process holds the claim.
    Other,
    /// The holder failed less than [`RETRY_DELAY`] ago.
    Failed,
}

impl Bucket {
    /// Acquires a lease, or fails if another process holds it. A killed process loses its lease after [`LEASE_EXPIRY`].
    pub(crate) async fn lease(&self, right: &str) -> Result<Lease, StoreError> {
        let name = format!("{}{LOCKS}{right}", self.prefix);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let text = format!("process {}, {since}, {}\n", process::id(), fastrand::u64(..));
        if self.acquire(&name, &text, LEASE_EXPIRY).await? != Claim::Own {
            let problem = format!("{name} exists in {}: another process deletes garbage or imports", self.name);
            return Err(StoreError::artifacts(format!(
                "{problem}; wait for it, or {} minutes if it was killed",
                LEASE_EXPIRY.as_secs() / 60
            )));
        }
        let renewing = tokio::spawn(renew(self.clone(), name.clone(), text.clone()));
        let bucket = self.clone();
        Ok(Lease::new(AbortOnDrop(renewing), async move {
            // If this fails, the next process waits until the lease expires.
            let _ = bucket.release_claim(&name, &text).await;
        }))
    }

    /// Claims an object if there is no claim, one that has expired, or one that failed.
    pub(crate) async fn acquire(&self, name: &str, text: &str, expiry: Duration) -> Result<Claim, StoreError> {
        if self.write_text(name, text, WriteIf::Absent).await? {
            return Ok(Claim::Own);
        }
        let head = self.client.head_object().bucket(&self.name).key(name).send().await;
        // The claim has been released, or cannot be read; callers try again.
        let Ok(head) = head else { return Ok(Claim::Other) };
        let (age, condition) = (age(head.last_modified()), head.e_tag().map_or(WriteIf::Absent, WriteIf::Etag));
        if age >= expiry && self.write_text(name, text, condition).await? {
            return Ok(Claim::Own);
        }
        let there = self.read_claim(name, text).await?;
        if there != Claim::Failed || age < RETRY_DELAY {
            return Ok(there);
        }
        match self.write_text(name, text, condition).await? {
            true => Ok(Claim::Own),
            false => self.read_claim(name, text).await,
        }
    }

    /// Marks this claim as failed, so that other processes need not wait until it expires. It is not deleted, because
    /// that takes a permission that the resolver does not have.
    pub(crate) async fn mark_failed(&self, name: &str, text: &str) -> Result<(), StoreError> {
        if let Some((there, Some(etag))) = self.read_text(name).await?
            && there == text
        {
            self.write_text(name, &format!("{FAILED}: {text}"), WriteIf::Etag(&etag)).await?;
        }
        Ok(())
    }

    /// Reads a claim. It may be this process's own even if writing it failed, because only the answer may have been
    /// lost.
    async fn read_claim(&self, name: &str, text: &str) -> Result<Claim, StoreError> {
        Ok(match self.read_text(name).await? {
            Some((there, _)) if there == text => Claim::Own,
            Some((there, _)) if there.starts_with(FAILED) => Claim::Failed,
            _ => Claim::Other,
        })
    }

    /// Releases this claim.
    async fn release_claim(&self, name: &str, text: &str) -> Result<(), StoreError> {
        match self.read_text(name).await? {
            Some((there, etag)) if there == text => self.delete_text(name, etag).await,
            _ => Ok(()),
        }
    }
}

/// Renews a lease as long as this process holds it.
async fn renew(bucket: Bucket, name: String, text: String) {
    loop {
        tokio::time::sleep(RENEWAL_INTERVAL).await;
        if let Ok(Some((there, Some(etag)))) = bucket.read_text(&name).await
            && there == text
        {
            let _ = bucket.write_text(&name, &text, WriteIf::Etag(&etag)).await;
        }
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
