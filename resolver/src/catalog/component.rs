use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Graph, Release, heap};
use crate::words::{AttributeName, ChannelName, ComponentKey, ComponentName, Reason, Version};

/// A component with its channels and releases: one partition of a store, read and cached as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The name in its published spelling.
    pub name: ComponentName,
    /// Revision of the component that these records are.
    pub revision: Revision,
    /// Channels that devices follow.
    pub channels: BTreeMap<ChannelName, Channel>,
    releases: Vec<Arc<Release>>,
    graph: Graph,
}

/// Fetched components, by the key they were looked up with. More components than a query needs do no harm.
pub type Components = BTreeMap<ComponentKey, Arc<Component>>;

/// Number of writes to a component. A write names the revision it is based on, so that two operators cannot overwrite
/// each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

/// A named line of releases, and the attributes that select it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The release that the channel points at.
    pub target: Version,
    /// Attributes that select the component for a device that asks for one of them on this channel.
    #[serde(default)]
    pub attributes: BTreeSet<AttributeName>,
    /// Whether a device on a release newer than the target is downgraded to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_downgrade: bool,
    /// Operator's reason for a change that strands devices; `None` if it stranded none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<Reason>,
}

impl Component {
    /// Creates a component without channels or releases.
    pub fn empty(name: ComponentName) -> Self {
        Component::new(name, Revision::default(), BTreeMap::new(), Vec::new())
    }

    /// Builds a component from its records, in any order. No two releases may have versions of the same spelling.
    pub fn new(
        name: ComponentName,
        revision: Revision,
        channels: BTreeMap<ChannelName, Channel>,
        mut releases: Vec<Arc<Release>>,
    ) -> Self {
        releases.sort_by(|a, b| a.version.cmp(&b.version));
        let graph = Graph::new(&releases);
        Component { name, revision, channels, releases, graph }
    }

    /// Returns all releases in the order of their versions.
    pub fn releases(&self) -> &[Arc<Release>] {
        &self.releases
    }

    /// Returns the graph of steps between the releases.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Estimates the memory that the component occupies, in bytes; caches limit themselves by it.
    pub fn heap_bytes(&self) -> usize {
        let channel = |(name, channel): (&ChannelName, &Channel)| {
            let attributes = channel.attributes.iter().map(|attribute| heap::text(attribute.as_str())).sum::<usize>();
            heap::text(name.as_str())
                + heap::text(channel.target.as_str())
                + heap::tree(channel.attributes.len(), size_of::<AttributeName>())
                + attributes
                + heap::optional(channel.forced.as_ref().map(Reason::as_str))
        };
        size_of::<Component>()
            + heap::text(self.name.as_str())
            + heap::tree(self.channels.len(), size_of::<(ChannelName, Channel)>())
            + self.channels.iter().map(channel).sum::<usize>()
            + heap::vector(self.releases.len(), size_of::<Arc<Release>>())
            + self.releases.iter().map(|release| release.heap_bytes()).sum::<usize>()
            + self.graph.heap_bytes()
    }

    /// Returns the release of this version, by its published spelling.
    pub fn release(&self, version: &Version) -> Option<&Arc<Release>> {
        self.index(version).map(|index| &self.releases[index])
    }

    /// Returns the index of the release of this spelling among [`Self::releases`].
    pub fn index(&self, version: &Version) -> Option<usize> {
        self.releases.binary_search_by(|release| release.version.cmp(version)).ok()
    }
}

impl Channel {
    /// Creates a channel that no attribute selects.
    pub fn new(target: Version) -> Channel {
        Channel { target, attributes: BTreeSet::new(), allow_downgrade: false, forced: None }
    }
}
