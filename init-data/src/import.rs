use std::collections::BTreeSet;
use std::fmt;

use futures_util::StreamExt as _;
use resolver::catalog::{Component, Edit, ObjectKey, Release, Revision, Signature};
use resolver::words::{ComponentName, KeyId, Reason, Timestamp};
use serde::Serialize;
use store::{Artifacts, Catalog, StoreError};

use crate::document::{Document, Part};
use crate::guard::{Refused, guard};
use crate::publish::PublishError;
use crate::signing::{Verifier, VerifyError};
use crate::stores::Stores;

/// What an import would change, component by component. Nothing has been written.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// The components that change.
    pub changes: Vec<Change>,
    /// It was carried out.
    pub applied: bool,
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
    /// There are no bytes for a release.
    #[error("the bytes of {release} are not in the artifact store: `edgehop publish` brings them, with the record")]
    NoBytes {
        /// Component and version.
        release: String,
    },
    /// The bytes are not as the record says.
    #[error("the bytes of {release} have {is}, and its record says {said}")]
    OtherBytes {
        /// Component and version.
        release: String,
        /// What the store has.
        is: String,
        /// What the document says.
        said: String,
    },
    /// A signature does not hold.
    #[error("the signature of {release} is refused")]
    Signature {
        /// Component and version.
        release: String,
        /// Why.
        source: Box<PublishError>,
    },
    /// A signature's key and its text disagree.
    #[error("the signature of {release} is by the key {signed}, and its record names {named}")]
    OtherKey {
        /// Component and version.
        release: String,
        /// The key that the signature names.
        signed: KeyId,
        /// The key that the record names.
        named: KeyId,
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
    let mut changes = Vec::new();
    for (name, part) in &document.components {
        let before = stores.component(name).await?;
        let mut edit = edit(&before, part);
        if edit.is_empty() {
            continue;
        }
        for release in &edit.releases {
            inspect(stores, &before, part, release, now).await?;
        }
        let lines = lines(&before, &edit);
        let forced = guard(&before, &mut edit, force, now)?.iter().map(ToString::to_string).collect();
        let component = before.name.clone();
        changes.push(Change { component, lines, forced, edit, expected: before.revision });
    }
    Ok(Plan { changes, applied: false })
}

/// Carries a plan out: each component as a whole. What was planned for a component that has changed since is not done.
pub async fn apply<C: Catalog, A: Artifacts>(stores: &Stores<C, A>, mut plan: Plan) -> Result<Plan, StoreError> {
    for Change { component, edit, expected, .. } in &plan.changes {
        for release in &edit.releases {
            if let Some(signature) = &release.signature {
                stores.artifacts.put_signature(&release.artifact.sha256, signature.minisig.as_str()).await?;
            }
        }
        stores.catalog.commit(component, *expected, edit).await?;
    }
    plan.applied = true;
    Ok(plan)
}

/// The records that differ.
fn edit(before: &Component, part: &Part) -> Edit {
    let differs = |release: &&Release| before.release(&release.version).is_none_or(|there| **there != **release);
    let releases = part.releases.iter().filter(differs).cloned().collect();
    let set = part.channels.iter().filter(|(name, channel)| before.channels.get(*name) != Some(channel));
    let gone = before.channels.keys().filter(|name| !part.channels.contains_key(*name));
    let set = set.map(|(name, channel)| (name.clone(), Some(channel.clone())));
    Edit { releases, channels: set.chain(gone.map(|name| (name.clone(), None))).collect() }
}

/// Whether a release's bytes are there and its signature holds.
async fn inspect<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    before: &Component,
    part: &Part,
    release: &Release,
    now: Timestamp,
) -> Result<(), ImportError> {
    let what = format!("{} {}", before.name, release.version);
    let there = before.release(&release.version);
    if there.is_some_and(|there| there.artifact.sha256 != release.artifact.sha256) {
        return Err(StoreError::Taken { release: what }.into());
    }
    if there.is_none_or(|there| there.artifact != release.artifact) {
        let said = &release.artifact;
        for object in crate::publish::objects(said) {
            let stat = stores.artifacts.stat(&object).await?;
            let stat = stat.ok_or_else(|| ImportError::NoBytes { release: what.clone() })?;
            let size =
                said.fragment.filter(|_| object != ObjectKey::Blob(said.sha256)).map_or(said.size, |one| one.size);
            if stat.size != size || (object == ObjectKey::Blob(said.sha256) && stat.md5 != said.md5) {
                let is = format!("{} bytes and the MD5 {}", stat.size, stat.md5);
                let said = format!("{size} and {}", said.md5);
                return Err(ImportError::OtherBytes { release: what, is, said });
            }
        }
    }
    match &release.signature {
        Some(signature) if there.is_none_or(|there| there.signature.as_ref() != Some(signature)) => {
            let (signed, named) = (signature.minisig.key_id(), signature.key.id());
            if signed != named {
                return Err(ImportError::OtherKey { release: what, signed, named });
            }
            let held = holds(stores, before, part, release, signature, now).await;
            held.map_err(|source| ImportError::Signature { release: what, source: Box::new(source) })
        }
        _ => Ok(()),
    }
}

/// Whether a signature by a key that some release trusts holds for the stored bytes.
async fn holds<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    before: &Component,
    part: &Part,
    release: &Release,
    signature: &Signature,
    now: Timestamp,
) -> Result<(), PublishError> {
    let trusting = before.releases().iter().map(AsRef::as_ref).chain(&part.releases);
    let trusted: BTreeSet<_> = trusting.flat_map(|release| &release.trusts).collect();
    if !trusted.contains(&signature.key) {
        return Err(PublishError::UnknownKey { id: signature.key.id(), component: before.name.clone() });
    }
    signature.minisig.statement()?.check(&before.name, &release.version, &release.artifact, now)?;
    let mut verifier = Verifier::new(&signature.key, &signature.minisig)?;
    let blob = ObjectKey::Blob(release.artifact.sha256);
    let mut bytes = stores.artifacts.read(&blob, 0..release.artifact.size).await?.bytes;
    while let Some(piece) = bytes.next().await {
        verifier.update(&piece?);
    }
    verifier.finish().map_err(|error: VerifyError| error.into())
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
        Some(serde_json::Value::String(text)) => text.clone(),
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
