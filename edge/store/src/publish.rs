use std::path::Path;

use resolver::catalog::{ObjectKey, Release};
use resolver::words::{ComponentName, Timestamp, Version};

use crate::{Artifacts, Catalog, StageError, StoreError, stage};

/// Why a release was not published. What had been done before is harmless and is found again by the next attempt.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file is no artifact.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// A store failed, or somebody else was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Publishes a file as a release: its bytes first, then the record, so nothing half-visible is left wherever it stops.
/// No channel points at it yet. Publishing the same again changes nothing.
///
/// Temporary files go to `work`.
pub async fn publish(
    catalog: &impl Catalog,
    artifacts: &impl Artifacts,
    component: &ComponentName,
    version: &Version,
    file: &Path,
    work: &Path,
    now: Timestamp,
) -> Result<Release, PublishError> {
    let (source, work) = (file.to_owned(), work.to_owned());
    #[expect(clippy::expect_used, reason = "staging panics only where its own invariants are broken")]
    let staged = tokio::task::spawn_blocking(move || stage(&source, &work)).await.expect("staging does not panic")?;
    let artifact = staged.artifact;
    artifacts.put(&ObjectKey::Blob(artifact.sha256), &staged.source, &artifact.md5).await?;
    if let (Some(fragment), Some((file, md5))) = (artifact.fragment, &staged.fragment) {
        artifacts.put(&ObjectKey::Fragment(fragment.sha256), file.path(), md5).await?;
    }
    let release = Release { version: version.clone(), artifact, published: now };
    catalog.add_release(component, &release).await?;
    Ok(release)
}
