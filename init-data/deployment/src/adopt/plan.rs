use std::collections::{BTreeMap, BTreeSet};

use aws::{Adoption, AdoptionState, Inspected, ObjectMetadata, SampleItem, SampleItems};
use futures_util::{StreamExt as _, stream};
use resolver::catalog::{Artifact, Component, Edit};
use resolver::words::{AttributeName, ComponentKey, ComponentName, Md5, Sha256, Timestamp};
use serde::Serialize;
use store::{Catalog as _, StoreError};

use super::merge::merge;
use super::{AdoptError, is_its_own};

/// Components that are looked at at once.
const AT_ONCE: usize = 8;

/// Most items that an error names one by one.
const MOST_NAMED: usize = 3;

/// What an adoption would do, or did. Nothing has been written where it is not `done`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AdoptPlan {
    /// The components that change, in the order of their keys.
    pub changes: Vec<AdoptChange>,
    /// Items that are not adopted, or not all of them, and why.
    pub left_out: BTreeSet<String>,
    /// Where edgehop's own word is otherwise than the sample's item, and stays.
    pub kept: BTreeSet<String>,
    /// The releases that come.
    pub releases: usize,
    /// The channels that come, or change.
    pub channels: usize,
    /// The bytes that are read and copied.
    pub bytes: u64,
    /// It was carried out.
    pub done: bool,
    /// Edgehop's own items are what devices are answered from.
    pub complete: bool,
    #[serde(skip)]
    pub(super) adoption_state: AdoptionState,
}

/// What comes of one component.
#[derive(Debug, Clone, Serialize)]
pub struct AdoptChange {
    /// The component.
    pub component: ComponentName,
    /// One line for each record.
    pub lines: Vec<String>,
    /// Its items, with what is recorded of those whose bytes are here already.
    #[serde(skip)]
    pub(super) items: Vec<(SampleItem, Option<Inspected>)>,
}

/// What was found of one component.
struct Looked {
    /// Of the sample's items at least one is good.
    is_good: bool,
    change: Option<AdoptChange>,
    left_out: BTreeSet<String>,
    kept: Vec<String>,
    edit: Edit,
    bytes: u64,
}

impl AdoptPlan {
    /// There is nothing left to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.complete
    }
}

/// Compares the sample's items with what is published beside them: one Scan, one Query a component, one HEAD an object
/// that is new. Whether its bytes have the MD5 that its item says is seen only when it is read.
///
/// An error if no item is good: devices that are answered from the sample's would then be told nothing at all.
pub async fn plan_adoption(source: &Adoption) -> Result<AdoptPlan, AdoptError> {
    plan_knowing(source, &BTreeMap::new()).await
}

/// The same, where these objects were read.
pub(super) async fn plan_knowing(
    source: &Adoption,
    read: &BTreeMap<String, Inspected>,
) -> Result<AdoptPlan, AdoptError> {
    let adoption_state = source.state().await?;
    let SampleItems { items, left_out, elsewhere } = source.items().await?;
    if items.is_empty() && left_out.is_empty() && adoption_state == AdoptionState::Unpublished {
        return Err(AdoptError::Nothing);
    }
    let (is_here, is_any) = (!items.is_empty(), !items.is_empty() || !left_out.is_empty());
    let mut components: BTreeMap<ComponentKey, Vec<SampleItem>> = BTreeMap::new();
    for item in items {
        components.entry(item.component.key()).or_default().push(item);
    }
    if adoption_state == AdoptionState::Adopting {
        // What an earlier run adopted and the sample has no more.
        for key in source.catalog.components().await? {
            components.entry(key).or_default();
        }
    }
    let (releases, channels, bytes, kept) = (0, 0, 0, BTreeSet::new());
    let complete = adoption_state == AdoptionState::Own;
    let mut plan = AdoptPlan {
        changes: Vec::new(),
        left_out,
        kept,
        releases,
        channels,
        bytes,
        done: false,
        complete,
        adoption_state,
    };
    let looks = components.into_iter().map(|(key, items)| look(source, key, items, adoption_state, read));
    let mut looks = stream::iter(looks.collect::<Vec<_>>()).buffered(AT_ONCE);
    let mut good = false;
    while let Some(looked) = looks.next().await {
        let Looked { is_good, change, left_out, kept, edit, bytes } = looked?;
        good |= is_good;
        plan.changes.extend(change);
        plan.left_out.extend(left_out);
        plan.kept.extend(kept);
        plan.releases += edit.releases.len();
        plan.channels += edit.channels.len();
        plan.bytes = plan.bytes.saturating_add(bytes);
    }
    if adoption_state != AdoptionState::Own && is_any && !good {
        return Err(AdoptError::NoneGood(none_good(&plan.left_out, if is_here { None } else { elsewhere.first() })));
    }
    Ok(plan)
}

/// Why no item can be adopted.
fn none_good(left_out: &BTreeSet<String>, elsewhere: Option<&String>) -> String {
    if let Some(bucket) = elsewhere {
        return format!("they name objects in the bucket {bucket}: give --bucket {bucket}");
    }
    let named: Vec<&str> = left_out.iter().take(MOST_NAMED).map(String::as_str).collect();
    match left_out.len().saturating_sub(MOST_NAMED) {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}

/// An object that was read has other bytes than the item says.
pub(super) fn other_bytes(item: &SampleItem, found: &Md5) -> String {
    let SampleItem { label, object, md5, .. } = item;
    format!("{label}: its object {object} has the MD5 {found}, not {md5}")
}

async fn look(
    source: &Adoption,
    key: ComponentKey,
    items: Vec<SampleItem>,
    adoption_state: AdoptionState,
    read: &BTreeMap<String, Inspected>,
) -> Result<Looked, StoreError> {
    let before = source.catalog.component(&key).await?;
    let mut left_out = BTreeSet::new();
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    let mut found = Vec::new();
    for item in items {
        let there = before.as_ref().and_then(|before| before.release(&item.version));
        if let Some(there) = there {
            if there.artifact.md5 == item.md5 {
                let inspected = Inspected { artifact: there.artifact.clone(), etag: None, modified: there.published };
                found.push((item, Some(inspected)));
            } else {
                let (label, version) = (&item.label, &item.version);
                left_out.insert(format!(
                    "{label}: {version} is published here with the MD5 {}, and the item says {}: publish those bytes under \
                     another version",
                    there.artifact.md5, item.md5
                ));
            }
            continue;
        }
        match source.look(&item).await {
            Ok(ObjectMetadata { size, etag }) => {
                match read.get(&item.object).filter(|inspected| inspected.etag == etag) {
                    Some(inspected) if inspected.artifact.md5 != item.md5 => {
                        left_out.insert(other_bytes(&item, &inspected.artifact.md5));
                    }
                    _ => {
                        sizes.insert(item.object.clone(), size);
                        found.push((item, None));
                    }
                }
            }
            Err(error) if is_its_own(&error) => {
                left_out.insert(format!("{}: {error}", item.label));
            }
            Err(error) => return Err(error),
        }
    }
    let expected =
        found.iter().map(|(item, inspected)| (item.clone(), inspected.clone().unwrap_or_else(|| guess(item, &sizes))));
    let assembled = Adoption::assemble(expected.collect());
    left_out.extend(assembled.left_out);
    let is_good = assembled.component.is_some();
    let samples = assembled.component.or_else(|| Some(Component::empty(before.as_ref()?.name.clone())));
    let Some(samples) = samples else {
        return Ok(Looked { is_good, change: None, left_out, kept: Vec::new(), edit: Edit::default(), bytes: 0 });
    };
    let before = before.unwrap_or_else(|| Component::empty(samples.name.clone()));
    let (edit, kept) = merge(&before, &samples, adoption_state);
    let lines = lines(&before, &edit);
    let bytes = sizes.values().sum();
    let change = (!edit.is_empty()).then(|| AdoptChange { component: before.name.clone(), lines, items: found });
    Ok(Looked { is_good, change, left_out, kept, edit, bytes })
}

/// What an object will turn out to be if its item says the truth. Equal MD5s stand for equal bytes.
fn guess(item: &SampleItem, sizes: &BTreeMap<String, u64>) -> Inspected {
    let size = sizes.get(&item.object).copied().unwrap_or_default();
    let sha256 = Sha256::of(&item.md5.0);
    let artifact = Artifact { sha256, md5: item.md5, size, crc32: None, fragment: None };
    Inspected { artifact, etag: None, modified: Timestamp(0) }
}

/// An edit, one line a record.
pub(super) fn lines(before: &Component, edit: &Edit) -> Vec<String> {
    let releases = edit.releases.iter();
    let releases = releases.map(|release| format!("+ release {}: {} bytes", release.version, release.artifact.size));
    let channels = edit.channels.iter().map(|(name, channel)| {
        let Some(channel) = channel else { return format!("- channel {name}") };
        let sign = if before.channels.contains_key(name) { '~' } else { '+' };
        let wanted: Vec<&str> = channel.attributes.iter().map(AttributeName::as_str).collect();
        let wanted = if wanted.is_empty() { String::new() } else { format!(", wanted by {}", wanted.join(", ")) };
        format!("{sign} channel {name}: points at {}{wanted}", channel.target)
    });
    releases.chain(channels).collect()
}
