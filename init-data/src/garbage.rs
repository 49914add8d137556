use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use resolver::answer::{MAX_AGE_SECONDS, STALE_IF_ERROR_SECONDS};
use resolver::catalog::{Availability, ObjectKey, Release};
use resolver::words::Timestamp;
use serde::{Serialize, Serializer};
use store::{Artifacts, Catalog, StoreError, Stored};

use crate::publish::objects;
use crate::stores::Stores;

/// How long an object must have been left alone before it can be garbage, at least. No cached answer that names it is
/// that old, and no publisher takes that long between its bytes and its record.
pub const LEAST_AGE: Duration = Duration::from_secs(3600);

const _: () = assert!(LEAST_AGE.as_secs() > 2 * (MAX_AGE_SECONDS + STALE_IF_ERROR_SECONDS));

/// What is garbage.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Younger objects stay; [`LEAST_AGE`] at least.
    pub older_than: Duration,
    /// Releases that were withdrawn longer ago than that lose their bytes too.
    pub withdrawn: bool,
    /// Nothing is deleted.
    pub dry_run: bool,
}

/// What was deleted, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// The objects.
    #[serde(serialize_with = "as_texts")]
    pub objects: Vec<ObjectKey>,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that stay.
    pub kept: usize,
    /// Those of them that no release names: in cold storage nothing can be hidden, so it must be restored first.
    pub cold: usize,
    /// Nothing was deleted.
    pub dry_run: bool,
}

/// Deletes the objects that no release names. One collector at a time.
///
/// An object is hidden first; then the catalog is read once more, and what a release names by now is shown again. A
/// publisher looks after its record is written whether its objects are there. So whoever of the two comes first, a
/// release that is recorded has its bytes.
pub async fn collect<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    rules: Rules,
    now: Timestamp,
) -> Result<Collected, StoreError> {
    let held = stores.artifacts.keep_from_collection().await?;
    let collected = alone(stores, rules, now).await;
    held.release().await;
    collected
}

/// Does it, while no other collector does.
async fn alone<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    rules: Rules,
    now: Timestamp,
) -> Result<Collected, StoreError> {
    let older_than = rules.older_than.max(LEAST_AGE);
    let named = named(&stores.catalog, rules, now).await?;
    let stored = stores.artifacts.list().await?;
    let is_garbage = |object: &&Stored| !named.contains(&object.key) && (object.aside || object.age >= older_than);
    let mut garbage: Vec<Stored> = stored.iter().filter(is_garbage).copied().collect();
    let mut collected =
        Collected { kept: stored.len() - garbage.len(), dry_run: rules.dry_run, ..Collected::default() };
    let mut cold = BTreeSet::new();
    // What is hidden already may have been put anew: that one is young.
    for object in garbage.iter().filter(|object| !object.aside) {
        let stays = match rules.dry_run {
            true => stores.artifacts.availability(&object.key).await? != Availability::Ready,
            false => match stores.artifacts.set_aside(&object.key).await {
                Err(StoreError::Cold(_)) => true,
                done => done.map(|()| false)?,
            },
        };
        if stays {
            cold.insert(object.key);
        }
    }
    garbage.retain(|object| object.aside || !cold.contains(&object.key));
    collected.cold = cold.len();
    collected.kept += cold.len();
    if !rules.dry_run {
        // A collector that was killed may have hidden what a release names.
        for object in stored.iter().filter(|object| object.aside && named.contains(&object.key)) {
            stores.artifacts.put_back(&object.key).await?;
        }
    }
    let named = self::named(&stores.catalog, rules, now).await?;
    for object in garbage {
        if named.contains(&object.key) {
            stores.artifacts.put_back(&object.key).await?;
            collected.kept += 1;
            continue;
        }
        if !rules.dry_run {
            stores.artifacts.discard(&object.key).await?;
        }
        collected.objects.push(object.key);
        collected.bytes += object.size;
    }
    Ok(collected)
}

/// The objects that releases name.
async fn named(catalog: &impl Catalog, rules: Rules, now: Timestamp) -> Result<BTreeSet<ObjectKey>, StoreError> {
    let long_gone = |release: &Release| {
        let withdrawn = release.withdrawn.as_ref();
        let since = withdrawn.map(|withdrawal| now.seconds_since(withdrawal.at));
        rules.withdrawn && since.is_some_and(|seconds| seconds >= rules.older_than.max(LEAST_AGE).as_secs())
    };
    let mut named = BTreeSet::new();
    for key in catalog.components().await? {
        if let Some(component) = catalog.component(&key).await? {
            let releases = component.releases().iter().filter(|release| !long_gone(release));
            named.extend(releases.flat_map(|release| objects(&release.artifact)));
        }
    }
    Ok(named)
}

fn as_texts<S: Serializer>(objects: &[ObjectKey], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(objects.iter().map(ObjectKey::to_string))
}

impl fmt::Display for Collected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.objects.iter().try_for_each(|object| writeln!(f, "{object}"))?;
        let done = if self.dry_run { "would be deleted" } else { "deleted" };
        write!(f, "{} objects of {} bytes {done}, {} stay", self.objects.len(), self.bytes, self.kept)?;
        match self.cold {
            0 => Ok(()),
            cold => write!(f, "; no release names {cold} of these, but they are in cold storage: restore them first"),
        }
    }
}
