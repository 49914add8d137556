use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Channel, Component, Release};
use crate::words::{ChannelName, Version};

/// What an operator changes of one component, all at once: a store does the whole of it or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// Releases added, or with other constraints than before. Their bytes never change.
    pub releases: Vec<Release>,
    /// Channels as they will be; `None` for one that goes away.
    pub channels: BTreeMap<ChannelName, Option<Channel>>,
    /// Releases to forget as if they had never been published, which is right for made-up ones. Real ones are withdrawn.
    pub forgotten: BTreeSet<Version>,
}

impl Edit {
    /// It changes nothing.
    pub fn is_empty(&self) -> bool {
        self.releases.is_empty() && self.channels.is_empty() && self.forgotten.is_empty()
    }
}

impl Component {
    /// The component as it would be after an edit: what a check looks at before anything is written.
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
