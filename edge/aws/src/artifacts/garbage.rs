//! Moving objects out of the way, back, and deleting them. S3 cannot rename, so a move is a copy and a deletion.

use resolver::catalog::ObjectKey;
use resolver::words::Sha256;
use store::StoreError;

use super::bucket::Bucket;
use super::names::{Placement, signature};
use super::text::WriteIf;

impl Bucket {
    /// Moves an object by a copy and a deletion. A missing object is no error.
    pub(crate) async fn take(&self, key: &ObjectKey, from: Placement, to: Placement) -> Result<(), StoreError> {
        let (from, to) = (from.name(&self.prefix, key), to.name(&self.prefix, key));
        // If another process replaces the object between HEAD and copy, the move starts again.
        while let Some(found) = self.head(&from).await? {
            if self.copy(&from, &to, &found).await? {
                return self.delete(&from).await;
            }
        }
        Ok(())
    }

    /// Deletes the signature of a missing artifact.
    ///
    /// Another process may be putting both meanwhile, the artifact first. Only the signature that was read is deleted,
    /// and if the artifact exists afterwards, the signature is put back, unless a new one was put.
    pub(crate) async fn discard_signature(&self, artifact: &Sha256) -> Result<(), StoreError> {
        let blob = Placement::Visible.name(&self.prefix, &ObjectKey::Blob(*artifact));
        if self.head(&blob).await?.is_some() {
            return Ok(());
        }
        let name = signature(&self.prefix, artifact);
        let Some((text, etag)) = self.read_text(&name).await? else { return Ok(()) };
        self.delete_text(&name, etag).await?;
        if self.head(&blob).await?.is_some() {
            self.write_text(&name, &text, WriteIf::Absent).await?;
        }
        Ok(())
    }
}
