//! minisign: keys, signatures and their verification. Only files are read and written here; nothing asks anybody, and
//! nothing reads a clock.

mod file;
#[cfg(feature = "cli")]
mod key;
#[cfg(feature = "cli")]
mod sign;
mod verify;
#[cfg(feature = "cli")]
mod writing;

pub use file::{Measured, measure, read_text};
#[cfg(feature = "cli")]
pub use key::{KeyError, KeyFile, MAX_KEY_FILE_BYTES, SecretKey, StoredKey, generate};
#[cfg(feature = "cli")]
pub use sign::{SignError, sign, signature_of, write_signature};
pub use verify::{Verifier, VerifyError, read_signature, verify};
