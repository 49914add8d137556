use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use resolver::catalog::{Artifact, Channel, Component, Release, Revision};
use resolver::words::{AttributeName, ChannelName, ComponentKey, ComponentName, Sha256, Timestamp, Version};

use super::item::SampleItem;
use super::reading::Inspected;

/// Contents of the sample's table and bucket at one point in time.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) components: BTreeMap<ComponentKey, Component>,
    /// Components that each attribute selects, in the order of their keys.
    pub(crate) wanting: BTreeMap<AttributeName, Vec<ComponentKey>>,
    pub(crate) objects: BTreeMap<Sha256, Object>,
    /// Items that are not served, with the reasons.
    pub(crate) left_out: BTreeSet<String>,
}

/// Object in the bucket with the bytes of a digest.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// Name of the object in the bucket.
    pub(crate) name: String,
    pub(crate) artifact: Artifact,
    pub(crate) etag: Option<String>,
    pub(crate) modified: Timestamp,
}

/// Builder of a component: its channels and releases so far, with the items that they come from.
struct ComponentBuilder {
    name: ComponentName,
    channels: BTreeMap<ChannelName, (Channel, String)>,
    releases: BTreeMap<Version, (Release, String)>,
}

impl Directory {
    /// Builds a directory from items and their objects. A component that is unchanged from `before` keeps its revision.
    ///
    /// Of two contradicting items, the one that sorts first is kept, so that all processes decide alike.
    pub(crate) fn new(
        mut items: Vec<(SampleItem, Inspected)>,
        left_out: BTreeSet<String>,
        before: Option<&Directory>,
    ) -> Directory {
        items.sort_by(|(a, _), (b, _)| a.label.cmp(&b.label));
        let mut directory = Directory { left_out, ..Directory::default() };
        let mut builders: BTreeMap<ComponentKey, ComponentBuilder> = BTreeMap::new();
        for (item, inspected) in items {
            let component = builders.entry(item.component.key()).or_insert_with(|| ComponentBuilder {
                name: item.component.clone(),
                channels: BTreeMap::new(),
                releases: BTreeMap::new(),
            });
            match component.add(&item, &inspected) {
                Ok(()) => {
                    let Inspected { artifact, etag, modified } = inspected;
                    let sha256 = artifact.sha256;
                    directory.objects.entry(sha256).or_insert(Object { name: item.object, artifact, etag, modified });
                }
                Err(why) => {
                    directory.left_out.insert(format!("{}: {why}", item.label));
                }
            }
        }
        for (key, builders) in builders {
            let component = builders.build(before.and_then(|before| before.components.get(&key)));
            let wanted: BTreeSet<_> = component.channels.values().flat_map(|channel| &channel.attributes).collect();
            for attribute in wanted {
                directory.wanting.entry(attribute.clone()).or_default().push(key.clone());
            }
            directory.components.insert(key, component);
        }
        directory
    }
}

impl ComponentBuilder {
    fn add(&mut self, item: &SampleItem, inspected: &Inspected) -> Result<(), String> {
        if let Some((_, other)) = self.channels.get(&item.channel) {
            return Err(format!("{other} is the same channel of the same component: delete one of them"));
        }
        match self.releases.get(&item.version) {
            Some((release, other)) if release.artifact.sha256 != inspected.artifact.sha256 => {
                return Err(format!("{other} has other bytes under the same version {}", item.version));
            }
            Some(_) => {}
            None => {
                let release = Release::new(item.version.clone(), inspected.artifact.clone(), inspected.modified);
                self.releases.insert(item.version.clone(), (release, item.label.clone()));
            }
        }
        let channel = Channel {
            attributes: item.attributes.clone(),
            // The sample delivers an item's version whatever a device runs, which is how its operators downgrade.
            allow_downgrade: true,
            ..Channel::new(item.version.clone())
        };
        self.channels.insert(item.channel.clone(), (channel, item.label.clone()));
        Ok(())
    }

    fn build(self, before: Option<&Component>) -> Component {
        let channels: BTreeMap<_, _> = self.channels.into_iter().map(|(name, (channel, _))| (name, channel)).collect();
        let releases = self.releases.into_values().map(|(release, _)| Arc::new(release)).collect();
        let revision = before.map_or(Revision(1), |before| before.revision);
        let mut component = Component::new(self.name, revision, channels, releases);
        if before.is_some_and(|before| *before != component) {
            component.revision = Revision(revision.0 + 1);
        }
        component
    }
}
