use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Channel, Component, Release};
use crate::words::{ChannelName, Version};

/// An operator's change to one component, which a store applies as one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// Releases that are added, or whose constraints change. Bytes of a release never change.
    pub releases: Vec<Release>,
    /// Channels that are set; `None` for a channel that is deleted.
    pub channels: BTreeMap<ChannelName, Option<Channel>>,
    /// Releases to delete as if they had never been published, as sample data are. Real releases are withdrawn instead.
    pub forgotten: BTreeSet<Version>,
}

impl Edit {
    /// Returns true if the edit changes nothing.
    pub fn is_empty(&self) -> bool {
        self.releases.is_empty() && self.channels.is_empty() && self.forgotten.is_empty()
    }
}

impl Component {
    /// Returns the component as an edit would leave it, for a check before anything is written.
    pub fn edited(&self, edit: &Edit) -> Component {
        let replaced = |release: &Release| edit.releases.iter().any(|new| new.version == release.version);
        let goes = |release: &Release| replaced(release) || edit.forgotten.contains(&release.version);
        let kept = self.releases().iter().filter(|release| !goes(release)).cloned();
        let releases = kept.chain(edit.releases.iter().cloned().map(Arc::new)).collect();
        let mut channels = self.channels.clone();
        for (name, channel) in &edit.channels {
            match channel {
                Some(channel) => channels.insert(name.clone(), channel.clone()),
                None => channels.remove(name),
            };
        }
        Component::new(self.name.clone(), self.revision, channels, releases)
    }
}
