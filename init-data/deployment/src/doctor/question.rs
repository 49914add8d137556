//! What to ask: found in the catalog, so that the answer is known.

use std::collections::BTreeMap;
use std::sync::Arc;

use resolver::catalog::{Artifact, Availability, Component, Components, Match, ObjectKey};
use resolver::check::{Facts, combinations};
use resolver::decide::{Decision, Outcome, decide};
use resolver::query::{Ladder, Query};
use resolver::words::{ChannelName, ComponentKey, ComponentName, Timestamp, Version};
use store::{Artifacts, Catalog, StoreError};

use super::examination::Examination;
use super::finding::Check;
use super::limits::{MOST_COMPONENTS, MOST_DEVICES};
use open::Stores;

/// The key of what runs, and its `=`.
const INSTALLED: &str = "installed=";

/// A question that a device may ask, about one component or two.
pub(super) struct Question {
    /// What is asked for, the smallest artifact first.
    pub(super) wanted: Vec<Wanted>,
    components: Components,
    now: Timestamp,
}

/// A channel of a component, and what a device gets of it: one that says no more of itself than it must.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) component: ComponentName,
    pub(super) channel: ChannelName,
    pub(super) artifact: Artifact,
    /// What the device says it runs, where targets have constraints.
    installed: Option<Version>,
    /// What it says of itself, where releases require that.
    facts: Facts,
}

/// The smallest artifacts of two components that a device is given which asks for them by name: a question that costs
/// little, and whose answer can be trimmed. Where a name alone gets nothing, the device says what it runs, and facts.
/// `None`, and a finding, if there is nothing to ask for.
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
    // What can be had without saying what runs comes first, for it can be asked for by digests, too.
    let order = |one: &Wanted| (one.installed.is_some(), one.artifact.size, one.component.clone());
    offered.sort_by_cached_key(order);
    let mut question = Question { wanted: Vec::new(), components, now };
    for one in offered {
        let other = |before: &Wanted| {
            let differs = before.component != one.component && before.artifact.sha256 != one.artifact.sha256;
            differs && before.installed.is_some() == one.installed.is_some()
        };
        if question.wanted.iter().all(other)
            && question.also(&one).is_answered()
            && can_be_read(exam, &stores.artifacts, restores, &one).await?
        {
            question = question.also(&one);
        }
        if question.wanted.len() == 2 {
            break;
        }
    }
    Ok((!question.wanted.is_empty()).then_some(question))
}

/// The channels of a component on which some device is given something: best one that says nothing but the name, else
/// one with facts that the target requires, on one release or another.
fn offers(key: &ComponentKey, component: &Arc<Component>, now: Timestamp) -> Vec<Wanted> {
    let only = Components::from([(key.clone(), Arc::clone(component))]);
    // Of a component that tells devices apart in too many ways, those that say nothing are tried.
    let all = combinations(component).unwrap_or_default();
    let offer = |channel: &ChannelName| {
        let target = component.release(&component.channels.get(channel)?.target)?;
        let meets = |facts: &&Facts| target.requires.iter().all(|one| one.evaluate(facts) == Match::Yes);
        let running = || [None].into_iter().chain(component.releases().iter().map(|release| Some(&release.version)));
        let silent = Facts::new();
        let devices = [&silent].into_iter().chain(all.iter().filter(meets));
        let devices = devices.flat_map(|facts| running().map(move |version| (facts, version)));
        devices.take(MOST_DEVICES).find_map(|(facts, version)| {
            let asked = Query {
                components: BTreeMap::from([(key.clone(), channel.clone())]),
                installed: version.map(|version| (key.clone(), version.clone())).into_iter().collect(),
                facts: facts.clone(),
                ..Query::default()
            };
            match &decide(&asked, &only, now).entries.first()?.outcome {
                Outcome::Install { release, .. } => Some(Wanted {
                    component: component.name.clone(),
                    channel: channel.clone(),
                    artifact: release.artifact.clone(),
                    installed: version.cloned(),
                    facts: facts.clone(),
                }),
                _ => None,
            }
        })
    };
    component.channels.keys().filter_map(offer).collect()
}

fn nothing(exam: &mut Examination, empty: bool) {
    let (found, means, mend) = match empty {
        true => (
            "nothing is published",
            "every device is answered 404",
            "publish: `edgehop init <stack>` or `edgehop sample` for the sample data, `edgehop publish` for your own",
        ),
        false => (
            "no channel has a release for any device",
            "every device is refused, whatever it runs and says of itself",
            "`edgehop check` and `edgehop explain 'QUERY'` say what stands in the way of each channel's target",
        ),
    };
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
        self.pairs().join("&")
    }

    /// The same pairs in another order.
    pub(super) fn other_order(&self) -> String {
        self.pairs().into_iter().rev().collect::<Vec<_>>().join("&")
    }

    /// The same in another case, save for versions, which keep theirs.
    pub(super) fn shouted(&self) -> String {
        shouted(&self.pairs())
    }

    /// The same in another order and another case.
    pub(super) fn shouted_in_other_order(&self) -> String {
        shouted(&self.pairs().into_iter().rev().collect::<Vec<_>>())
    }

    fn pairs(&self) -> Vec<String> {
        let names = self.wanted.iter().map(|Wanted { component, channel, .. }| format!("{component}={channel}"));
        let facts: Facts = self.wanted.iter().flat_map(|one| one.facts.clone()).collect();
        let facts = facts.into_iter().map(|(fact, value)| format!("{fact}={value}"));
        let runs = |one: &Wanted| one.installed.as_ref().map(|version| format!("{}@{version}", one.component));
        let runs = self.wanted.iter().filter_map(runs).collect::<Vec<_>>().join(",").replace('+', "%2B");
        let installed = (!runs.is_empty()).then(|| format!("{INSTALLED}{runs}"));
        names.chain(facts).chain(installed).collect()
    }

    /// The same question, and this beside it.
    fn also(&self, one: &Wanted) -> Question {
        let wanted = self.wanted.iter().chain([one]).cloned().collect();
        Question { wanted, components: self.components.clone(), now: self.now }
    }

    /// A device that asks so is given all that is wanted: what it says for the sake of one component closes none to it.
    fn is_answered(&self) -> bool {
        let Some(decision) = self.decision(&self.query()) else { return false };
        let given = |one: &Wanted| {
            let is_it = |entry: &resolver::decide::Entry| match &entry.outcome {
                Outcome::Install { release, .. } => release.artifact.sha256 == one.artifact.sha256,
                _ => false,
            };
            decision.entries.iter().any(is_it)
        };
        decision.entries.len() == self.wanted.len() && self.wanted.iter().all(given)
    }

    /// A device that asks so and names the digests of all that is wanted has everything. One that says by `installed=`
    /// that it runs something else does not.
    pub(super) fn is_had_by_digest(&self) -> bool {
        self.wanted.iter().all(|one| one.installed.is_none())
    }

    /// What the resolver decides about a query of this question's components.
    pub(super) fn decision(&self, query: &str) -> Option<Decision> {
        let asked = Query::parse(query, None, &Ladder::default()).ok()?;
        let query = asked.query.restrict_to_components(&self.components).ok()?;
        Some(decide(&query, &self.components, self.now))
    }

    /// The artifact that everything about single artifacts is asked of.
    pub(super) fn smallest(&self) -> Option<&Wanted> {
        self.wanted.first()
    }
}

/// Pairs of a query in upper case. Channels, names and facts are looked up lower-cased, and versions as they are.
fn shouted(pairs: &[String]) -> String {
    let shouted = pairs.iter().map(|pair| match pair.strip_prefix(INSTALLED) {
        Some(installed) => format!("{}{installed}", INSTALLED.to_ascii_uppercase()),
        None => pair.to_ascii_uppercase(),
    });
    shouted.collect::<Vec<_>>().join("&")
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
