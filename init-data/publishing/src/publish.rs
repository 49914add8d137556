use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use resolver::catalog::{
    Artifact, Channel, Component, Edit, InvalidStatement, Minisig, Mismatch, ObjectKey, Release, Requirement, Signature,
};
use resolver::words::{
    AttributeName, ChannelName, ComponentName, KeyId, Notes, PublicKey, Reason, Timestamp, Version, VersionRange,
};
use serde::Serialize;
use staging::{StageError, Staged, stage};
use store::{Artifacts, Catalog, StoreError};

use crate::guard::{Refused, guard};
use crate::signing::{Verifier, VerifyError};
use open::Stores;

/// A file, and what it is to be.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The component.
    pub component: ComponentName,
    /// The version.
    pub version: Version,
    /// The bytes.
    pub file: PathBuf,
    /// What constrains the release.
    pub terms: Terms,
    /// The channel to point at it.
    pub channel: Option<Pointer>,
    /// Why devices may be stranded by it.
    pub force: Option<Reason>,
}

/// What constrains a release. What is not given stays as it was, if the release was published before.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Who vouches for it.
    pub signature: Option<Minisig>,
    /// The keys it trusts once installed; for a signed release its own, if nothing else is given.
    pub trusts: Option<BTreeSet<PublicKey>>,
    /// The facts it takes.
    pub requires: Option<BTreeSet<Requirement>>,
    /// What it is installed over; from the signed minimum on, if nothing else is given.
    pub from: Option<VersionRange>,
    /// Older devices must pass through it.
    pub barrier: Option<Reason>,
    /// Nothing leads on from it.
    pub dead_end: Option<Reason>,
    /// The oldest version that may replace it.
    pub floor: Option<Version>,
    /// What the publisher says about it.
    pub notes: Option<Notes>,
}

/// A channel as it is to point at a release. What is not given stays as it was, but for the leave to go down: that ends
/// when the channel moves, unless it is given again.
#[derive(Debug, Clone)]
pub struct Pointer {
    /// The channel.
    pub name: ChannelName,
    /// Who wants the component on it.
    pub attributes: Option<BTreeSet<AttributeName>>,
    /// Whether newer devices go down to its target.
    pub allow_downgrade: Option<bool>,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The component.
    pub component: ComponentName,
    /// The release as it is recorded now.
    pub release: Release,
    /// The channel that points at it, if one was asked for.
    pub channel: Option<ChannelName>,
    /// Everything was there already.
    pub unchanged: bool,
    /// The problems that were forced.
    pub forced: Vec<String>,
    /// The newest release, if it is newer than this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Version>,
}

/// Why a file was not published. What had been done before is harmless and is found again by the next attempt.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file is no artifact.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// A store failed, or somebody else was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Devices would be stranded.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The signature does not hold.
    #[error("the signature is refused")]
    Verify(#[from] VerifyError),
    /// Nobody trusts the signer.
    #[error(
        "the key {id} that made the signature is unknown: no release of {component} trusts it, and --trusts does not \
         name it; publish a release that is signed by a trusted key and trusts this one first, or name it if this is \
         where trust begins"
    )]
    UnknownKey {
        /// The signer.
        id: KeyId,
        /// The component.
        component: ComponentName,
    },
    /// The signature's trusted comment does not say what was signed.
    #[error("the signature cannot be published")]
    Statement(#[from] InvalidStatement),
    /// The signature is about something else, or not about this moment.
    #[error("the signature does not allow it")]
    Mismatch(#[from] Mismatch),
}

/// Publishes a file as a release, and points a channel at it: the bytes first, then release and channel in one write,
/// so nothing half-visible is left wherever it stops. Publishing the same again changes nothing.
///
/// Nothing is put into a store before signature and paths are found good. `progress` is told every number of bytes
/// read.
pub async fn publish<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    publication: Publication,
    now: Timestamp,
    progress: impl FnMut(u64) + Send + 'static,
) -> Result<Published, PublishError> {
    let Publication { component, version, file, terms, channel, force } = publication;
    let before = stores.component(&component).await?;
    let signature = terms.signature.clone().map(|minisig| signed(&before, minisig, &terms)).transpose()?;
    let staged = staged(&file, &stores.work, signature.clone(), progress).await?;
    let artifact = &staged.artifact;
    let there = before.release(&version).map(|release| Release::clone(release));
    if there.as_ref().is_some_and(|release| release.artifact.sha256 != artifact.sha256) {
        return Err(StoreError::Taken { release: format!("{component} {version}") }.into());
    }
    let release = there.clone().unwrap_or_else(|| Release::new(version, artifact.clone(), now));
    let release = terms.onto(release, &component, signature, artifact, now)?;

    let mut edit = Edit::default();
    if there.as_ref() != Some(&release) {
        edit.releases.push(release.clone());
    }
    let pointed = channel.as_ref().map(|pointer| (pointer.name.clone(), pointer.at(&before, &release.version)));
    edit.channels.extend(
        pointed
            .filter(|(name, channel)| before.channels.get(name) != Some(channel))
            .map(|(name, channel)| (name, Some(channel))),
    );
    let unchanged = edit.is_empty();
    let forced = guard(&before, &mut edit, force.as_ref(), now)?;

    put(stores, &staged, &release).await?;
    if !edit.is_empty() {
        stores.catalog.commit(&before.name, before.revision, &edit).await?;
        // A collector of garbage may have taken the bytes before the record named them; it cannot any more.
        put_again_if_gone(stores, &staged, &release).await?;
    }
    let newest = before.releases().last().map(|newest| &newest.version);
    Ok(Published {
        newest: newest.filter(|newest| newest.precedence(&release.version).is_gt()).cloned(),
        component: before.name.clone(),
        release: edit.releases.pop().unwrap_or(release),
        channel: channel.map(|pointer| pointer.name),
        unchanged,
        forced,
    })
}

/// The signature with the public key it names, if somebody vouched for that key.
fn signed(before: &Component, minisig: Minisig, terms: &Terms) -> Result<Signature, PublishError> {
    let id = minisig.key_id();
    let trusted = before.releases().iter().flat_map(|release| &release.trusts);
    let key = trusted.chain(terms.trusts.iter().flatten()).find(|key| key.id() == id);
    match key {
        Some(key) => Ok(Signature { key: *key, minisig }),
        None => Err(PublishError::UnknownKey { id, component: before.name.clone() }),
    }
}

/// Reads the file once: copy, digests, fragment and signature.
async fn staged(
    file: &Path,
    work: &Path,
    signature: Option<Signature>,
    mut progress: impl FnMut(u64) + Send + 'static,
) -> Result<Staged, PublishError> {
    let (file, work) = (file.to_owned(), work.to_owned());
    let pass = move || {
        let begun = |Signature { key, minisig }| Ok::<_, VerifyError>((Verifier::new(&key, &minisig)?, minisig));
        let mut verifier = signature.map(begun).transpose()?;
        let staged = stage(&file, &work, |piece| {
            verifier.iter_mut().for_each(|(verifier, _)| verifier.update(piece));
            progress(piece.len() as u64);
        })?;
        if let Some((verifier, minisig)) = verifier {
            verifier.finish().map_err(|error| error.about(&minisig, staged.artifact.sha256, staged.artifact.size))?;
        }
        Ok(staged)
    };
    #[expect(clippy::expect_used, reason = "staging panics only where its own invariants are broken")]
    tokio::task::spawn_blocking(pass).await.expect("staging does not panic")
}

async fn put<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    staged: &Staged,
    release: &Release,
) -> Result<(), StoreError> {
    staged.put(&stores.artifacts).await?;
    match &release.signature {
        Some(signature) => stores.artifacts.put_signature(&release.artifact.sha256, signature.minisig.as_str()).await,
        None => Ok(()),
    }
}

async fn put_again_if_gone<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    staged: &Staged,
    release: &Release,
) -> Result<(), StoreError> {
    for object in objects(&release.artifact) {
        if stores.artifacts.stat(&object).await?.is_none() {
            return put(stores, staged, release).await;
        }
    }
    Ok(())
}

/// The objects that an artifact's record names.
pub fn objects(artifact: &Artifact) -> impl Iterator<Item = ObjectKey> {
    let fragment = artifact.fragment.map(|fragment| ObjectKey::Fragment(fragment.sha256));
    [ObjectKey::Blob(artifact.sha256)].into_iter().chain(fragment)
}

impl Terms {
    /// The release with these terms.
    fn onto(
        self,
        mut release: Release,
        component: &ComponentName,
        signature: Option<Signature>,
        artifact: &Artifact,
        now: Timestamp,
    ) -> Result<Release, PublishError> {
        if let Some(signature) = signature {
            let statement = signature.minisig.statement()?;
            statement.check(component, &release.version, artifact, now)?;
            if release.from.is_none() {
                release.from = statement.minimum.map(VersionRange::at_least);
            }
            if release.requires.is_empty() {
                release.requires = statement.requires;
            }
            if release.trusts.is_empty() {
                release.trusts.insert(signature.key);
            }
            release.signature = Some(signature);
        }
        fn set<T>(field: &mut Option<T>, given: Option<T>) {
            if given.is_some() {
                *field = given;
            }
        }
        set(&mut release.from, self.from);
        set(&mut release.barrier, self.barrier);
        set(&mut release.dead_end, self.dead_end);
        set(&mut release.floor, self.floor);
        set(&mut release.notes, self.notes);
        release.trusts = self.trusts.unwrap_or(release.trusts);
        release.requires = self.requires.unwrap_or(release.requires);
        Ok(release)
    }
}

impl Pointer {
    /// The channel, pointing at a version.
    pub fn at(&self, before: &Component, target: &Version) -> Channel {
        let mut channel = before.channels.get(&self.name).cloned().unwrap_or_else(|| Channel::new(target.clone()));
        let moves = channel.target != *target;
        channel.target = target.clone();
        channel.forced = None;
        channel.attributes = self.attributes.clone().unwrap_or(channel.attributes);
        channel.allow_downgrade = self.allow_downgrade.unwrap_or(channel.allow_downgrade && !moves);
        channel
    }
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Release { version, artifact, .. } = &self.release;
        let what = if self.unchanged { "was published already" } else { "published" };
        write!(f, "{} {version} {what}: {} bytes, sha256 {}", self.component, artifact.size, artifact.sha256)?;
        if let Some(channel) = &self.channel {
            write!(f, "\n{channel} points at {version}")?;
        }
        if let Some(newest) = &self.newest {
            write!(f, "\nnote: {version} sorts below {newest}, the newest release that is there")?;
        }
        self.forced.iter().try_for_each(|problem| write!(f, "\nforced: {problem}"))
    }
}
