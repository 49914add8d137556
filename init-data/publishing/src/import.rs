use std::collections::BTreeSet;
use std::fmt;

use resolver::catalog::{Component, Edit, Release, Revision, Signature};
use resolver::words::{ComponentName, Reason, Timestamp};
use serde::Serialize;
use store::{Artifacts, Catalog, Lease, StoreError};

use crate::document::{Document, Part};
use crate::guard::{Refused, guard};
use crate::missing::without_bytes;
use crate::publish::PublishError;
use crate::signing::Verifier;
use open::Stores;

/// What an import would change, component by component. Nothing has been written.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// The components that change.
    pub changes: Vec<Change>,
    /// It was carried out.
    pub applied: bool,
    /// What the plan names was there when it was made, and must be there until it is carried out.
    #[serde(skip)]
    held: Option<Lease>,
}

/// What changes of one component.
#[derive(Debug, Serialize)]
pub struct Change {
    /// The component.
    pub component: ComponentName,
    /// One line for each record.
    pub lines: Vec<String>,
    /// The problems that are forced.
    pub forced: Vec<String>,
    #[serde(skip)]
    edit: Edit,
    #[serde(skip)]
    expected: Revision,
}

/// Why a document cannot be imported. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A store failed, a version is taken, or somebody else was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Devices would be stranded.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store has no such bytes, or others than the record says.
    #[error("the bytes of {release} are not as its record says: `edgehop publish` brings both")]
    Bytes {
        /// Component and version.
        release: String,
        /// What is wrong.
        source: StoreError,
    },
    /// A release that was withdrawn would be offered again.
    #[error("{release} was withdrawn, and stays so: publish the bytes under another version, or keep its withdrawal")]
    Withdrawn {
        /// Component and version.
        release: String,
    },
    /// A signature does not hold.
    #[error("the signature of {release} is refused")]
    Signature {
        /// Component and version.
        release: String,
        /// Why.
        source: Box<PublishError>,
    },
}

/// Compares a document with the catalog, and proves the catalog as it would be. Releases that the document does not
/// name stay; channels of a component that it does name go.
pub async fn plan<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    document: &Document,
    force: Option<&Reason>,
    now: Timestamp,
) -> Result<Plan, ImportError> {
    let held = stores.artifacts.lock_collection().await?;
    match changes(stores, document, force, now).await {
        Ok(changes) => Ok(Plan { changes, applied: false, held: Some(held) }),
        Err(error) => {
            held.release().await;
            Err(error)
        }
    }
}

async fn changes<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    document: &Document,
    force: Option<&Reason>,
    now: Timestamp,
) -> Result<Vec<Change>, ImportError> {
    let mut changes = Vec::new();
    for (name, part) in &document.components {
        let before = stores.component(name).await?;
        let mut edit = edit(&before, part);
        if edit.is_empty() {
            continue;
        }
        for release in &edit.releases {
            examine(stores, &before, part, release, now).await?;
        }
        if let Some(refused) = without_bytes(&stores.artifacts, &before, &edit).await? {
            return Err(refused.into());
        }
        let lines = lines(&before, &edit);
        let forced = guard(&before, &mut edit, force, now)?;
        let component = before.name.clone();
        changes.push(Change { component, lines, forced, edit, expected: before.revision });
    }
    Ok(changes)
}

/// Carries a plan out: each component as a whole. What was planned for a component that has changed since is not done.
pub async fn apply<C: Catalog, A: Artifacts>(stores: &Stores<C, A>, mut plan: Plan) -> Result<Plan, StoreError> {
    let done = carry_out(stores, &plan.changes).await;
    plan.put_down().await;
    plan.applied = true;
    done.map(|()| plan)
}

async fn carry_out<C: Catalog, A: Artifacts>(stores: &Stores<C, A>, changes: &[Change]) -> Result<(), StoreError> {
    for Change { component, edit, expected, .. } in changes {
        for release in &edit.releases {
            if let Some(signature) = &release.signature {
                stores.artifacts.put_signature(&release.artifact.sha256, signature.minisig.as_str()).await?;
            }
        }
        stores.catalog.commit(component, *expected, edit).await?;
    }
    Ok(())
}

impl Plan {
    /// Lets go of what the plan names, whether it was carried out or not.
    pub async fn put_down(&mut self) {
        if let Some(held) = self.held.take() {
            held.release().await;
        }
    }
}

/// The records that differ. When a release was published, and why it was forced, stays as it is recorded.
fn edit(before: &Component, part: &Part) -> Edit {
    let kept = |mut release: Release| {
        if let Some(there) = before.release(&release.version) {
            release.published = there.published;
            release.forced = there.forced.clone().or(release.forced);
        }
        release
    };
    let differs = |release: &Release| before.release(&release.version).is_none_or(|there| **there != *release);
    let releases = part.releases.iter().cloned().map(kept).filter(differs).collect();
    let set = part.channels.iter().filter(|(name, channel)| before.channels.get(*name) != Some(channel));
    let gone = before.channels.keys().filter(|name| !part.channels.contains_key(*name));
    let set = set.map(|(name, channel)| (name.clone(), Some(channel.clone())));
    Edit { releases, channels: set.chain(gone.map(|name| (name.clone(), None))).collect(), ..Edit::default() }
}

/// Whether a release may come, or become another: its bytes are there and as it says, its signature holds, and it was
/// not withdrawn.
async fn examine<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    before: &Component,
    part: &Part,
    release: &Release,
    now: Timestamp,
) -> Result<(), ImportError> {
    let what = || format!("{} {}", before.name, release.version);
    let there = before.release(&release.version);
    if there.is_some_and(|there| there.artifact.sha256 != release.artifact.sha256) {
        return Err(StoreError::Taken { release: what() }.into());
    }
    if there.is_some_and(|there| there.withdrawn.is_some()) && release.withdrawn.is_none() {
        return Err(ImportError::Withdrawn { release: what() });
    }
    let signature = release.signature.as_ref();
    let signature = signature.filter(|new| there.is_none_or(|there| there.signature.as_ref() != Some(new)));
    let refused = |source| ImportError::Signature { release: what(), source: Box::new(source) };
    let mut verifier = signature.map(|new| verifier(before, part, release, new, now)).transpose().map_err(refused)?;
    if verifier.is_some() || there.is_none_or(|there| there.artifact != release.artifact) {
        let seen = |piece: &[u8]| verifier.iter_mut().for_each(|verifier| verifier.update(piece));
        let inspected = staging::inspect(&stores.artifacts, &release.artifact, seen).await;
        inspected.map_err(|source| ImportError::Bytes { release: what(), source })?;
    }
    verifier.map_or(Ok(()), Verifier::finish).map_err(|error| refused(error.into()))
}

/// What verifies a signature by a key that some release trusts, once the bytes have passed by.
fn verifier(
    before: &Component,
    part: &Part,
    release: &Release,
    signature: &Signature,
    now: Timestamp,
) -> Result<Verifier, PublishError> {
    let trusting = before.releases().iter().map(AsRef::as_ref).chain(&part.releases);
    let trusted: BTreeSet<_> = trusting.flat_map(|release| &release.trusts).collect();
    if !trusted.contains(&signature.key) {
        return Err(PublishError::UnknownKey { id: signature.key.id(), component: before.name.clone() });
    }
    signature.minisig.statement()?.check(&before.name, &release.version, &release.artifact, now)?;
    Ok(Verifier::new(&signature.key, &signature.minisig)?)
}

/// An edit, one line a record: what is added, what goes, and each field that changes.
fn lines(before: &Component, edit: &Edit) -> Vec<String> {
    let releases = edit.releases.iter().map(|release| match before.release(&release.version) {
        None => format!("+ release {}: {} bytes", release.version, release.artifact.size),
        Some(there) => format!("~ release {}: {}", release.version, differences(&**there, release)),
    });
    let channels = edit.channels.iter().map(|(name, channel)| match (before.channels.get(name), channel) {
        (_, None) => format!("- channel {name}"),
        (None, Some(channel)) => format!("+ channel {name}: points at {}", channel.target),
        (Some(there), Some(channel)) => format!("~ channel {name}: {}", differences(there, channel)),
    });
    releases.chain(channels).collect()
}

/// The fields of two records that differ, as `field: old → new`.
fn differences(old: &impl Serialize, new: &impl Serialize) -> String {
    let fields = |record: Result<serde_json::Value, _>| match record {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (old, new) = (fields(serde_json::to_value(old)), fields(serde_json::to_value(new)));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let shown = |value: Option<&serde_json::Value>| match value {
        None => "nothing".to_owned(),
        // A text of several lines must not look like several records.
        Some(serde_json::Value::String(text)) if !text.contains('\n') => text.clone(),
        Some(value) => value.to_string(),
    };
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    let texts: Vec<_> =
        changed.map(|name| format!("{name}: {} → {}", shown(old.get(name)), shown(new.get(name)))).collect();
    texts.join(", ")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Change { component, lines, forced, .. } in &self.changes {
            writeln!(f, "{component}")?;
            lines.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
            forced.iter().try_for_each(|problem| writeln!(f, "  forced: {problem}"))?;
        }
        f.write_str(match (self.changes.is_empty(), self.applied) {
            (true, _) => "nothing to change",
            (false, true) => "done",
            (false, false) => "nothing was changed: --apply does it",
        })
    }
}
