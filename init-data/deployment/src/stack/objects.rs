//! A bucket's objects with all their versions: counted, and deleted.

use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, Error as Refused, ObjectIdentifier};
use serde::Serialize;
use tokio::time::sleep;

use super::account::Account;
use super::error::StackError;

/// How often a listing begins anew that has lost its place among objects that others delete.
const MAX_PASSES: usize = 1000;

/// Most versions that one call deletes (S3 API reference, DeleteObjects): as many as a page has.
pub(super) const MAX_DELETED: usize = 1000;

/// What one must be allowed for that.
const DELETE: &str = "s3:DeleteObjectVersion";

/// How often in a row something is asked again that is busy, before it is given up.
pub(super) const ATTEMPTS: usize = 30;

/// How long is waited in between.
pub(super) const PAUSE: Duration = Duration::from_secs(2);

/// What is in a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Versions of objects.
    pub objects: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl Amount {
    /// Counts versions of these sizes too.
    pub(super) fn add(&mut self, sizes: impl Iterator<Item = Option<i64>>) {
        for size in sizes {
            self.objects += 1;
            self.bytes += size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        }
    }
}

/// Counts what is in a bucket: one call for each 1,000 versions. `None` if there is no such bucket.
pub(super) async fn count(account: &Account, bucket: &str) -> Result<Option<Amount>, StackError> {
    let (mut amount, mut from) = (Amount::default(), (None, None));
    loop {
        let Some(page) = page(account, bucket, "", from).await? else { return Ok(None) };
        amount.add(page.versions().iter().map(|one| one.size()));
        if !page.is_truncated().unwrap_or(false) {
            return Ok(Some(amount));
        }
        from = (page.next_key_marker, page.next_version_id_marker);
    }
}

/// Deletes every version and every delete marker in a bucket: two calls for each 1,000. A bucket that is not there has none.
pub(super) async fn delete_all(account: &Account, bucket: &str) -> Result<(), StackError> {
    for _ in 0..MAX_PASSES {
        // What was listed is deleted, so the next page is the first one again.
        let Some(page) = page(account, bucket, "", (None, None)).await? else { return Ok(()) };
        let found = identifiers(&page);
        if found.is_empty() {
            return Ok(());
        }
        delete(account, bucket, found).await?;
    }
    Err(StackError::Data(format!(
        "the bucket {bucket} does not get empty: somebody puts objects there meanwhile; end that, then try again"
    )))
}

/// Deletes a bucket. Whether it is gone: objects may have come into it meanwhile.
pub(super) async fn delete_bucket(account: &Account, bucket: &str) -> Result<bool, StackError> {
    match account.clients.s3.delete_bucket().bucket(bucket).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("NoSuchBucket") => Ok(true),
        Err(error) if error.code() == Some("BucketNotEmpty") => Ok(false),
        Err(error) => Err(account.failed(format!("cannot delete the bucket {bucket}"), "s3:DeleteBucket", &error)),
    }
}

/// Where a page begins: a key, and a version.
pub(super) type From = (Option<String>, Option<String>);

/// What begins so in a bucket, from there on: one call. `None` if there is no such bucket.
pub(super) async fn page(
    account: &Account,
    bucket: &str,
    prefix: &str,
    (key, version): From,
) -> Result<Option<ListObjectVersionsOutput>, StackError> {
    let list = account.clients.s3.list_object_versions().bucket(bucket).prefix(prefix);
    match list.set_key_marker(key).set_version_id_marker(version).send().await {
        Ok(page) => Ok(Some(page)),
        Err(error) if error.code() == Some("NoSuchBucket") => Ok(None),
        Err(error) => Err(account.failed(format!("cannot list the bucket {bucket}"), "s3:ListBucketVersions", &error)),
    }
}

/// All that is on a page, delete markers too.
pub(super) fn identifiers(page: &ListObjectVersionsOutput) -> Vec<ObjectIdentifier> {
    let versions = page.versions().iter().map(|one| (one.key(), one.version_id()));
    let markers = page.delete_markers().iter().map(|one| (one.key(), one.version_id()));
    let named = versions.chain(markers).filter_map(|(key, version)| {
        ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
    });
    named.collect()
}

/// Deletes [`MAX_DELETED`] versions at most: one call. S3 says of single versions that it is too busy for them now, in an
/// answer that the SDK takes for a success: those are asked for again, until it deletes none of them for a minute.
pub(super) async fn delete(account: &Account, bucket: &str, found: Vec<ObjectIdentifier>) -> Result<(), StackError> {
    let (mut left, mut attempts) = (found, ATTEMPTS);
    loop {
        let refused = deleted(account, bucket, &left).await?;
        // One that lasts comes before all that may pass.
        let failures = refused.iter().map(|refused| failure(bucket, refused));
        let Some(error) = failures.min_by_key(|error| !error.lasts()) else { return Ok(()) };
        let before = left.len();
        left.retain(|one| refused.iter().any(|refused| is_about(refused, one)));
        attempts = if left.len() < before { ATTEMPTS } else { attempts - 1 };
        if error.lasts() || attempts == 0 || left.is_empty() {
            return Err(error);
        }
        sleep(PAUSE).await;
    }
}

/// What of these versions is not deleted now: one call.
async fn deleted(account: &Account, bucket: &str, found: &[ObjectIdentifier]) -> Result<Vec<Refused>, StackError> {
    let Ok(all) = Delete::builder().set_objects(Some(found.to_vec())).quiet(true).build() else {
        return Ok(Vec::new());
    };
    let done = account.clients.s3.delete_objects().bucket(bucket).delete(all).send().await;
    let done = done.map_err(|error| account.failed(not_emptied(bucket), DELETE, &error))?;
    Ok(done.errors.unwrap_or_default())
}

fn is_about(refused: &Refused, one: &ObjectIdentifier) -> bool {
    let is_version = refused.version_id().is_none_or(|version| Some(version) == one.version_id());
    refused.key() == Some(one.key()) && is_version
}

fn failure(bucket: &str, refused: &Refused) -> StackError {
    let what = not_emptied(bucket);
    let said = format!("{}: {}", refused.key().unwrap_or_default(), refused.message().unwrap_or("no message"));
    match refused.code() {
        Some("AccessDenied") => StackError::Forbidden { what, action: DELETE.to_owned(), said },
        code => StackError::Call { what, said: format!("{} {said}", code.unwrap_or("no error code")), may_pass: true },
    }
}

fn not_emptied(bucket: &str) -> String {
    format!("cannot empty the bucket {bucket}")
}
