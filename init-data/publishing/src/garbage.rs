use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use resolver::answer::{MAX_AGE_SECONDS, STALE_IF_ERROR_SECONDS};
use resolver::catalog::{Availability, ObjectKey, Release};
use resolver::words::Timestamp;
use serde::{Serialize, Serializer};
use store::{Artifacts, Catalog, StoreError, Stored};

use crate::publish::objects;
use open::Stores;

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

/// Why garbage was not collected.
#[derive(Debug, thiserror::Error)]
pub enum GarbageError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing that is stored is named by a release: what looks like garbage is probably another catalog's.
    #[error(
        "refused, nothing was deleted: no release of this catalog names any of the {stored} objects in this artifact \
         store, which may be another catalog's\nname both stores as they were published into, with --data, or with \
         --catalog and --artifacts; if they do belong together, publish into them first\n{NEVER}"
    )]
    Strangers {
        /// How many objects there are.
        stored: usize,
    },
    /// A release that is not withdrawn has no bytes in this store, so what is there may be another catalog's.
    #[error(
        "refused, nothing was deleted: {missing} objects that releases of this catalog need, such as {object}, are not in \
         this artifact store, which may be another catalog's\nname both stores as they were published into, with --data, \
         or with --catalog and --artifacts; if they do belong together, `edgehop check` says what is missing and what \
         mends it\n{NEVER}"
    )]
    Incomplete {
        /// How many are missing.
        missing: usize,
        /// One of them.
        object: ObjectKey,
    },
}

/// How a refusal ends that no reason helps against.
const NEVER: &str = "mend it: this cannot be forced";

/// How much a catalog holds on to an object that its releases name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    /// All of them were withdrawn so long ago that their bytes go.
    Gone,
    /// All of them were withdrawn.
    Withdrawn,
    /// A release that may be offered.
    Needed,
}

/// Deletes the objects that no release names. One collector at a time, and none where catalog and artifact store seem not
/// to belong together.
///
/// An object is hidden first; then the catalog is read once more, and what a release names by now is shown again. A
/// publisher looks after its record is written whether its objects are there. So whoever of the two comes first, a
/// release that is recorded has its bytes.
pub async fn collect<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    rules: Rules,
    now: Timestamp,
) -> Result<Collected, GarbageError> {
    let held = stores.artifacts.lock_collection().await?;
    let collected = alone(stores, rules, now).await;
    held.release().await;
    collected
}

/// Does it, while no other collector does.
async fn alone<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    rules: Rules,
    now: Timestamp,
) -> Result<Collected, GarbageError> {
    let older_than = rules.older_than.max(LEAST_AGE);
    let named = named(&stores.catalog, rules, now).await?;
    let stored = stores.artifacts.list().await?;
    related(&named, &stored)?;
    let is_garbage = |object: &&Stored| !keeps(&named, &object.key) && (object.aside || object.age >= older_than);
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
        for object in stored.iter().filter(|object| object.aside && keeps(&named, &object.key)) {
            stores.artifacts.put_back(&object.key).await?;
        }
    }
    let named = self::named(&stores.catalog, rules, now).await?;
    for object in garbage {
        if keeps(&named, &object.key) {
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
async fn named(catalog: &impl Catalog, rules: Rules, now: Timestamp) -> Result<BTreeMap<ObjectKey, Hold>, StoreError> {
    let hold = |release: &Release| match &release.withdrawn {
        None => Hold::Needed,
        Some(withdrawal) => {
            let is_long_ago = now.seconds_since(withdrawal.at) >= rules.older_than.max(LEAST_AGE).as_secs();
            if rules.withdrawn && is_long_ago { Hold::Gone } else { Hold::Withdrawn }
        }
    };
    let mut named = BTreeMap::new();
    for key in catalog.components().await? {
        if let Some(component) = catalog.component(&key).await? {
            for release in component.releases() {
                for object in objects(&release.artifact) {
                    let most = named.entry(object).or_insert(Hold::Gone);
                    *most = hold(release).max(*most);
                }
            }
        }
    }
    Ok(named)
}

fn keeps(named: &BTreeMap<ObjectKey, Hold>, object: &ObjectKey) -> bool {
    named.get(object).is_some_and(|hold| *hold > Hold::Gone)
}

/// Refuses a catalog that visibly belongs to another artifact store. What is hidden counts as there.
fn related(named: &BTreeMap<ObjectKey, Hold>, stored: &[Stored]) -> Result<(), GarbageError> {
    let there: BTreeSet<&ObjectKey> = stored.iter().map(|object| &object.key).collect();
    if !there.is_empty() && !there.iter().any(|object| named.contains_key(object)) {
        return Err(GarbageError::Strangers { stored: there.len() });
    }
    let missing = named.iter().filter(|(object, hold)| **hold == Hold::Needed && !there.contains(object));
    let mut missing = missing.map(|(object, _)| *object);
    match missing.next() {
        Some(object) => Err(GarbageError::Incomplete { missing: 1 + missing.count(), object }),
        None => Ok(()),
    }
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
