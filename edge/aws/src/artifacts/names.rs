//! Where objects lie in a bucket.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use resolver::catalog::ObjectKey;
use resolver::words::Sha256;

/// What a folder of objects is called, and how a digest names one of them.
type Kind = (&'static str, fn(Sha256) -> ObjectKey);

/// The folders. Hidden objects are in folders like these below [`ASIDE`], which no path of the CDN leads to.
pub(crate) const KINDS: [Kind; 2] = [("blobs/", ObjectKey::Blob), ("fragments/", ObjectKey::Fragment)];

const ASIDE: &str = "aside/";

/// Where the claims of restores from cold storage are. No path of the CDN leads there.
pub(super) const RESTORES: &str = "restores/";

/// Where the rights are that one process has at a time. No path of the CDN leads there.
pub(super) const LOCKS: &str = "locks/";

/// Where everything that edgehop puts into a bucket is, below its prefix. What lies there may be deleted as garbage.
pub(crate) const OWN_FOLDERS: [&str; 5] = ["blobs/", "fragments/", ASIDE, RESTORES, LOCKS];

/// What stays as it is in the header that names the source of a copy.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A place in a bucket: where an object is while it is shown, or while it is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    Shown,
    Aside,
}

impl Where {
    /// The name of an object there.
    pub(crate) fn name(self, prefix: &str, key: &ObjectKey) -> String {
        self.folder(prefix, &key.to_string())
    }

    /// The name of a folder there.
    pub(crate) fn folder(self, prefix: &str, folder: &str) -> String {
        match self {
            Where::Shown => format!("{prefix}{folder}"),
            Where::Aside => format!("{prefix}{ASIDE}{folder}"),
        }
    }
}

/// The name of the signature beside an artifact.
pub(crate) fn signature(prefix: &str, artifact: &Sha256) -> String {
    format!("{}.minisig", Where::Shown.name(prefix, &ObjectKey::Blob(*artifact)))
}

/// How a copy names its source.
pub(crate) fn source(bucket: &str, name: &str) -> String {
    format!("{bucket}/{}", utf8_percent_encode(name, KEPT))
}
