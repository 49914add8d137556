//! The decision: which releases this answer delivers, and why.
//!
//! ```text
//! select ─► installed ─► hop ─► trim
//! who asks   what runs    what    what it
//! for what   there now    next    has already
//! ```
//!
//! Two phases, so that no whole catalog is ever needed: [`lookups`] names the keys, the edge fetches those components,
//! [`decide`] answers.

mod explain;
mod hop;
mod installed;
mod lookups;
mod obstacle;
mod outcome;
mod route;
mod select;
mod terrain;

pub(crate) use hop::no_way;
pub(crate) use installed::Place;
pub(crate) use obstacle::Obstacle;
pub(crate) use route::{Route, route};
pub(crate) use terrain::Terrain;

pub use explain::{Explanation, explain};
pub use lookups::{Lookups, lookups};
pub use outcome::{Decision, Entry, Outcome, Refusal};

use crate::catalog::Components;
use crate::query::Query;
use crate::words::Timestamp;
use select::select;

/// Decides what a device gets. Pure: the same arguments give the same decision, on every machine, for ever.
///
/// `now` decides which stage of a rollout is open; nothing else may depend on it.
pub fn decide(query: &Query, components: &Components, now: Timestamp) -> Decision {
    // No release changes its channel by itself yet, so nothing reads the time and no answer ends early.
    let _ = now;
    let entries = select(query, components)
        .map(|selected| {
            let installed = installed::installed(query, selected.key, selected.component);
            hop::next(query, selected, installed)
        })
        .collect();
    Decision { entries, changes_at: None }
}
