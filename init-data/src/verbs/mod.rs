//! The command line, one verb a file. A verb's `run` returns what it found out, to be printed as text or as JSON.

mod key;
mod password;
mod sign;
mod verify;

pub(crate) use key::KeyArgs;
pub(crate) use sign::SignArgs;
pub(crate) use verify::VerifyArgs;
