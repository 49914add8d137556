//! Keys and attributes of the table's items. `#` is in no component, channel or attribute, and in every key pair here, so
//! nothing collides with an item of the sample's, whose range key is a bare channel; nor does any attribute with those
//! of the sample: `version`, `md5`, `url`, `ident`, `deviceAttr`, `cpuArch`.

use resolver::words::{AttributeName, ChannelName, Version};

/// The hash key: which component, or which list.
pub(crate) const APP: &str = "app";

/// The range key: which of the component's items, or who is on the list.
pub(crate) const ENV: &str = "env";

/// The item that makes a component. It comes first in the partition: `#` sorts before every letter and digit.
pub(crate) const HEAD: &str = "#component";

/// The list of every component.
pub(crate) const COMPONENTS: &str = "#components";

/// The entry on that list that is no component: how far the sample's items are adopted. It comes first, too.
pub(crate) const ADOPTION: &str = "#adoption";

/// What that entry says.
pub(crate) const STATE: &str = "state";

/// A channel or a release, in JSON.
pub(crate) const RECORD: &str = "record";

/// Which of its component's transactions an item is of. An item without it is not edgehop's.
pub(crate) const STEP: &str = "step";

/// The component's revision.
pub(crate) const REVISION: &str = "revision";

/// The digest of a release's bytes, for the condition that they never change.
pub(crate) const SHA256: &str = "sha256";

/// The component's name as it was published.
pub(crate) const SPELLING: &str = "spelling";

/// What a component's channels and releases add up to.
pub(crate) const CHECK: &str = "check";

/// The transactions whose items do not count yet.
pub(crate) const HIDDEN: &str = "hidden";

/// The attributes on whose lists the component is.
pub(crate) const LISTED: &str = "listed";

/// Which layout of the table this is.
pub(crate) const LAYOUT: &str = "layout";

const CHANNEL: &str = "channel#";

const RELEASE: &str = "release#";

const WANTING: &str = "attr#";

/// The range key of a channel.
pub(crate) fn channel(name: &ChannelName) -> String {
    format!("{CHANNEL}{name}")
}

/// The name of the channel that has this range key; `None` if it is no channel's.
pub(crate) fn channel_name(env: &str) -> Option<&str> {
    env.strip_prefix(CHANNEL)
}

/// The range key of a release.
pub(crate) fn release(version: &Version) -> String {
    format!("{RELEASE}{version}")
}

/// Another range key of a release, so that it can be there twice: as it is, and as it will be.
pub(crate) fn again(release: &str, step: u64) -> String {
    format!("{release}#{step}")
}

/// What a range key stands for: a channel, or a release by its first range key.
pub(crate) fn slot(env: &str) -> &str {
    match env.strip_prefix(RELEASE).and_then(|version| version.split_once('#')) {
        Some((version, _)) => &env[..RELEASE.len() + version.len()],
        None => env,
    }
}

/// A range key is a release's.
pub(crate) fn is_release(env: &str) -> bool {
    env.starts_with(RELEASE)
}

/// The hash key of the list of components that want an attribute.
pub(crate) fn wanting(attribute: &AttributeName) -> String {
    format!("{WANTING}{attribute}")
}

/// An item, as messages name it.
pub(crate) fn item(app: &str, env: &str) -> String {
    format!("item {app} {env}")
}
