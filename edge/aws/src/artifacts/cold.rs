//! Cold storage: whether an object can be read now, and what makes a copy of it that can.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::restore_object::RestoreObjectError;
use aws_sdk_s3::types::{self, GlacierJobParameters, RestoreRequest};
use resolver::catalog::{Archive, Availability, ObjectKey, Restore, Tier};
use resolver::words::Timestamp;
use store::StoreError;

use super::archived::{Archived, archived};
use super::bucket::Bucket;
use super::lease::{GIVEN_UP_LAPSES, Mark};
use super::names::{RESTORES, Where};
use super::text::Over;
use crate::failure;

/// How long nobody else asks for a restore that somebody was about to ask for. From then on HEAD tells whether it goes
/// on.
const LAPSES: Duration = Duration::from_secs(300);

/// A restore that takes so many times as long as it should is another one than its claim says: a claim stays when its
/// restore is over.
const LATE: u64 = 2;

/// Error codes of a restore of what is in no archive.
const NOT_ARCHIVED: [&str; 2] = ["ObjectAlreadyInActiveTierError", "InvalidObjectState"];

/// Somebody else's restore goes on.
const IN_PROGRESS: &str = "RestoreAlreadyInProgress";

/// There is no room for expedited restores now.
const NO_ROOM: &str = "GlacierExpeditedRetrievalNotAvailable";

type RestoreError = SdkError<RestoreObjectError, HttpResponse>;

impl Bucket {
    /// Whether an object can be read: one HEAD, and while it is being restored one GET of the claim.
    pub(crate) async fn availability(&self, key: &ObjectKey) -> Result<Availability, StoreError> {
        Ok(match self.archived(key).await? {
            None => Availability::Ready,
            Some(Archived { archive, restoring: false, .. }) => Availability::Cold(archive),
            Some(Archived { archive, .. }) => Availability::Restoring(self.claimed(key, archive).await),
        })
    }

    /// Asks for a copy that can be read, unless somebody has.
    ///
    /// Of many processes that see a cold object, the one that puts its claim there asks S3. A claim that is older than
    /// [`LAPSES`] is replaced if the object is cold still: whoever put it was killed, or its copy is gone. Whoever is
    /// refused gives the claim up, and for [`GIVEN_UP_LAPSES`] nobody asks: all get an error, because nothing goes on.
    pub(crate) async fn restore(&self, key: &ObjectKey, tier: Tier, days: u32) -> Result<Availability, StoreError> {
        let archived = match self.archived(key).await? {
            None => return Ok(Availability::Ready),
            Some(archived) => archived,
        };
        let archive = archived.archive;
        if archived.restoring {
            return Ok(Availability::Restoring(self.claimed(key, archive).await));
        }
        // A claim without a request would look like a restore. Whoever goes away in between must not part them: a device
        // that hangs up, or a caller that ends at another object's error.
        let (bucket, key) = (self.clone(), *key);
        let claiming = tokio::spawn(async move { bucket.claim_and_ask(&key, archived, tier, days).await });
        claiming.await.map_err(StoreError::artifacts)?
    }

    async fn claim_and_ask(
        &self,
        key: &ObjectKey,
        archived: Archived,
        tier: Tier,
        days: u32,
    ) -> Result<Availability, StoreError> {
        let Archived { archive, tiering, .. } = archived;
        let (name, mut restore) = (self.claim(key), Restore { archive, tier: archive.tier(tier), since: now() });
        let mut claim = text(&restore);
        match self.mark(&name, &claim, LAPSES).await? {
            Mark::Own => {}
            Mark::Theirs => return Ok(Availability::Restoring(self.claimed(key, archive).await)),
            Mark::GivenUp => {
                let (bucket, seconds) = (&self.name, GIVEN_UP_LAPSES.as_secs());
                let problem =
                    format!("restoring {key} in {bucket} failed less than {seconds} seconds ago: try again then");
                return Err(StoreError::artifacts(problem));
            }
        }
        let days = (!tiering).then_some(days.max(1));
        let mut asked = self.ask(key, restore.tier, days).await;
        if restore.tier == Tier::Expedited && asked.as_ref().is_err_and(|error| code(error) == Some(NO_ROOM)) {
            restore.tier = Tier::Standard;
            asked = self.ask(key, restore.tier, days).await;
            // Else devices are told to come back in minutes, for hours; but the restore goes on either way.
            let standard = text(&restore);
            if let Ok(true) = self.write_text(&name, &standard, Over::Anything).await {
                claim = standard;
            }
        }
        match asked {
            Err(error) => match code(&error) {
                Some(IN_PROGRESS) => Ok(Availability::Restoring(restore)),
                Some(code) if NOT_ARCHIVED.contains(&code) => Ok(Availability::Ready),
                _ => {
                    // Where not even that can be said, the claim lapses as that of one who was killed.
                    let _ = self.give_up(&name, &claim).await;
                    Err(failure::artifacts(format!("restoring {key} in {}", self.name), &error))
                }
            },
            Ok(()) => Ok(Availability::Restoring(restore)),
        }
    }

    async fn ask(&self, key: &ObjectKey, tier: Tier, days: Option<u32>) -> Result<(), RestoreError> {
        let job = GlacierJobParameters::builder().tier(in_s3(tier)).build().map_err(SdkError::construction_failure)?;
        let days = days.map(|days| i32::try_from(days).unwrap_or(i32::MAX));
        let request = RestoreRequest::builder().set_days(days).glacier_job_parameters(job).build();
        let restore = self.client.restore_object().bucket(&self.name).key(Where::Shown.name(&self.prefix, key));
        restore.restore_request(request).send().await.map(drop)
    }

    async fn archived(&self, key: &ObjectKey) -> Result<Option<Archived>, StoreError> {
        let name = Where::Shown.name(&self.prefix, key);
        match self.client.head_object().bucket(&self.name).key(&name).send().await {
            Ok(head) => Ok(archived(&head)),
            Err(SdkError::ServiceError(refused)) if refused.err().is_not_found() => {
                Err(StoreError::Missing(key.to_string()))
            }
            Err(error) => Err(failure::artifacts(format!("HEAD of {name} in {}", self.name), &error)),
        }
    }

    /// The restore that goes on, as far as anybody knows. S3 says neither when it was asked for nor how; the claim does.
    /// One that somebody asked for by hand has none: it counts as standard, and as asked for now. Not to be able to
    /// read the claim is no error.
    async fn claimed(&self, key: &ObjectKey, archive: Archive) -> Restore {
        let (now, claim) = (now(), self.read_text(&self.claim(key)).await);
        let claim = claim.ok().flatten().and_then(|(text, _)| read(&text));
        let of_this =
            |(tier, since): &(Tier, Timestamp)| now.seconds_since(*since) < LATE * archive.restore_seconds(*tier);
        let (tier, since) = claim.filter(of_this).unwrap_or((Tier::Standard, now));
        Restore { archive, tier, since }
    }

    fn claim(&self, key: &ObjectKey) -> String {
        format!("{}{RESTORES}{key}", self.prefix)
    }
}

/// A claim: tier and moment, and what nobody else's claim has, so that a process knows its own.
fn text(restore: &Restore) -> String {
    format!("{} {} {:016x}\n", restore.tier, restore.since, fastrand::u64(..))
}

fn read(text: &str) -> Option<(Tier, Timestamp)> {
    let mut words = text.split_whitespace();
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

fn code(error: &RestoreError) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

fn in_s3(tier: Tier) -> types::Tier {
    match tier {
        Tier::Expedited => types::Tier::Expedited,
        Tier::Standard => types::Tier::Standard,
        Tier::Bulk => types::Tier::Bulk,
    }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}
