//! Keys and attributes of the table's items.
//!
//! Every key pair contains a `#`, which no component, channel or attribute does, so that no item collides with one of the
//! AWS sample, whose range key is a bare channel. No attribute has the name of one of the sample: `version`, `md5`,
//! `url`, `ident`, `deviceAttr`, `cpuArch`.

use resolver::words::{AttributeName, ChannelName, Version};

/// Hash key: a component or a list.
pub(crate) const APP: &str = "app";

/// Range key: an item of the component, or an entry of the list.
pub(crate) const ENV: &str = "env";

/// Range key of a component's own item. It is the first of the partition, because `#` sorts before letters and digits.
pub(crate) const HEAD: &str = "#component";

/// Hash key of the list of all components.
pub(crate) const COMPONENTS: &str = "#components";

/// Range key of the adoption state of the AWS sample's items, the first entry of the list of all components.
pub(crate) const ADOPTION: &str = "#adoption";

/// Hash key of the list of key-value stores that hold the cache vocabulary.
pub(crate) const KNOWN_WORDS: &str = "#known-words";

/// State of an adoption.
pub(crate) const STATE: &str = "state";

/// Record of a channel or a release, in JSON.
pub(crate) const RECORD: &str = "record";

/// Transaction of the component that wrote the item. Items without it are not edgehop's.
pub(crate) const STEP: &str = "step";

/// Revision of a component.
pub(crate) const REVISION: &str = "revision";

/// Digest of a release's bytes, for the condition that they never change.
pub(crate) const SHA256: &str = "sha256";

/// Name of a component in its published spelling.
pub(crate) const SPELLING: &str = "spelling";

/// Checksum of a component's channels and releases.
pub(crate) const CHECK: &str = "check";

/// Transactions whose items are not visible yet.
pub(crate) const HIDDEN: &str = "hidden";

/// Attributes on whose lists the component is.
pub(crate) const LISTED: &str = "listed";

/// Version of the table's layout.
pub(crate) const LAYOUT: &str = "layout";

const CHANNEL: &str = "channel#";

const RELEASE: &str = "release#";

const WANTING: &str = "attr#";

/// Returns the range key of a channel.
pub(crate) fn channel(name: &ChannelName) -> String {
    format!("{CHANNEL}{name}")
}

/// Returns the name of the channel with this range key; `None` if it is not a channel's.
pub(crate) fn channel_name(env: &str) -> Option<&str> {
    env.strip_prefix(CHANNEL)
}

/// Returns the range key of a release.
pub(crate) fn release(version: &Version) -> String {
    format!("{RELEASE}{version}")
}

/// Returns a second range key of a release, so that both its current and its next state can be in the table.
pub(crate) fn again(release: &str, step: u64) -> String {
    format!("{release}#{step}")
}

/// Returns the slot of a range key: a channel's range key, or a release's first one.
pub(crate) fn slot(env: &str) -> &str {
    match env.strip_prefix(RELEASE).and_then(|version| version.split_once('#')) {
        Some((version, _)) => &env[..RELEASE.len() + version.len()],
        None => env,
    }
}

/// Returns true if a range key is a release's.
pub(crate) fn is_release(env: &str) -> bool {
    env.starts_with(RELEASE)
}

/// Returns the hash key of the list of components that an attribute selects.
pub(crate) fn wanting(attribute: &AttributeName) -> String {
    format!("{WANTING}{attribute}")
}

/// Returns an item's name in messages.
pub(crate) fn item(app: &str, env: &str) -> String {
    format!("item {app} {env}")
}
