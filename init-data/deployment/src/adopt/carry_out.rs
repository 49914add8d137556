use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use aws::{Adoption, AdoptionState, Inspected};
use futures_util::{StreamExt as _, stream};
use resolver::catalog::{Component, Edit};
use resolver::words::Timestamp;
use staging::Digested;
use store::{Artifacts as _, Catalog as _, StoreError};

use super::merge::merge;
use super::plan::{AdoptChange, AdoptPlan, lines, other_bytes, plan_knowing};
use super::{AdoptError, digest::digest, is_its_own};
use publishing::guard;
use publishing::objects;

/// Objects of a component that are read at once.
const AT_ONCE: usize = 4;

/// How often a component is looked at again that somebody else changed meanwhile.
const ATTEMPTS: u32 = 5;

/// How often the table is read again because the sample's script changed it meanwhile. Each time there is less to read.
const ROUNDS: u32 = 10;

/// How long to wait before an item that cannot be adopted is looked at once more. The sample's script puts an object first
/// and its item next, so in between they are at odds.
const PAUSE: Duration = Duration::from_secs(3);

/// Carries a plan out: the bytes of a component, then its releases and channels. When all of that is there for all
/// components, and the table read again says nothing else, edgehop's own items count. `progress` is told every number of
/// bytes read.
pub async fn adopt(
    source: &Adoption,
    work: &Path,
    mut plan: AdoptPlan,
    now: Timestamp,
    progress: impl Fn(u64),
) -> Result<AdoptPlan, AdoptError> {
    if plan.adoption_state == AdoptionState::Unpublished {
        source.begin().await?;
    }
    let mut adopting = Adopting { source, work, now, known: BTreeMap::new(), done: AdoptPlan::default() };
    for round in 1.. {
        let adoption_state = plan.adoption_state;
        adopting.carry_out(plan, &progress).await?;
        if adoption_state == AdoptionState::Own {
            break;
        }
        if !adopting.done.left_out.is_empty() {
            tokio::time::sleep(PAUSE).await;
        }
        plan = plan_knowing(source, &adopting.known).await?;
        if plan.changes.is_empty() && plan.left_out.is_subset(&adopting.done.left_out) {
            source.finish().await?;
            adopting.done.left_out = plan.left_out;
            break;
        }
        if round == ROUNDS {
            let of: BTreeSet<String> =
                plan.changes.iter().map(|change| format!("those of {}", change.component)).collect();
            let last = if of.is_empty() { plan.left_out } else { of };
            return Err(AdoptError::Restless(last.into_iter().next().unwrap_or_default()));
        }
    }
    Ok(AdoptPlan { done: true, complete: true, adoption_state: AdoptionState::Own, ..adopting.done })
}

/// Components on their way.
struct Adopting<'a> {
    source: &'a Adoption,
    work: &'a Path,
    now: Timestamp,
    /// What the objects were that were read.
    known: BTreeMap<String, Inspected>,
    /// What came of them.
    done: AdoptPlan,
}

/// What was read, by the object's name: the fragment goes with it.
type Read = BTreeMap<String, (Inspected, Digested)>;

impl Adopting<'_> {
    /// Goes through a plan once. What was left out before is looked at again by whoever made the plan.
    async fn carry_out(&mut self, plan: AdoptPlan, progress: &impl Fn(u64)) -> Result<(), AdoptError> {
        (self.done.left_out, self.done.kept) = (plan.left_out, plan.kept);
        self.done.bytes = self.done.bytes.saturating_add(plan.bytes);
        for change in plan.changes {
            self.component(change, progress).await?;
        }
        Ok(())
    }

    async fn component(&mut self, change: AdoptChange, progress: &impl Fn(u64)) -> Result<(), AdoptError> {
        let read = self.read(&change, progress).await?;
        self.known.extend(read.iter().map(|(name, (inspected, _))| (name.clone(), inspected.clone())));
        let mut good = Vec::new();
        for (item, known) in change.items {
            let inspected = match (known, read.get(&item.object)) {
                (Some(known), _) => known,
                (None, Some((inspected, _))) if inspected.artifact.md5 == item.md5 => inspected.clone(),
                (None, Some((inspected, _))) => {
                    self.done.left_out.insert(other_bytes(&item, &inspected.artifact.md5));
                    continue;
                }
                // It is named already.
                (None, None) => continue,
            };
            good.push((item, inspected));
        }
        let assembled = Adoption::assemble(good);
        self.done.left_out.extend(assembled.left_out);
        let samples = assembled.component.unwrap_or_else(|| Component::empty(change.component.clone()));
        let new: Read =
            read.into_iter().filter(|(name, _)| assembled.objects.iter().any(|(used, _)| used == name)).collect();
        match self.put(&new).await {
            // Replaced since it was read, or gone.
            Err(error) if is_its_own(&error) => {
                self.done.left_out.insert(format!("component {}: {error}", samples.name));
                return Ok(());
            }
            put => put?,
        }
        let (before, edit) = self.commit(&samples).await?;
        // A collector of garbage may have taken the bytes before the record named them; it cannot any more.
        if self.is_any_gone(&samples, &new).await? {
            self.put(&new).await?;
        }
        if !edit.is_empty() {
            self.done.releases += edit.releases.len();
            self.done.channels += edit.channels.len();
            let (component, lines) = (before.name.clone(), lines(&before, &edit));
            match self.done.changes.iter_mut().find(|change| change.component == component) {
                Some(change) => change.lines.extend(lines),
                None => self.done.changes.push(AdoptChange { component, lines, items: Vec::new() }),
            }
        }
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
                    self.done.left_out.extend(of.map(|(item, _)| format!("{}: {error}", item.label)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    /// Puts artifacts and fragments there.
    async fn put(&self, read: &Read) -> Result<(), StoreError> {
        for (object, (inspected, digested)) in read {
            self.source.copy(object, inspected).await?;
            digested.put_fragment(&self.source.artifacts).await?;
        }
        Ok(())
    }

    /// Writes what is missing of the component; what it was before, and what was written.
    ///
    /// The component is read before it is asked whose items count. So if the sample's did, nobody has decided anything
    /// here since that reading; and who decides after it is met as a record that moved.
    ///
    /// As long as the sample's items count, what is written here does not: more channels than a store sets at once are set
    /// in several writes, and what cannot be written is an error, because devices have it today.
    async fn commit(&mut self, samples: &Component) -> Result<(Component, Edit), AdoptError> {
        let catalog = &self.source.catalog;
        let (mut start, mut written) = (None, Edit::default());
        let (mut moved, mut most) = (0, usize::MAX);
        loop {
            let before = catalog.component(&samples.name.key()).await?;
            let before = before.unwrap_or_else(|| Component::empty(samples.name.clone()));
            let first = start.get_or_insert_with(|| before.clone()).clone();
            let adoption_state = self.source.state().await?;
            let (mut edit, kept) = merge(&before, samples, adoption_state);
            if edit.is_empty() {
                self.done.kept.extend(kept);
                return Ok((first, written));
            }
            let next = edit.channels.keys().nth(most).cloned();
            let rest = next.map(|next| edit.channels.split_off(&next));
            let problem = match guard(&before, &mut edit, None, self.now) {
                Err(refused) => refused.problems.join("; "),
                Ok(_) => match catalog.commit(&before.name, before.revision, &edit).await {
                    Ok(_) => {
                        written.releases.extend(edit.releases);
                        written.channels.extend(edit.channels);
                        if rest.is_some() {
                            continue;
                        }
                        self.done.kept.extend(kept);
                        return Ok((first, written));
                    }
                    Err(StoreError::Moved { .. }) if moved + 1 < ATTEMPTS => {
                        moved += 1;
                        continue;
                    }
                    Err(StoreError::TooLarge { .. })
                        if adoption_state != AdoptionState::Own && edit.channels.len() > 1 =>
                    {
                        most = edit.channels.len() / 2;
                        continue;
                    }
                    Err(error) if is_its_own(&error) => error.to_string(),
                    Err(error) => return Err(error.into()),
                },
            };
            if adoption_state != AdoptionState::Own {
                return Err(AdoptError::Component(before.name, problem));
            }
            self.done.kept.extend(kept);
            self.done.left_out.insert(format!("component {}: {problem}", before.name));
            return Ok((first, written));
        }
    }

    /// Something that was put is not there.
    async fn is_any_gone(&self, samples: &Component, read: &Read) -> Result<bool, StoreError> {
        let put = |sha256| read.values().any(|(inspected, _)| inspected.artifact.sha256 == sha256);
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
