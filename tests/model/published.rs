//! A drawn catalog as the resolver takes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use resolver::catalog::{Artifact, Channel, Component, Components, Release};
use resolver::decide::Lookups;
use resolver::words::{Sha256, Timestamp};

use crate::draw::{Catalog, Row, Shipped};

/// Every component of a catalog.
pub(crate) fn components(catalog: &Catalog) -> Components {
    let rows = catalog.rows.iter().map(|row| &row.component);
    let names: Vec<&String> = rows.chain(catalog.releases.iter().map(|release| &release.component)).collect();
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
    Component::new(name.parse().unwrap(), channels, shipped.map(|one| Arc::new(release(one))).collect())
}

fn channel(row: &Row) -> Channel {
    Channel {
        target: row.target.parse().unwrap(),
        attributes: row.attributes.iter().map(|name| name.parse().unwrap()).collect(),
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
    Release { version: shipped.version.parse().unwrap(), artifact, published: Timestamp(shipped.published) }
}
