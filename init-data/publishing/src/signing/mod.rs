//! minisign: keys, signatures and their verification. Only files are read and written here; nothing asks anybody, and
//! nothing reads a clock.

mod file;
mod key;
mod sign;
mod verify;
mod writing;

pub use file::{Measured, measure, read_text};
pub use key::{KeyError, KeyFile, MAX_KEY_FILE_BYTES, SecretKey, StoredKey, generate};
pub use sign::{SignError, sign, signature_of, write_signature};
pub use verify::{Verifier, VerifyError, read_signature, verify};
