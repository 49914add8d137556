use std::collections::BTreeSet;
use std::sync::Arc;

use super::combinations::combinations_with_unknown;
use super::{DeviceView, Facts, Position, shortest_path};
use crate::catalog::{Channel, Component, Release};
use crate::decide::Path;
use crate::words::Version;

/// Returns every release that a channel may deliver to some device, in the order of versions: the target, and each next
/// hop towards it from any release or unpublished version, for any facts, reported or not.
///
/// If requirements distinguish more classes of devices than can be tried, returns every release that is offered.
pub fn deliverable(component: &Component, channel: &Channel) -> Vec<Arc<Release>> {
    let releases = component.releases();
    let Some(target) = component.index(&channel.target) else { return Vec::new() };
    let Some(combinations) = combinations_with_unknown(component) else {
        return releases.iter().filter(|release| release.is_offered()).cloned().collect();
    };
    let unpublished = unpublished(component);
    let mut found = BTreeSet::new();
    for facts in &combinations {
        hops(component, channel, facts, target, &unpublished, &mut found);
    }
    found.into_iter().map(|index| Arc::clone(&releases[index])).collect()
}

/// Adds the releases that devices with these facts are given.
fn hops(
    component: &Component,
    channel: &Channel,
    facts: &Facts,
    target: usize,
    unpublished: &[(Version, usize)],
    found: &mut BTreeSet<usize>,
) {
    let view = DeviceView::new(component, channel, facts);
    if view.closed(target).is_some() {
        return;
    }
    // The target is added even if no device can reach it yet.
    found.insert(target);
    let on_releases = (0..component.releases().len()).map(Position::Release);
    let elsewhere = unpublished.iter().map(|(version, next)| Position::Unpublished(version, *next));
    let routes = on_releases.chain(elsewhere).filter_map(|position| shortest_path(&view, position, target));
    found.extend(routes.map(|Path { first, .. }| first));
}

/// Returns unpublished versions, each with the index of the first newer release: one for each class that the order of
/// releases and their ranges distinguish. Empty if releases verify signatures: an unpublished version is then given
/// nothing, because it is unknown which keys it trusts.
fn unpublished(component: &Component) -> Vec<(Version, usize)> {
    if component.graph().verifies {
        return Vec::new();
    }
    let releases = component.releases();
    let ranges = || releases.iter().filter_map(|release| release.from.as_ref());
    let mut named: Vec<&Version> = releases.iter().map(|release| &release.version).collect();
    named.extend(ranges().flat_map(|range| range.bounds()));
    // With these ends a version becomes itself, the next higher and the next lower one, within its neighbours.
    let ends = ["", ".0.1", ".1", "-alpha", "a"];
    let near = named.iter().flat_map(|version| ends.map(|end| format!("{version}{end}")));
    let mut seen = BTreeSet::new();
    near.chain(["0-alpha".to_owned(), "999999999".to_owned()])
        .filter_map(|text| text.parse::<Version>().ok())
        .filter_map(|version| {
            let next = releases.partition_point(|release| release.version.precedence(&version).is_lt());
            let published = releases.get(next).is_some_and(|release| release.version.is_same(&version));
            let inside: Vec<bool> = ranges().map(|range| range.contains(&version)).collect();
            (!published && seen.insert((next, inside))).then_some((version, next))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::catalog::{Artifact, Revision};
    use crate::words::{Digest, Sha256, Timestamp};

    fn release(version: &str) -> Release {
        let sha256 = Sha256::of(version.as_bytes());
        let artifact = Artifact { sha256, md5: Digest([0; 16]), size: 1, crc32: None, fragment: None };
        Release::new(version.parse().unwrap(), artifact, Timestamp(0))
    }

    fn versions(releases: Vec<Release>, target: &str) -> Vec<String> {
        let releases = releases.into_iter().map(Arc::new).collect();
        let component = Component::new("fw".parse().unwrap(), Revision(1), BTreeMap::new(), releases);
        let found = deliverable(&component, &Channel::new(target.parse().unwrap()));
        found.iter().map(|release| release.version.to_string()).collect()
    }

    #[test]
    fn the_target_and_what_must_come_before_it() {
        let barrier = || Release { barrier: Some("moves TURN".parse().unwrap()), ..release("5.6.30") };
        let all = || vec![release("5.6.14"), barrier(), release("6.0"), release("6.15"), release("7.0")];
        assert_eq!(versions(all(), "6.15"), ["5.6.30", "6.15"]);
        assert_eq!(versions(all(), "5.6.14"), ["5.6.14"]);
        assert_eq!(versions(all(), "8.0"), Vec::<String>::new());
    }

    /// No published release needs the bridge, but what lies between two of them does.
    #[test]
    fn what_only_an_unpublished_version_needs() {
        let over = |version: &str, from: &str| Release { from: Some(from.parse().unwrap()), ..release(version) };
        let all = vec![release("1.0"), over("1.9", ">=1.5"), over("2.0", ">=1.8"), over("2.1", "=1.0")];
        assert_eq!(versions(all.clone(), "2.0"), ["1.9", "2.0"]);
        assert_eq!(versions(all, "2.1"), ["1.0", "2.1"], "something older needs 1.0 first");
    }

    /// A device that says nothing of a fact may need another way than any that says something.
    #[test]
    fn what_only_a_silent_device_needs() {
        let requiring = |version: &str, fact: &str| Release {
            requires: BTreeSet::from([fact.parse().unwrap()]),
            from: Some(">=1.0".parse().unwrap()),
            ..release(version)
        };
        let over = Release { from: Some(">1.0".parse().unwrap()), ..release("3.0") };
        let all = vec![
            release("1.0"),
            Release { from: Some(">=1.0".parse().unwrap()), ..release("1.1") },
            requiring("1.2", "hw.rev<3"),
            requiring("1.3", "hw.rev>=3"),
            over,
        ];
        assert_eq!(versions(all, "3.0"), ["1.0", "1.1", "1.2", "1.3", "3.0"]);
    }

    #[test]
    fn what_is_withdrawn_leads_nowhere() {
        let dead = Release { dead_end: Some("bricks".parse().unwrap()), ..release("2.0") };
        assert_eq!(versions(vec![release("1.0"), dead.clone()], "2.0"), Vec::<String>::new());
        assert_eq!(versions(vec![release("1.0"), dead, release("3.0")], "3.0"), ["3.0"]);
    }

    #[test]
    fn too_many_ways_to_tell_devices_apart_mean_everything() {
        let requires = (0..20).map(|number| format!("hw.f{number}=1").parse().unwrap()).collect();
        let all = vec![release("1.0"), Release { requires, ..release("2.0") }, release("3.0")];
        assert_eq!(versions(all, "1.0"), ["1.0", "2.0", "3.0"]);
    }
}
