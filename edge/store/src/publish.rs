use std::path::Path;

use resolver::catalog::{Channel, ObjectKey, Release};
use resolver::words::{ChannelName, ComponentName, Timestamp, Version};

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

/// Points a channel somewhere, whatever it says now; of two at once, one is told that the record moved.
pub async fn set_channel(
    catalog: &impl Catalog,
    component: &ComponentName,
    name: &ChannelName,
    channel: &Channel,
) -> Result<(), StoreError> {
    let key = component.key();
    let before = catalog.component(&key).await?;
    let expected = before.as_ref().and_then(|component| component.channels.get(name));
    catalog.set_channel(&key, name, channel, expected).await
}
