//! What to ask: found in the catalog, so that the answer is known.

use std::sync::Arc;

use resolver::catalog::{Artifact, Availability, Component, Components, ObjectKey};
use resolver::decide::{Decision, Outcome, decide};
use resolver::query::{Ladder, Query};
use resolver::words::{ChannelName, ComponentKey, ComponentName, Timestamp};
use store::{Artifacts, Catalog, StoreError};

use super::examination::Examination;
use super::finding::Check;
use super::limits::MOST_COMPONENTS;
use crate::stores::Stores;

/// A question that any device may ask, about one component or two.
pub(super) struct Question {
    /// What is asked for, the smallest artifact first.
    pub(super) wanted: Vec<Wanted>,
    components: Components,
    now: Timestamp,
}

/// A channel of a component, and what a device gets of it that says nothing of itself.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) component: ComponentName,
    pub(super) channel: ChannelName,
    pub(super) artifact: Artifact,
}

/// The smallest artifacts of two components that a device is given which asks for them by name: a question that costs
/// little, and whose answer can be trimmed. `None`, and a finding, if there is nothing to ask for.
///
/// What is in cold storage is passed over; with `restores` the deployment looks after that itself.
pub(super) async fn question<C: Catalog, A: Artifacts>(
    exam: &mut Examination,
    stores: &Stores<C, A>,
    restores: bool,
    now: Timestamp,
) -> Option<Question> {
    exam.checked("stores");
    match find(exam, stores, restores, now).await {
        Ok(found) => found,
        Err(error) => {
            let means = "what devices should get cannot be known, and publishing would fail";
            let mend = "mend what the store says; an operator needs to read the table and to read and list the bucket";
            exam.problem(Check::Stores, "the catalog and the artifacts", "records", told(&error), means, mend);
            None
        }
    }
}

async fn find<C: Catalog, A: Artifacts>(
    exam: &mut Examination,
    stores: &Stores<C, A>,
    restores: bool,
    now: Timestamp,
) -> Result<Option<Question>, StoreError> {
    let mut components = Components::new();
    for key in stores.catalog.components().await?.into_iter().take(MOST_COMPONENTS) {
        if let Some(component) = stores.catalog.component(&key).await? {
            components.insert(key, Arc::new(component));
        }
    }
    let mut offered: Vec<Wanted> = components.iter().flat_map(|(key, component)| offers(key, component, now)).collect();
    if offered.is_empty() {
        nothing(exam, components.is_empty());
        return Ok(None);
    }
    offered.sort_by(|a, b| a.artifact.size.cmp(&b.artifact.size).then_with(|| a.component.cmp(&b.component)));
    let mut wanted: Vec<Wanted> = Vec::new();
    for one in offered {
        let other =
            |before: &Wanted| before.component != one.component && before.artifact.sha256 != one.artifact.sha256;
        if wanted.iter().all(other) && can_be_read(exam, &stores.artifacts, restores, &one).await? {
            wanted.push(one);
        }
        if wanted.len() == 2 {
            break;
        }
    }
    Ok((!wanted.is_empty()).then_some(Question { wanted, components, now }))
}

/// The channels of a component on which a device that asks for nothing but its name is given something.
fn offers(key: &ComponentKey, component: &Arc<Component>, now: Timestamp) -> Vec<Wanted> {
    let only = Components::from([(key.clone(), Arc::clone(component))]);
    let offer = |channel: &ChannelName| {
        let asked = Query::parse(&format!("{}={channel}", component.name), None, &Ladder::default()).ok()?;
        match &decide(&asked.query, &only, now).entries.first()?.outcome {
            Outcome::Install { release, .. } => Some(Wanted {
                component: component.name.clone(),
                channel: channel.clone(),
                artifact: release.artifact.clone(),
            }),
            _ => None,
        }
    };
    component.channels.keys().filter_map(offer).collect()
}

fn nothing(exam: &mut Examination, empty: bool) {
    let (found, means) = match empty {
        true => ("nothing is published", "every device is answered 404"),
        false => {
            ("no channel has a release for a device that only names it", "only devices that say more get anything")
        }
    };
    let mend =
        "publish: `edgehop init <stack>` or `edgehop sample` for the sample data, `edgehop publish` for your own";
    exam.problem(Check::Published, "the catalog", "a channel with a release", found, means, mend);
    if !empty {
        exam.only_a_note();
    }
}

/// Whether what goes into packages, and what `/blobs/` serves, is there and can be read at once.
async fn can_be_read<A: Artifacts>(
    exam: &mut Examination,
    artifacts: &A,
    restores: bool,
    wanted: &Wanted,
) -> Result<bool, StoreError> {
    for key in [ObjectKey::Blob(wanted.artifact.sha256), wanted.artifact.packaged()] {
        match artifacts.availability(&key).await {
            Ok(Availability::Ready) if artifacts.stat(&key).await?.is_some() => {}
            Ok(Availability::Ready) | Err(StoreError::Missing(_)) => {
                let asked = format!("{key} of {}", wanted.component);
                let means = "the catalog names bytes that are gone: devices are cut off or answered 503";
                let mend = "publish the same file once more: `edgehop publish` puts the bytes back";
                exam.problem(Check::Artifacts, asked, "an object", "it is not there", means, mend);
                return Ok(false);
            }
            Ok(Availability::Cold(_) | Availability::Restoring(_)) => {
                if !restores && !exam.has(Check::Archived) {
                    let asked = format!("{key} of {}", wanted.component);
                    let means = "it must be restored before devices get it; without RestoreTier nobody asks for that";
                    let mend =
                        "`edgehop warm` shows what is cold and restores it; the stack's RestoreTier does it on demand";
                    exam.problem(Check::Archived, asked, "an object", "it is in cold storage", means, mend);
                    exam.only_a_note();
                }
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

impl Question {
    /// The question as a device may spell it.
    pub(super) fn query(&self) -> String {
        let pairs = self.wanted.iter().map(|Wanted { component, channel, .. }| format!("{component}={channel}"));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The same pairs in another order.
    pub(super) fn other_order(&self) -> String {
        self.query().split('&').rev().collect::<Vec<_>>().join("&")
    }

    /// What the resolver decides about a query of this question's components.
    pub(super) fn decision(&self, query: &str) -> Option<Decision> {
        let asked = Query::parse(query, None, &Ladder::default()).ok()?;
        let query = asked.query.known_to_components(&self.components);
        Some(decide(&query, &self.components, self.now))
    }

    /// The artifact that everything about single artifacts is asked of.
    pub(super) fn smallest(&self) -> Option<&Wanted> {
        self.wanted.first()
    }
}

/// An error with its causes, in one line.
fn told(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
