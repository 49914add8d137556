use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Artifact;
use crate::words::{AttributeName, ChannelName, ComponentKey, ComponentName, Md5, Timestamp, Version};

/// One component with its channels and releases: a store's partition, read and cached as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The name in its published spelling.
    pub name: ComponentName,
    /// The lines of releases that devices follow.
    pub channels: BTreeMap<ChannelName, Channel>,
    /// Every release, in the order of publication (in one second, of version); two never share a version.
    pub releases: Vec<Arc<Release>>,
}

/// Components that were fetched, by the key they were looked up with. More than was asked for does no harm.
pub type Components = BTreeMap<ComponentKey, Arc<Component>>;

/// A named line of releases, and who wants it without asking for it by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The release that the channel points at.
    pub target: Version,
    /// A device with any of these attributes, on this channel, gets the component.
    #[serde(default)]
    pub attributes: BTreeSet<AttributeName>,
}

/// One version of one component. Never changed once published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The version in its published spelling.
    pub version: Version,
    /// The bytes.
    pub artifact: Artifact,
    /// When it was published.
    pub published: Timestamp,
}

impl Component {
    /// Puts a partition together from its records, read in whatever order.
    pub fn new(name: ComponentName, channels: BTreeMap<ChannelName, Channel>, mut releases: Vec<Arc<Release>>) -> Self {
        releases.sort_by(|a, b| (a.published, a.version.as_str()).cmp(&(b.published, b.version.as_str())));
        Component { name, channels, releases }
    }

    /// The release of this version, by its published spelling.
    pub fn release(&self, version: &Version) -> Option<&Arc<Release>> {
        self.releases.iter().find(|release| release.version == *version)
    }

    /// The release whose artifact has this digest. Of two with the same bytes, the one published last.
    pub fn release_of(&self, digest: &Md5) -> Option<&Arc<Release>> {
        self.releases.iter().rev().find(|release| release.artifact.md5 == *digest)
    }
}
