use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use resolver::catalog::{Artifact, Channel, Component, Release, Revision};
use resolver::words::{AttributeName, ChannelName, ComponentKey, ComponentName, Sha256, Timestamp, Version};

use super::item::SampleItem;
use super::learn::Learned;

/// What the sample's table and bucket say at one moment.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) components: BTreeMap<ComponentKey, Component>,
    /// Who wants an attribute, in the order of their keys.
    pub(crate) wanting: BTreeMap<AttributeName, Vec<ComponentKey>>,
    pub(crate) objects: BTreeMap<Sha256, Object>,
    /// What is not served, and why.
    pub(crate) left_out: BTreeSet<String>,
}

/// Where the bytes of a digest are.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// The object's name in the bucket.
    pub(crate) name: String,
    pub(crate) artifact: Artifact,
    pub(crate) etag: Option<String>,
    pub(crate) modified: Timestamp,
}

/// A component on its way: what was found of it, and in which item.
struct Growing {
    name: ComponentName,
    channels: BTreeMap<ChannelName, (Channel, String)>,
    releases: BTreeMap<Version, (Release, String)>,
}

impl Directory {
    /// Puts items and what their objects are in order. What is as it was `before` keeps its revision.
    ///
    /// Of two items that cannot both be true the one that sorts first stays, so that every process decides alike.
    pub(crate) fn new(
        mut items: Vec<(SampleItem, Learned)>,
        left_out: BTreeSet<String>,
        before: Option<&Directory>,
    ) -> Directory {
        items.sort_by(|(a, _), (b, _)| a.label.cmp(&b.label));
        let mut directory = Directory { left_out, ..Directory::default() };
        let mut growing: BTreeMap<ComponentKey, Growing> = BTreeMap::new();
        for (item, learned) in items {
            let component = growing.entry(item.component.key()).or_insert_with(|| Growing {
                name: item.component.clone(),
                channels: BTreeMap::new(),
                releases: BTreeMap::new(),
            });
            match component.add(&item, &learned) {
                Ok(()) => {
                    let Learned { artifact, etag, modified } = learned;
                    let sha256 = artifact.sha256;
                    directory.objects.entry(sha256).or_insert(Object { name: item.object, artifact, etag, modified });
                }
                Err(why) => {
                    directory.left_out.insert(format!("{}: {why}", item.label));
                }
            }
        }
        for (key, growing) in growing {
            let component = growing.grown(before.and_then(|before| before.components.get(&key)));
            let wanted: BTreeSet<_> = component.channels.values().flat_map(|channel| &channel.attributes).collect();
            for attribute in wanted {
                directory.wanting.entry(attribute.clone()).or_default().push(key.clone());
            }
            directory.components.insert(key, component);
        }
        directory
    }
}

impl Growing {
    fn add(&mut self, item: &SampleItem, learned: &Learned) -> Result<(), String> {
        if let Some((_, other)) = self.channels.get(&item.channel) {
            return Err(format!("{other} is the same channel of the same component: delete one of them"));
        }
        match self.releases.get(&item.version) {
            Some((release, other)) if release.artifact.sha256 != learned.artifact.sha256 => {
                return Err(format!("{other} has other bytes under the same version {}", item.version));
            }
            Some(_) => {}
            None => {
                let release = Release::new(item.version.clone(), learned.artifact.clone(), learned.modified);
                self.releases.insert(item.version.clone(), (release, item.label.clone()));
            }
        }
        let channel = Channel {
            attributes: item.attributes.clone(),
            // The sample hands out what an item says, whatever a device runs: that is how its operators go back.
            allow_downgrade: true,
            ..Channel::new(item.version.clone())
        };
        self.channels.insert(item.channel.clone(), (channel, item.label.clone()));
        Ok(())
    }

    fn grown(self, before: Option<&Component>) -> Component {
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
