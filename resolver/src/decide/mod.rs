//! The decision: which releases this answer delivers, and why.
//!
//! ```text
//! select ─► installed ─► hop ─► trim ─────► withhold
//! who asks   what runs    what    what it      what is in
//! for what   there now    next    has already  cold storage
//! ```
//!
//! Two phases, so that no whole catalog is ever needed: [`lookups`] names the keys, the edge fetches those components,
//! [`decide`] answers. Where bytes may be in cold storage, the edge then looks at what would be delivered, and
//! [`Decision::withhold`] takes out what cannot be.
//!
//! The hop is the first step of a shortest safe path from what is installed to the channel's target:
//!
//! ```text
//!   5.6.14 ────────► 5.6.30 ────────► 6.15.008 ◄─ prod        a step may not jump a barrier, so there are two
//!      └───────────────╫─────────────────┘ ✗
//!                   barrier
//! ```
//!
//! A step from what is installed to another release is allowed if
//!
//! 1. the other is offered: neither withdrawn nor a dead end, and the device's facts meet all that it requires;
//! 2. what is installed is no dead end, and neither the other nor the target that the path leads to is below its
//!    anti-rollback floor;
//! 3. the other is not older, unless the channel allows downgrades;
//! 4. no barrier lies between, on the way up. A barrier that was withdrawn bars on, unless another supersedes it; one
//!    that the device's facts contradict does not exist for this device;
//! 5. what is installed lies in the other's `from` range;
//! 6. what is installed trusts the key that signed the other, or verifies nothing. Of a version that was never published
//!    nobody knows what it trusts, so it gets nothing from a component whose releases verify signatures.
//!
//! A path goes one way, up or down. Of several shortest ones, the one with the newest first step is taken. A device that
//! does not say what it runs is given the target if every release might step to it (a newer one is not counted, save for
//! its floor), and is asked otherwise. So is a device known by digests alone whose next hop is among them. Where no path
//! exists, but one would with other facts, the fact is what is missing.

mod explain;
mod hop;
mod installed;
mod lookups;
mod obstacle;
mod outcome;
mod route;
mod select;
mod terrain;
mod traits;
mod withhold;

pub(crate) use hop::no_way;
pub(crate) use installed::Place;
pub(crate) use obstacle::Obstacle;
pub(crate) use route::{Route, route};
pub(crate) use terrain::Terrain;
pub(crate) use traits::traits;

pub use explain::{Explanation, explain};
pub use lookups::{Lookups, lookups};
pub use outcome::{Decision, Entry, Outcome, Refusal};
pub use withhold::{DEFAULT_RESTORE_DAYS, MAX_RESTORE_DAYS, Reads, Restores, Wait};

use crate::catalog::Components;
use crate::query::Query;
use crate::words::Timestamp;
pub(crate) use select::nothing_found;
use select::{missing, select};

/// Decides what a device gets. Pure: the same arguments give the same decision, on every machine, for ever.
///
/// `now` decides which stage of a rollout is open; nothing else may depend on it.
pub fn decide(query: &Query, components: &Components, now: Timestamp) -> Decision {
    // No release changes its channel by itself yet, so nothing reads the time and no answer ends early.
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
