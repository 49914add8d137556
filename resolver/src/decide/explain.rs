use std::collections::BTreeSet;

use super::hop;
use super::installed::{Installed, KnownBy, Place, had, installed, is_shared};
use super::outcome::{Entry, Outcome};
use super::route::{Route, route};
use super::select::{Missing, Selected, missing, select};
use super::terrain::Terrain;
use crate::catalog::{Components, Release};
use crate::query::Query;
use crate::words::{ChannelName, Md5, Version};

/// One component's part of a decision, with the reasoning behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What the device gets.
    pub entry: Entry,
    /// The channel it follows.
    pub channel: ChannelName,
    /// Every release on the way from what is installed to the target, in order; empty if there is no way, or nothing
    /// to do.
    pub path: Vec<Version>,
    /// The steps of the reasoning, each a line.
    pub steps: Vec<String>,
}

/// Explains what [`super::decide`] decides, component by component.
pub fn explain(query: &Query, components: &Components) -> Vec<Explanation> {
    let missing = missing(query, components).into_iter().map(|Missing { entry, channel, by }| {
        let steps = vec![by.on(channel), result(&entry)];
        Explanation { entry, channel: channel.clone(), path: Vec::new(), steps }
    });
    let selected: Vec<_> = select(query, components).collect();
    let had = had(query, &selected);
    let found = selected.iter().map(|one| explained(query, *one, &selected, &had));
    let mut all: Vec<_> = found.chain(missing).collect();
    all.sort_by_key(|explanation| explanation.entry.component.key());
    all
}

fn explained(query: &Query, selected: Selected<'_>, all: &[Selected<'_>], had: &BTreeSet<Md5>) -> Explanation {
    let Selected { key, component, channel_name, channel, by } = selected;
    let installed = installed(query, key, component, had);
    let entry = hop::next(query, selected, installed, had);
    let terrain = Terrain::new(component, channel, &query.facts);
    let mut steps = vec![by.on(channel_name)];
    if !query.installed.contains_key(key) {
        steps.extend(passed_over(query, selected, all));
    }
    steps.push(stands(&terrain, installed));
    steps.extend(installed.and_then(|installed| twins(&terrain, installed)));
    let downgrades = if channel.allow_downgrade { ", and lets newer releases go down to it" } else { "" };
    steps.push(format!("{channel_name} points at {}{downgrades}", channel.target));
    let unmet = terrain.graph.conditional.iter().filter_map(|index| terrain.unmet(*index));
    steps.extend(unmet.map(|obstacle| format!("not for this device: {obstacle}")));

    let mut path = Vec::new();
    if let (Some(target), Some(Installed { place, .. })) = (component.index(&channel.target), installed)
        && !matches!(entry.outcome, Outcome::Have(_))
    {
        match terrain.obstacle(place, target) {
            Some(obstacle) => steps.push(format!("not in one step: {obstacle}")),
            None => steps.push("one step is enough".to_owned()),
        }
        path = way(&terrain, place, target);
        if path.len() > 1 {
            let names: Vec<&str> = path.iter().map(Version::as_str).collect();
            steps.push(format!("the shortest safe path: {}", names.join(", then ")));
        }
    }
    steps.push(result(&entry));
    Explanation { entry, channel: channel_name.clone(), path, steps }
}

fn stands(terrain: &Terrain<'_>, installed: Option<Installed<'_>>) -> String {
    match installed {
        None => "what runs now was not said".to_owned(),
        Some(Installed { place: Place::Release(index), known_by }) => {
            let by = match known_by {
                KnownBy::Word => "installed= says so",
                KnownBy::Digest => "its digest says so",
            };
            format!("{} runs now: {by}", terrain.release(index).version)
        }
        Some(Installed { place: Place::Unpublished(version, _), .. }) => {
            format!("{version} runs now: installed= says so, though it was never published")
        }
    }
}

/// The digests of a component that say nothing, since another component that is asked for has the same bytes.
fn passed_over(query: &Query, selected: Selected<'_>, all: &[Selected<'_>]) -> Option<String> {
    let shared = |digest: &&Md5| selected.component.graph().stand(digest).is_some() && is_shared(digest, all);
    let digest = query.have.iter().find(shared)?;
    let others = all.iter().filter(|one| one.key != selected.key && one.component.graph().stand(digest).is_some());
    let others: Vec<&str> = others.map(|one| one.component.name.as_str()).collect();
    let name = &selected.component.name;
    Some(format!(
        "the digest {digest} is also that of a release of {}, so it does not say what runs: installed={name}@<version> does",
        others.join(", ")
    ))
}

/// The other releases that a device known by its bytes may be on.
fn twins(terrain: &Terrain<'_>, Installed { place, known_by }: Installed<'_>) -> Option<String> {
    let (Place::Release(index), KnownBy::Digest) = (place, known_by) else { return None };
    let Release { version, artifact, .. } = terrain.release(index);
    let releases = terrain.component.releases().iter();
    let others = releases.filter(|other| other.artifact.md5 == artifact.md5 && other.version != *version);
    let others: Vec<&str> = others.map(|other| other.version.as_str()).collect();
    (!others.is_empty()).then(|| {
        let others = others.join(", ");
        format!("{others} has the same bytes: the oldest that was not withdrawn counts, unless installed= says another")
    })
}

/// The releases from a place to the target, if there is a way.
fn way(terrain: &Terrain<'_>, place: Place<'_>, target: usize) -> Vec<Version> {
    let (mut at, mut path) = (place, Vec::new());
    if terrain.closed(target).is_some() {
        return path;
    }
    // Each route is one step shorter than the one before, so this ends.
    while let Some(Route { first, .. }) = route(terrain, at, target) {
        path.push(terrain.release(first).version.clone());
        if first == target {
            break;
        }
        at = Place::Release(first);
    }
    path
}

fn result(entry: &Entry) -> String {
    let (code, reason) = (entry.outcome.status_code(), &entry.reason);
    match &entry.outcome {
        Outcome::Install { release, hops_remaining: 0 } => format!("{code}: deliver {}: {reason}", release.version),
        Outcome::Install { release, hops_remaining } => {
            format!("{code}: deliver {}, {hops_remaining} more to follow: {reason}", release.version)
        }
        Outcome::Waiting { .. } | Outcome::Have(_) | Outcome::Refused(_) => {
            format!("{code}: deliver nothing: {reason}")
        }
    }
}
