//! A drawn catalog as the resolver takes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use resolver::catalog::{Artifact, Channel, Component, Components, Release, Revision, Withdrawal};
use resolver::decide::Lookups;
use resolver::words::{Reason, Sha256, Timestamp};

use crate::draw::{Catalog, Row, Shipped};
use crate::keys::{public_key, signature};

/// Every component of a catalog.
pub(crate) fn components(catalog: &Catalog) -> Components {
    let rows = catalog.rows.iter().map(|row| &row.component);
    let mut names: Vec<&String> = rows.chain(catalog.releases.iter().map(|release| &release.component)).collect();
    names.sort();
    names.dedup();
    names.into_iter().map(|name| component(catalog, name)).map(|one| (one.name.key(), Arc::new(one))).collect()
}

/// Those of them that a store would be asked for: by name, and through its index of attributes.
pub(crate) fn fetched(components: &Components, lookups: &Lookups) -> Components {
    let wanted = |component: &Component| {
        let wants = |channel: &Channel| channel.attributes.intersection(&lookups.attributes).next().is_some();
        lookups.components.contains(&component.name.key()) || component.channels.values().any(wants)
    };
    components.iter().filter(|(_, one)| wanted(one)).map(|(key, one)| (key.clone(), Arc::clone(one))).collect()
}

fn component(catalog: &Catalog, name: &str) -> Component {
    let rows = catalog.rows.iter().filter(|row| row.component == name);
    let channels: BTreeMap<_, _> = rows.map(|row| (row.channel.parse().unwrap(), channel(row))).collect();
    let shipped = catalog.releases.iter().filter(|release| release.component == name);
    let releases = shipped.map(|one| Arc::new(release(one))).collect();
    Component::new(name.parse().unwrap(), Revision(1), channels, releases)
}

fn channel(row: &Row) -> Channel {
    Channel {
        attributes: row.attributes.iter().map(|name| name.parse().unwrap()).collect(),
        allow_downgrade: row.allow_downgrade,
        ..Channel::new(row.target.parse().unwrap())
    }
}

/// Artifacts with the same MD5 are the same.
fn release(shipped: &Shipped) -> Release {
    let artifact = Artifact {
        sha256: Sha256::of(shipped.md5.as_bytes()),
        md5: shipped.md5.parse().unwrap(),
        size: 1_000,
        crc32: Some(0),
        fragment: None,
    };
    let from: Vec<String> = shipped.from.iter().map(|(operator, bound)| format!("{operator}{bound}")).collect();
    Release {
        signature: shipped.key.map(signature),
        trusts: shipped.trusts.iter().map(|number| public_key(*number)).collect(),
        requires: shipped.requires.iter().map(|(text, ..)| text.parse().unwrap()).collect(),
        from: (!from.is_empty()).then(|| from.join(", ").parse().unwrap()),
        barrier: shipped.barrier.then(reason),
        dead_end: shipped.dead_end.then(reason),
        floor: shipped.floor.map(|floor| floor.parse().unwrap()),
        withdrawn: shipped.withdrawn.then(|| withdrawal(shipped)),
        ..Release::new(shipped.version.parse().unwrap(), artifact, Timestamp(shipped.published))
    }
}

fn withdrawal(shipped: &Shipped) -> Withdrawal {
    let superseded_by = shipped.superseded_by.map(|version| version.parse().unwrap());
    Withdrawal { reason: reason(), at: Timestamp(0), superseded_by }
}

fn reason() -> Reason {
    "drawn".parse().unwrap()
}
