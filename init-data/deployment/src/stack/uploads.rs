//! What was uploaded for a stack, in the bucket that edgehop made for that: found, and deleted.

use aws_sdk_s3::types::ObjectIdentifier;

use super::account::{Account, Identity};
use super::code_bucket::CodeBucket;
use super::error::StackError;
use super::name::StackName;
use super::objects::{self, Amount};

/// Code and templates of a stack, each with all its versions.
#[derive(Debug, Clone)]
pub struct Uploads {
    /// The bucket: the one that all stacks of the account share in the region.
    pub bucket: String,
    /// How much of it is this stack's.
    pub amount: Amount,
    objects: Vec<ObjectIdentifier>,
}

impl Uploads {
    /// Looks for them. An operator's own bucket for code is not looked at: what is in it is the operator's, whoever put it
    /// there.
    pub(super) async fn of(account: &Account, stack: &StackName, owner: &Identity) -> Result<Uploads, StackError> {
        let bucket = CodeBucket::default_name(owner, &account.region);
        let (mut amount, mut found) = (Amount::default(), Vec::new());
        let mut from = (None, None);
        while let Some(page) = objects::page(account, &bucket, &CodeBucket::folder(stack), from).await? {
            let ours = |key: Option<&str>| key.is_some_and(|key| CodeBucket::is_upload(stack, key));
            let versions = page.versions().iter().filter(|one| ours(one.key()));
            amount.add(versions.map(|one| one.size()));
            found.extend(objects::identifiers(&page).into_iter().filter(|one| ours(Some(one.key()))));
            if !page.is_truncated().unwrap_or(false) {
                break;
            }
            from = (page.next_key_marker, page.next_version_id_marker);
        }
        Ok(Uploads { bucket, amount, objects: found })
    }

    /// None was found.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Deletes what was found.
    pub(super) async fn delete(&self, account: &Account) -> Result<(), StackError> {
        for some in self.objects.chunks(objects::MAX_DELETED) {
            objects::delete(account, &self.bucket, some.to_vec()).await?;
        }
        Ok(())
    }
}
