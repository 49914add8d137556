//! How objects go: hidden first, then shown again or deleted. S3 cannot rename, so each is a copy, then a deletion.

use resolver::catalog::ObjectKey;
use resolver::words::Sha256;
use store::StoreError;

use super::bucket::Bucket;
use super::names::{Where, signature};
use super::text::Over;

impl Bucket {
    /// Copies an object from one place to the other, then deletes it where it was. Nothing happens if it is not there.
    pub(crate) async fn take(&self, key: &ObjectKey, from: Where, to: Where) -> Result<(), StoreError> {
        let (from, to) = (from.name(&self.prefix, key), to.name(&self.prefix, key));
        // Somebody may put it anew between the look and the copy: then it is looked at again.
        while let Some(found) = self.head(&from).await? {
            if self.copy(&from, &to, &found).await? {
                return self.delete(&from).await;
            }
        }
        Ok(())
    }

    /// Deletes the signature of an artifact that is not there.
    ///
    /// Somebody may put both at this very moment, the artifact first. So only the signature that was read is deleted,
    /// and if the artifact is there after that, the signature may have been theirs: it is put back, over none.
    pub(crate) async fn discard_signature(&self, artifact: &Sha256) -> Result<(), StoreError> {
        let blob = Where::Shown.name(&self.prefix, &ObjectKey::Blob(*artifact));
        if self.head(&blob).await?.is_some() {
            return Ok(());
        }
        let name = signature(&self.prefix, artifact);
        let Some((text, etag)) = self.read_text(&name).await? else { return Ok(()) };
        self.delete_text(&name, etag).await?;
        if self.head(&blob).await?.is_some() {
            self.write_text(&name, &text, Over::Nothing).await?;
        }
        Ok(())
    }
}
