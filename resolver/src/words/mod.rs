//! Validated types for all input from outside. Their constructors are the only validation there is.

/// Implements the conversions by which serde keeps a type with `FromStr` and `Display` as text.
macro_rules! kept_as_text {
    ($type:ty, $error:ty) => {
        impl TryFrom<String> for $type {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.to_string()
            }
        }
    };
}

pub(crate) use kept_as_text;

mod digest;
mod key;
mod name;
mod range;
mod shown;
mod timestamp;
mod url_base;
mod version;

pub(crate) use key::UNTRUSTED_COMMENT;
pub(crate) use name::{ATTRIBUTE_PREFIX, cut};
pub(crate) use version::precedence;

pub use digest::{Digest, InvalidDigest, Md5, Sha256};
pub use key::{InvalidKey, KeyId, PublicKey};
pub use name::{
    AttributeName, ChannelName, ComponentKey, ComponentName, FactName, FactValue, InvalidName, MAX_COMPONENT_BYTES,
    MAX_NOTES_BYTES, MAX_REASON_BYTES, MAX_WORD_BYTES, Notes, Reason,
};
pub use range::{InvalidRange, VersionRange};
pub use shown::{fit_to_show, is_fit_to_show, json_fit_to_show, line_fit_to_show, path_fit_to_show};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use url_base::{InvalidUrlBase, UrlBase};
pub use version::{InvalidVersion, MAX_VERSION_BYTES, Version};
