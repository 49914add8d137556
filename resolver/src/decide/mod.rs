//! The decision: which releases an answer delivers, and why.
//!
//! ```text
//! select ─────► installed ─► hop ─────► withhold
//! components    version that  release     releases that are
//! and channels  runs now      to install  in cold storage
//! ```
//!
//! A decision takes two phases, so that the whole catalog is never needed: [`lookups`] names the keys, the edge fetches
//! those components, and [`decide`] decides. If bytes may be in cold storage, the edge then looks up the objects that
//! would be delivered, and [`Decision::withhold`] takes out the ones that cannot be read.
//!
//! The hop is the first step of a shortest safe path from the installed version to the channel's target:
//!
//! ```text
//!   5.6.14 ────────► 5.6.30 ────────► 6.15.008 ◄─ prod        a step may not jump a barrier, so there are two
//!      └───────────────╫─────────────────┘ ✗
//!                   barrier
//! ```
//!
//! A step from the installed version to a release is allowed if
//!
//! 1. the release is offered: it is neither withdrawn nor a dead end, and the device's facts meet all its requirements;
//! 2. the installed version is no dead end, and neither the release nor the target of the path is below its
//!    anti-rollback floor;
//! 3. the release is not older, unless the channel allows downgrades;
//! 4. on the way up, no barrier lies between. A withdrawn barrier remains one, unless another supersedes it; a barrier
//!    that the device's facts contradict does not exist for this device;
//! 5. the installed version lies in the release's `from` range;
//! 6. the installed version trusts the key that signed the release, or verifies no signatures. It is unknown which keys an
//!    unpublished version trusts, so it gets nothing from a component whose releases verify signatures.
//!
//! A path goes in one direction, up or down. Of several shortest paths, the one with the newest first step is taken. A
//! device that does not report what it runs is given the target if a step to it is allowed from every release (of newer
//! releases, only the floors count), and is asked to report it otherwise. So is a device known by digests alone whose
//! next hop is among them. If there is no path, but other facts would open one, the refusal names the missing fact.

mod device_view;
mod explain;
mod hop;
mod installed;
mod obstacle;
mod outcome;
mod path;
mod select;
mod withhold;

pub(crate) use device_view::DeviceView;
pub(crate) use hop::no_way;
pub(crate) use installed::Position;
pub(crate) use obstacle::Obstacle;
pub(crate) use path::{Path, shortest_path};

pub use explain::{Explanation, explain};
pub use outcome::{Decision, Entry, Outcome, Refusal};
pub use withhold::{DEFAULT_RESTORE_DAYS, MAX_RESTORE_DAYS, Reads, Restores, Wait};

use std::collections::BTreeSet;

use crate::catalog::{Component, Components};
use crate::query::{Query, Trait};
use crate::words::{AttributeName, ComponentKey, Timestamp};
pub(crate) use select::nothing_found;
use select::{missing, select};

/// Records that must be fetched before a query can be decided: point reads, all known at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lookups {
    /// Components requested by name or by `cpuArch`.
    pub components: BTreeSet<ComponentKey>,
    /// Requested attributes. A store's index lists the components that each selects, and those are fetched too.
    pub attributes: BTreeSet<AttributeName>,
}

/// Returns the keys of the records that a query's decision depends on.
pub fn lookups(query: &Query) -> Lookups {
    let os = query.os_component().map(|(name, _)| name);
    // A name with an unreadable channel is refused only if it exists, so it is fetched too.
    let (components, attributes) = (&query.unreadable.components, &query.unreadable.attributes);
    Lookups {
        components: query.components.keys().chain(components).cloned().chain(os).collect(),
        attributes: query.attributes.keys().chain(attributes).cloned().collect(),
    }
}

/// Decides which releases a device gets. Equal arguments give equal decisions, on every machine and at any time.
///
/// `now` determines which stage of a rollout is open; nothing else may depend on it.
pub fn decide(query: &Query, components: &Components, now: Timestamp) -> Decision {
    // Rollouts do not exist yet, so that no decision depends on the time or changes by itself.
    let _ = now;
    let selected: Vec<_> = select(query, components).collect();
    let had = installed::had(query, &selected);
    let mut entries: Vec<Entry> = selected
        .iter()
        .map(|selected| {
            let installed = installed::installed(query, selected.key, selected.component, &had);
            hop::next(query, *selected, installed, &had)
        })
        .collect();
    let missing = missing(query, components);
    if !missing.is_empty() {
        entries.extend(missing.into_iter().map(|missing| missing.entry));
        entries.sort_by_key(|entry| entry.component.key());
    }
    Decision { entries, changes_at: None }
}

/// Returns the traits that decisions about a component depend on.
///
/// None do yet: channels have no rollouts, which would read cohort and ring, and releases have no patches. A change that
/// lets [`decide`] read a trait must add it here, or `tests/properties` fails, which asks each question
/// with every trait and without.
pub(crate) fn traits(_component: &Component) -> BTreeSet<Trait> {
    BTreeSet::new()
}
