//! Components that the drawings are tested with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use resolver::catalog::{Artifact, Channel, Component, Components, Release, Revision, Signature, Withdrawal};
use resolver::check::Facts;
use resolver::decide::{Outcome, decide};
use resolver::query::{Ladder, Query};
use resolver::words::{ChannelName, Md5, PublicKey, Sha256, Timestamp, Version};

use super::{Survey, survey};

/// Every character that one of the languages drawn in reads as its own, an emoji that is several characters, Hebrew,
/// and one that XML cannot say.
pub(super) const HOSTILE: &str =
    "\"><script>alert('x')</script> ]]> & &lt; \\N \\\" #quot; `b` *c* -- 1. | 👩‍🚒 שלום \u{202e}x \u{ffff}";

const MINISIG: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1556193335\tfile:test
y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==
";
const FIRST_KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
const SECOND_KEY: &str = "RWQf6LRCGA9j53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// The module of the sample data.
pub(super) fn ip_module() -> Component {
    let barrier = Release { barrier: Some("moves TURN to MQTT".parse().unwrap()), ..release("5.6.30") };
    component("ipModule", vec![release("5.6.14"), barrier, release("6.15.008")], &[("prod", "6.15.008")])
}

/// A key that changes, a barrier taken over, a dead end, facts, a range, and a channel that goes down.
pub(super) fn rotation() -> Component {
    let (first, second): (PublicKey, PublicKey) = (FIRST_KEY.parse().unwrap(), SECOND_KEY.parse().unwrap());
    let signed = |version: &str, key: PublicKey, trusts: &[PublicKey]| Release {
        signature: Some(Signature { key, minisig: MINISIG.parse().unwrap() }),
        trusts: BTreeSet::from_iter(trusts.iter().copied()),
        ..release(version)
    };
    let withdrawn = Withdrawal {
        reason: "erases the calibration of boards built before 2019".parse().unwrap(),
        at: Timestamp(0),
        superseded_by: Some("1.5".parse().unwrap()),
    };
    let releases = vec![
        signed("1.0", first, &[first]),
        Release {
            barrier: Some("new partitions".parse().unwrap()),
            withdrawn: Some(withdrawn),
            ..signed("1.4", first, &[first])
        },
        Release { barrier: Some("new partitions, twice".parse().unwrap()), ..signed("1.5", first, &[first]) },
        signed("2.0", first, &[first, second]),
        Release { dead_end: Some("wipes its own loader".parse().unwrap()), ..signed("2.1", second, &[second]) },
        Release {
            requires: BTreeSet::from(["hw.rev>=3".parse().unwrap()]),
            floor: Some("2.0".parse().unwrap()),
            ..signed("3.0", second, &[second])
        },
        Release { from: Some(">=2.0, <3.1".parse().unwrap()), ..signed("3.0.1", second, &[second]) },
        signed("3.2", second, &[second]),
    ];
    let mut component = component("camera", releases, &[("beta", "3.2"), ("old", "1.5"), ("prod", "3.0.1")]);
    component.channels.get_mut("old".parse::<ChannelName>().as_ref().unwrap()).unwrap().allow_downgrade = true;
    component
}

/// Text that means something in every language drawn in, and versions with all their characters.
pub(super) fn hostile() -> Component {
    let text = || Some(HOSTILE.parse().unwrap());
    let withdrawn = Withdrawal { reason: text().unwrap(), at: Timestamp(0), superseded_by: None };
    let releases = vec![
        release("v1.0~rc1"),
        release("1.0-beta:2_x+7"),
        Release { barrier: text(), ..release("1.1") },
        Release { dead_end: text(), ..release("1.2.") },
        Release { withdrawn: Some(withdrawn), ..release("1.3") },
        release("2024.01.02-a-version-as-long-as-versions-can-be1"),
    ];
    component("odd-one", releases, &[("prod", "2024.01.02-a-version-as-long-as-versions-can-be1"), ("www.x", "1.3")])
}

/// Many releases, with a barrier every `step`.
pub(super) fn many(count: usize, step: usize) -> Component {
    let one = |index: usize| {
        let barrier = (index % step == step / 2).then(|| format!("step {index} of the way").parse().unwrap());
        Release { barrier, ..release(&format!("1.{index}")) }
    };
    let (beta, prod) = (format!("1.{}", count - 1), format!("1.{}", count - 1 - step));
    component("many", (0..count).map(one).collect(), &[("beta", &beta), ("prod", &prod)])
}

/// The survey of every channel for devices that say no fact.
pub(super) fn seen(component: &Component) -> Survey {
    survey(component, &Facts::new(), &BTreeSet::new(), Timestamp(0))
}

/// Every hop that the resolver gives, asked as a device asks: by a query's text.
pub(super) fn hops(component: &Component) -> Vec<(ChannelName, Version, Version)> {
    let components = Components::from([(component.name.key(), Arc::new(component.clone()))]);
    let mut hops = Vec::new();
    for channel in component.channels.keys() {
        for release in component.releases() {
            let (name, version) = (&component.name, release.version.as_str().replace('+', "%2B"));
            let query = format!("{name}={channel}&installed={name}@{version}");
            let query = Query::parse(&query, None, &Ladder::default()).unwrap().query;
            for entry in decide(&query, &components, Timestamp(0)).entries {
                if let Outcome::Install { release: to, .. } = entry.outcome {
                    hops.push((channel.clone(), release.version.clone(), to.version.clone()));
                }
            }
        }
    }
    hops
}

fn component(name: &str, releases: Vec<Release>, channels: &[(&str, &str)]) -> Component {
    let channels = channels.iter().map(|(name, target)| (name.parse().unwrap(), Channel::new(target.parse().unwrap())));
    let releases = releases.into_iter().map(Arc::new).collect();
    Component::new(name.parse().unwrap(), Revision(1), BTreeMap::from_iter(channels), releases)
}

fn release(version: &str) -> Release {
    let sha256 = Sha256::of(version.as_bytes());
    let artifact = Artifact { sha256, md5: Md5::from_hex(&[b'0'; 32]).unwrap(), size: 1, crc32: None, fragment: None };
    Release::new(version.parse().unwrap(), artifact, Timestamp(0))
}
