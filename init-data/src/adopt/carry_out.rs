use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aws::{Adoption, Learned, Standing};
use futures_util::{StreamExt as _, stream};
use resolver::catalog::{Component, Edit};
use resolver::words::Timestamp;
use store::{Artifacts as _, Catalog as _, Digested, StoreError};

use super::merge::merge;
use super::plan::{AdoptChange, AdoptPlan, lines};
use super::{AdoptError, digest::digest, is_its_own};
use crate::guard::guard;
use crate::publish::objects;

/// Objects of a component that are read at once.
const AT_ONCE: usize = 4;

/// How often a component is looked at again that somebody else changed meanwhile.
const ATTEMPTS: u32 = 5;

/// Carries a plan out: the bytes of a component, then its releases and channels, in one write. When all of that is there
/// for all components, edgehop's own items count. `progress` is told every number of bytes read.
pub async fn adopt(
    source: &Adoption,
    work: &Path,
    mut plan: AdoptPlan,
    now: Timestamp,
    progress: impl Fn(u64),
) -> Result<AdoptPlan, AdoptError> {
    if plan.standing == Standing::Unpublished {
        source.begin().await?;
    }
    (plan.releases, plan.channels) = (0, 0);
    for change in std::mem::take(&mut plan.changes) {
        let adopting = Adopting { source, work, now, left_out: BTreeSet::new(), kept: Vec::new() };
        adopting.component(change, &mut plan, &progress).await?;
    }
    if plan.standing != Standing::Own {
        source.finish().await?;
    }
    (plan.done, plan.complete) = (true, true);
    Ok(plan)
}

/// One component on its way.
struct Adopting<'a> {
    source: &'a Adoption,
    work: &'a Path,
    now: Timestamp,
    left_out: BTreeSet<String>,
    kept: Vec<String>,
}

/// What was read, by the object's name: the fragment goes with it.
type Read = BTreeMap<String, (Learned, Digested)>;

impl Adopting<'_> {
    async fn component(
        mut self,
        change: AdoptChange,
        plan: &mut AdoptPlan,
        progress: &impl Fn(u64),
    ) -> Result<(), AdoptError> {
        let read = self.read(&change, progress).await?;
        let mut good = Vec::new();
        for (item, known) in change.items {
            let learned = match (known, read.get(&item.object)) {
                (Some(known), _) => known,
                (None, Some((learned, _))) if learned.artifact.md5 == item.md5 => learned.clone(),
                (None, Some((learned, _))) => {
                    let (object, found) = (&item.object, &learned.artifact.md5);
                    let why = format!("its object {object} has the MD5 {found}, not {}", item.md5);
                    self.left_out.insert(format!("{}: {why}", item.label));
                    continue;
                }
                // It is named already.
                (None, None) => continue,
            };
            good.push((item, learned));
        }
        let assembled = Adoption::assemble(good);
        self.left_out.extend(assembled.left_out);
        let samples = assembled.component.unwrap_or_else(|| Component::empty(change.component.clone()));
        let new: Read =
            read.into_iter().filter(|(name, _)| assembled.objects.iter().any(|(used, _)| used == name)).collect();
        self.put(&new).await?;
        let done = self.commit(&samples).await?;
        // A collector of garbage may have taken the bytes before the record named them; it cannot any more.
        if self.is_any_gone(&samples, &new).await? {
            self.put(&new).await?;
        }
        if let Some((before, edit)) = done {
            plan.releases += edit.releases.len();
            plan.channels += edit.channels.len();
            let (component, lines) = (before.name.clone(), lines(&before, &edit));
            plan.changes.push(AdoptChange { component, lines, items: Vec::new() });
        }
        plan.left_out.extend(self.left_out);
        plan.kept.extend(self.kept);
        Ok(())
    }

    /// Reads the objects whose bytes are not here yet, each once.
    async fn read(&mut self, change: &AdoptChange, progress: &impl Fn(u64)) -> Result<Read, AdoptError> {
        let unknown = change.items.iter().filter(|(_, known)| known.is_none());
        let names: BTreeSet<String> = unknown.map(|(item, _)| item.object.clone()).collect();
        let (source, work) = (self.source, self.work);
        let reads = names.into_iter().map(async |name| {
            let read = digest(source, &name, work, progress).await;
            (name, read)
        });
        let mut reads = stream::iter(reads).buffered(AT_ONCE);
        let mut read = Read::new();
        while let Some((name, done)) = reads.next().await {
            match done {
                Ok(done) => drop(read.insert(name, done)),
                Err(AdoptError::Store(error)) if is_its_own(&error) => {
                    let of = change.items.iter().filter(|(item, _)| item.object == name);
                    self.left_out.extend(of.map(|(item, _)| format!("{}: {error}", item.label)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    /// Puts artifacts and fragments there.
    async fn put(&self, read: &Read) -> Result<(), StoreError> {
        for (object, (learned, digested)) in read {
            self.source.copy(object, learned).await?;
            digested.put_fragment(&self.source.artifacts).await?;
        }
        Ok(())
    }

    /// Writes what is missing of the component; what it was before, and what was written.
    ///
    /// The component is read before it is asked whose items count. So if the sample's did, nobody has decided anything
    /// here since that reading; and who decides after it is met as a record that moved.
    async fn commit(&mut self, samples: &Component) -> Result<Option<(Component, Edit)>, AdoptError> {
        let catalog = &self.source.catalog;
        for attempt in 1.. {
            let before = catalog.component(&samples.name.key()).await?;
            let before = before.unwrap_or_else(|| Component::empty(samples.name.clone()));
            let (mut edit, kept) = merge(&before, samples, self.source.standing().await?);
            self.kept = kept;
            if edit.is_empty() {
                break;
            }
            if let Err(refused) = guard(&before, &mut edit, None, self.now) {
                self.left_out.insert(format!("component {}: {}", before.name, refused.problems.join("; ")));
                break;
            }
            match catalog.commit(&before.name, before.revision, &edit).await {
                Ok(_) => return Ok(Some((before, edit))),
                Err(StoreError::Moved { .. }) if attempt < ATTEMPTS => {}
                Err(error) if is_its_own(&error) => {
                    self.left_out.insert(format!("component {}: {error}", before.name));
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Something that was put is not there.
    async fn is_any_gone(&self, samples: &Component, read: &Read) -> Result<bool, StoreError> {
        let put = |sha256| read.values().any(|(learned, _)| learned.artifact.sha256 == sha256);
        for release in samples.releases().iter().filter(|release| put(release.artifact.sha256)) {
            for object in objects(&release.artifact) {
                if self.source.artifacts.stat(&object).await?.is_none() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
