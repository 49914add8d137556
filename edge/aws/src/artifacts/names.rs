//! Names of objects in a bucket.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use resolver::catalog::ObjectKey;
use resolver::words::Sha256;

/// A folder of objects, with the key of an object by its digest.
type Kind = (&'static str, fn(Sha256) -> ObjectKey);

/// Folders of objects. Hidden objects are in folders of these names below [`ASIDE`], which the CDN does not serve.
pub(crate) const KINDS: [Kind; 2] = [("blobs/", ObjectKey::Blob), ("fragments/", ObjectKey::Fragment)];

const ASIDE: &str = "aside/";

/// Folder of claims of restores from cold storage, which the CDN does not serve.
pub(super) const RESTORES: &str = "restores/";

/// Folder of leases, which the CDN does not serve.
pub(super) const LOCKS: &str = "locks/";

/// All folders that edgehop writes to, below the prefix. Objects in them may be deleted as garbage.
pub(crate) const OWN_FOLDERS: [&str; 5] = ["blobs/", "fragments/", ASIDE, RESTORES, LOCKS];

/// Characters that are not escaped in the header that names the source of a copy.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Place of an object in a bucket: visible, or hidden by garbage collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    Visible,
    Hidden,
}

impl Placement {
    /// Returns the name of an object in this place.
    pub(crate) fn name(self, prefix: &str, key: &ObjectKey) -> String {
        self.folder(prefix, &key.to_string())
    }

    /// Returns the name of a folder in this place.
    pub(crate) fn folder(self, prefix: &str, folder: &str) -> String {
        match self {
            Placement::Visible => format!("{prefix}{folder}"),
            Placement::Hidden => format!("{prefix}{ASIDE}{folder}"),
        }
    }
}

/// Returns the name of an artifact's signature.
pub(crate) fn signature(prefix: &str, artifact: &Sha256) -> String {
    format!("{}.minisig", Placement::Visible.name(prefix, &ObjectKey::Blob(*artifact)))
}

/// Returns the header that names the source of a copy.
pub(crate) fn source(bucket: &str, name: &str) -> String {
    format!("{bucket}/{}", utf8_percent_encode(name, KEPT))
}
