use std::sync::Arc;

use super::installed::Installed;
use super::outcome::{Entry, Outcome};
use crate::catalog::{Channel, Component, Release};
use crate::words::ChannelName;

/// The next hop from what is installed towards the channel's target.
///
/// No release is constrained yet, so every path is one hop long: the target itself, unless the device has it.
pub(super) fn next(
    component: &Component,
    channel_name: &ChannelName,
    channel: &Channel,
    installed: Installed<'_>,
) -> Entry {
    let (outcome, reason) = match component.release(&channel.target) {
        Some(target) if runs(&installed, target) => {
            (Outcome::Have(Arc::clone(target)), format!("already on the target of {channel_name}").into())
        }
        Some(target) => {
            let install = Outcome::Install { release: Arc::clone(target), hops_remaining: 0 };
            (install, format!("the target of {channel_name}").into())
        }
        None => (Outcome::Withdrawn, format!("{channel_name} points at a release that is not published").into()),
    };
    Entry { component: component.name.clone(), target: channel.target.clone(), outcome, reason }
}

fn runs(installed: &Installed<'_>, target: &Release) -> bool {
    match installed {
        Installed::Said(version) => **version == target.version,
        Installed::Has(releases) => releases.iter().any(|release| release.artifact.md5 == target.artifact.md5),
        Installed::Unknown => false,
    }
}
