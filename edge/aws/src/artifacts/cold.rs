//! Cold storage: the availability of objects, and their restores.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::restore_object::RestoreObjectError;
use aws_sdk_s3::types::{self, ArchiveStatus, GlacierJobParameters, RestoreRequest, StorageClass};
use resolver::catalog::{Archive, Availability, ObjectKey, Restore, Tier};
use resolver::words::Timestamp;
use store::StoreError;

use super::bucket::Bucket;
use super::lease::{Claim, RETRY_DELAY};
use super::names::{Placement, RESTORES};
use super::text::WriteIf;
use crate::failure;

/// How long a restore claim excludes other processes. Afterwards HEAD tells whether the restore is in progress.
const CLAIM_EXPIRY: Duration = Duration::from_secs(300);

/// Multiple of a restore's usual time after which a restore in progress is not the one in the claim, which stays in the
/// bucket after its restore.
const OVERDUE_FACTOR: u64 = 2;

/// Error codes of an object in an archive: GET returns the first, a copy the second (S3 API reference, "List of error
/// codes").
const ARCHIVED: [&str; 2] = ["InvalidObjectState", "ObjectNotInActiveTierError"];

/// Error codes of a restore of an object that is not in an archive.
const NOT_ARCHIVED: [&str; 2] = ["ObjectAlreadyInActiveTierError", "InvalidObjectState"];

/// Error code of a restore that is already in progress.
const IN_PROGRESS: &str = "RestoreAlreadyInProgress";

/// Error code of an expedited restore for which S3 has no capacity.
const NO_CAPACITY: &str = "GlacierExpeditedRetrievalNotAvailable";

type RestoreError = SdkError<RestoreObjectError, HttpResponse>;

/// State of an object in an archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Archived {
    archive: Archive,
    /// Whether a restore is in progress.
    restoring: bool,
    /// Whether S3 moves the object back permanently, so that its restore has no number of days.
    tiering: bool,
}

impl Bucket {
    /// Returns an object's availability: one HEAD, and during a restore one GET of the claim.
    pub(crate) async fn availability(&self, key: &ObjectKey) -> Result<Availability, StoreError> {
        Ok(match self.archived(key).await? {
            None => Availability::Ready,
            Some(Archived { archive, restoring: false, .. }) => Availability::Cold(archive),
            Some(Archived { archive, .. }) => Availability::Restoring(self.claimed(key, archive).await),
        })
    }

    /// Requests a restore, unless another process has.
    ///
    /// Of many processes that see a cold object, the one that puts its claim into the bucket calls S3. A claim older than
    /// [`CLAIM_EXPIRY`] is replaced if the object is still cold: its process was killed, or the restored copy has expired.
    /// If S3 refuses, the claim is marked as failed, and for [`RETRY_DELAY`] all processes return an error.
    pub(crate) async fn restore(&self, key: &ObjectKey, tier: Tier, days: u32) -> Result<Availability, StoreError> {
        let archived = match self.archived(key).await? {
            None => return Ok(Availability::Ready),
            Some(archived) => archived,
        };
        let archive = archived.archive;
        if archived.restoring {
            return Ok(Availability::Restoring(self.claimed(key, archive).await));
        }
        // A claim without a request would look like a restore, so both run in a task that is not cancelled with the caller,
        // when a device disconnects or another object fails.
        let (bucket, key) = (self.clone(), *key);
        let claiming = tokio::spawn(async move { bucket.claim_and_request(&key, archived, tier, days).await });
        claiming.await.map_err(StoreError::artifacts)?
    }

    async fn claim_and_request(
        &self,
        key: &ObjectKey,
        archived: Archived,
        tier: Tier,
        days: u32,
    ) -> Result<Availability, StoreError> {
        let Archived { archive, tiering, .. } = archived;
        let (name, mut restore) = (self.claim_name(key), Restore { archive, tier: archive.tier(tier), since: now() });
        let mut claim = text(&restore);
        match self.acquire(&name, &claim, CLAIM_EXPIRY).await? {
            Claim::Own => {}
            Claim::Other => return Ok(Availability::Restoring(self.claimed(key, archive).await)),
            Claim::Failed => {
                let (bucket, seconds) = (&self.name, RETRY_DELAY.as_secs());
                let problem =
                    format!("restoring {key} in {bucket} failed less than {seconds} seconds ago: try again then");
                return Err(StoreError::artifacts(problem));
            }
        }
        let days = (!tiering).then_some(days.max(1));
        let mut asked = self.request(key, restore.tier, days).await;
        if restore.tier == Tier::Expedited && asked.as_ref().is_err_and(|error| code(error) == Some(NO_CAPACITY)) {
            restore.tier = Tier::Standard;
            asked = self.request(key, restore.tier, days).await;
            // Without an updated claim, devices would be told to wait for minutes, for hours. The restore continues either way.
            let standard = text(&restore);
            if let Ok(true) = self.write_text(&name, &standard, WriteIf::Always).await {
                claim = standard;
            }
        }
        match asked {
            Err(error) => match code(&error) {
                Some(IN_PROGRESS) => Ok(Availability::Restoring(restore)),
                Some(code) if NOT_ARCHIVED.contains(&code) => Ok(Availability::Ready),
                _ => {
                    // If this fails, too, the claim expires like that of a killed process.
                    let _ = self.mark_failed(&name, &claim).await;
                    Err(failure::artifacts(format!("restoring {key} in {}", self.name), &error))
                }
            },
            Ok(()) => Ok(Availability::Restoring(restore)),
        }
    }

    async fn request(&self, key: &ObjectKey, tier: Tier, days: Option<u32>) -> Result<(), RestoreError> {
        let job = GlacierJobParameters::builder().tier(in_s3(tier)).build().map_err(SdkError::construction_failure)?;
        let days = days.map(|days| i32::try_from(days).unwrap_or(i32::MAX));
        let request = RestoreRequest::builder().set_days(days).glacier_job_parameters(job).build();
        let restore = self.client.restore_object().bucket(&self.name).key(Placement::Visible.name(&self.prefix, key));
        restore.restore_request(request).send().await.map(drop)
    }

    async fn archived(&self, key: &ObjectKey) -> Result<Option<Archived>, StoreError> {
        let name = Placement::Visible.name(&self.prefix, key);
        match self.client.head_object().bucket(&self.name).key(&name).send().await {
            Ok(head) => Ok(archived(&head)),
            Err(SdkError::ServiceError(refused)) if refused.err().is_not_found() => {
                Err(StoreError::Missing(key.to_string()))
            }
            Err(error) => Err(failure::artifacts(format!("HEAD of {name} in {}", self.name), &error)),
        }
    }

    /// Returns the restore in progress. Its time and tier are in the claim, because S3 does not report them. A restore
    /// without a readable claim, such as one requested by hand, counts as a standard one requested now.
    async fn claimed(&self, key: &ObjectKey, archive: Archive) -> Restore {
        let (now, claim) = (now(), self.read_text(&self.claim_name(key)).await);
        let claim = claim.ok().flatten().and_then(|(text, _)| read(&text));
        let of_this = |(tier, since): &(Tier, Timestamp)| {
            now.seconds_since(*since) < OVERDUE_FACTOR * archive.restore_seconds(*tier)
        };
        let (tier, since) = claim.filter(of_this).unwrap_or((Tier::Standard, now));
        Restore { archive, tier, since }
    }

    fn claim_name(&self, key: &ObjectKey) -> String {
        format!("{}{RESTORES}{key}", self.prefix)
    }
}

/// Returns true if a call failed because the object must be restored first.
pub(crate) fn is_cold<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.as_service_error().and_then(E::code).is_some_and(|code| ARCHIVED.contains(&code))
}

/// Reads the archive state from an answer to HEAD; `None` if the object can be read. For a restored copy, HEAD still
/// names the archive (S3 API reference, HeadObject).
pub(super) fn archived(head: &HeadObjectOutput) -> Option<Archived> {
    let (archive, tiering) = match (head.storage_class(), head.archive_status()) {
        (Some(StorageClass::Glacier), _) => (Archive::Flexible, false),
        (Some(StorageClass::DeepArchive), _) => (Archive::Deep, false),
        (_, Some(ArchiveStatus::ArchiveAccess)) => (Archive::Flexible, true),
        (_, Some(ArchiveStatus::DeepArchiveAccess)) => (Archive::Deep, true),
        _ => return None,
    };
    let ongoing =
        |state: &str| head.restore().is_some_and(|said| said.contains(&format!("ongoing-request=\"{state}\"")));
    (!ongoing("false")).then(|| Archived { archive, restoring: ongoing("true"), tiering })
}

/// Returns the text of a claim: tier, time, and a random number by which a process recognizes its own claim.
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
