use std::fmt;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use resolver::catalog::{Component, Edit, ObjectKey, Release};
use resolver::words::{ComponentName, Version};
use store::{Artifacts, StoreError};

use crate::guard::Refused;
use crate::warm::objects;

/// Objects that are looked at at once.
const AT_ONCE: usize = 16;

/// An object that a release needs, and that the artifact store does not have, or not at its length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The component.
    pub component: ComponentName,
    /// The release.
    pub version: Version,
    /// The object.
    pub object: ObjectKey,
    /// Its state in the store.
    pub problem: String,
}

/// Refuses an edit that points a channel anew at a release that the catalog has and whose bytes are missing.
pub async fn without_bytes(
    artifacts: &impl Artifacts,
    before: &Component,
    edit: &Edit,
) -> Result<Option<Refused>, StoreError> {
    let pointed = edit.channels.iter().filter_map(|(name, channel)| {
        let target = &channel.as_ref()?.target;
        let moves = before.channels.get(name).is_none_or(|there| there.target != *target);
        before.release(target).filter(|_| moves)
    });
    let problems = missing(artifacts, &before.name, pointed.map(AsRef::as_ref)).await?;
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Ok((!problems.is_empty()).then(|| Refused { component: before.name.clone(), problems, can_be_forced: false }))
}

/// Finds the objects of a component's releases that are missing. Bytes are not read: an object that is there at its
/// length is believed.
pub async fn missing<'a>(
    artifacts: &impl Artifacts,
    component: &ComponentName,
    releases: impl Iterator<Item = &'a Release>,
) -> Result<Vec<Missing>, StoreError> {
    let needed = releases.flat_map(|release| objects(release).map(|(object, size)| (&release.version, object, size)));
    let needed: Vec<_> = needed.map(|(version, object, size)| (version.clone(), object, size)).collect();
    let looked = stream::iter(needed).map(async |(version, object, size)| {
        let problem = match artifacts.stat(&object).await {
            Ok(Some(stat)) if stat.size == size => return Ok(None),
            Ok(Some(stat)) => format!("has {} bytes in place of {size}", stat.size),
            Ok(None) => "is missing from the artifact store".to_owned(),
            Err(StoreError::Damaged { problem, .. }) => format!("is damaged: {problem}"),
            Err(error) => return Err(error),
        };
        Ok::<_, StoreError>(Some(Missing { component: component.clone(), version, object, problem }))
    });
    let looked: Vec<Option<Missing>> = looked.buffered(AT_ONCE).try_collect().await?;
    Ok(looked.into_iter().flatten().collect())
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing { component, version, object, problem } = self;
        write!(f, "{version}: {object} {problem}: ")?;
        write!(f, "put it there again with `edgehop publish {component} {version} <FILE>`, or yank the release")
    }
}
