use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Graph, Release, heap};
use crate::words::{AttributeName, ChannelName, ComponentKey, ComponentName, Reason, Version};

/// One component with its channels and releases: a store's partition, read and cached as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The name in its published spelling.
    pub name: ComponentName,
    /// Which of its states this is.
    pub revision: Revision,
    /// The lines of releases that devices follow.
    pub channels: BTreeMap<ChannelName, Channel>,
    releases: Vec<Arc<Release>>,
    graph: Graph,
}

/// Components that were fetched, by the key they were looked up with. More than was asked for does no harm.
pub type Components = BTreeMap<ComponentKey, Arc<Component>>;

/// The number of writes that a component has seen. A write names the revision it was decided on, so that two operators
/// cannot overwrite each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

/// A named line of releases, and who wants it without asking for it by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The release that the channel points at.
    pub target: Version,
    /// A device with any of these attributes, on this channel, gets the component.
    #[serde(default)]
    pub attributes: BTreeSet<AttributeName>,
    /// A device on a newer release than the target goes down to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_downgrade: bool,
    /// Why it was set although devices would be stranded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<Reason>,
}

impl Component {
    /// A component of which nothing is published yet.
    pub fn empty(name: ComponentName) -> Self {
        Component::new(name, Revision::default(), BTreeMap::new(), Vec::new())
    }

    /// Puts a partition together from its records, read in whatever order. Two releases never share a spelling.
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

    /// Every release, in the order of their versions.
    pub fn releases(&self) -> &[Arc<Release>] {
        &self.releases
    }

    /// What follows from the releases alone about the paths between them.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// An estimate of the memory that it takes, in bytes: a cache of components is limited by it.
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

    /// The release of this version, by its published spelling.
    pub fn release(&self, version: &Version) -> Option<&Arc<Release>> {
        self.index(version).map(|index| &self.releases[index])
    }

    /// Where the release of this spelling stands among [`Self::releases`].
    pub fn index(&self, version: &Version) -> Option<usize> {
        self.releases.binary_search_by(|release| release.version.cmp(version)).ok()
    }
}

impl Channel {
    /// A channel that nobody wants by an attribute.
    pub fn new(target: Version) -> Channel {
        Channel { target, attributes: BTreeSet::new(), allow_downgrade: false, forced: None }
    }
}
