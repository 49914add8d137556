use std::collections::BTreeSet;

use super::device_view::DeviceView;
use super::hop;
use super::installed::{Installed, KnownBy, Position, had, installed, is_shared};
use super::outcome::{Entry, Outcome};
use super::path::{Path, shortest_path};
use super::select::{Missing, Selected, missing, select};
use crate::catalog::{Components, Release};
use crate::query::Query;
use crate::words::{ChannelName, Md5, Version};

/// One component's part of a decision, with the reasoning that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The component's entry in the decision.
    pub entry: Entry,
    /// The channel that the device follows.
    pub channel: ChannelName,
    /// Releases on the path from the installed version to the target, in order; empty if there is no path, or nothing to
    /// install.
    pub path: Vec<Version>,
    /// Steps of the reasoning, each of one line.
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
    let view = DeviceView::new(component, channel, &query.facts);
    let mut steps = vec![by.on(channel_name)];
    if !query.installed.contains_key(key) {
        steps.extend(passed_over(query, selected, all));
    }
    steps.push(stands(&view, installed));
    steps.extend(installed.and_then(|installed| twins(&view, installed)));
    let downgrades = if channel.allow_downgrade { ", and allows downgrades to it" } else { "" };
    steps.push(format!("{channel_name} points at {}{downgrades}", channel.target));
    let unmet = view.graph.conditional.iter().filter_map(|index| view.unmet(*index));
    steps.extend(unmet.map(|obstacle| format!("not for this device: {obstacle}")));

    let mut path = Vec::new();
    if let (Some(target), Some(Installed { position, .. })) = (component.index(&channel.target), installed)
        && !matches!(entry.outcome, Outcome::Have(_))
    {
        match view.obstacle(position, target) {
            Some(obstacle) => steps.push(format!("not in one step: {obstacle}")),
            None => steps.push("one step is enough".to_owned()),
        }
        path = way(&view, position, target);
        if path.len() > 1 {
            let names: Vec<&str> = path.iter().map(Version::as_str).collect();
            steps.push(format!("the shortest safe path: {}", names.join(", then ")));
        }
    }
    steps.push(result(&entry));
    Explanation { entry, channel: channel_name.clone(), path, steps }
}

fn stands(view: &DeviceView<'_>, installed: Option<Installed<'_>>) -> String {
    match installed {
        None => "the device does not say what it runs".to_owned(),
        Some(Installed { position: Position::Release(index), known_by }) => {
            let by = match known_by {
                KnownBy::Parameter => "installed= says so",
                KnownBy::Digest => "its digest says so",
            };
            format!("{} runs now: {by}", view.release(index).version)
        }
        Some(Installed { position: Position::Unpublished(version, _), .. }) => {
            format!("{version} runs now: installed= says so, though it was never published")
        }
    }
}

/// Explains why a digest does not identify the installed release: another requested component has the same bytes.
fn passed_over(query: &Query, selected: Selected<'_>, all: &[Selected<'_>]) -> Option<String> {
    let shared = |digest: &&Md5| selected.component.graph().release_of(digest).is_some() && is_shared(digest, all);
    let digest = query.have.iter().find(shared)?;
    let others = all.iter().filter(|one| one.key != selected.key && one.component.graph().release_of(digest).is_some());
    let others: Vec<&str> = others.map(|one| one.component.name.as_str()).collect();
    let name = &selected.component.name;
    Some(format!(
        "the digest {digest} is also that of a release of {}, so it does not say what runs: installed={name}@<version> does",
        others.join(", ")
    ))
}

/// Explains which other releases a device known by a digest may run.
fn twins(view: &DeviceView<'_>, Installed { position, known_by }: Installed<'_>) -> Option<String> {
    let (Position::Release(index), KnownBy::Digest) = (position, known_by) else { return None };
    let Release { version, artifact, .. } = view.release(index);
    let releases = view.component.releases().iter();
    let others = releases.filter(|other| other.artifact.md5 == artifact.md5 && other.version != *version);
    let others: Vec<&str> = others.map(|other| other.version.as_str()).collect();
    (!others.is_empty()).then(|| {
        let others = others.join(", ");
        format!("{others} has the same bytes: the oldest that is not withdrawn counts, unless installed= names another")
    })
}

/// Returns the versions on the path from a position to the target; empty if there is none.
fn way(view: &DeviceView<'_>, position: Position<'_>, target: usize) -> Vec<Version> {
    let (mut at, mut path) = (position, Vec::new());
    if view.closed(target).is_some() {
        return path;
    }
    // Each path is one step shorter than the one before, so this ends.
    while let Some(Path { first, .. }) = shortest_path(view, at, target) {
        path.push(view.release(first).version.clone());
        if first == target {
            break;
        }
        at = Position::Release(first);
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
