use std::path::Path;

use anyhow::Context as _;
use publishing::signing::KeyFile;
use resolver::words::{InvalidKey, PublicKey};

/// Reads the public key that an option names, as a file or as the 56 characters of its second line.
pub(crate) fn public_key(option: &str, given: &str) -> anyhow::Result<PublicKey> {
    match given.parse() {
        Ok(key) => return Ok(key),
        Err(error @ InvalidKey::Secret) => return Err(error).context(option.to_owned()),
        Err(_) if Path::new(given).exists() => {}
        Err(error) => return Err(error).with_context(|| format!("{option} is neither a file nor a key")),
    }
    match KeyFile::read(Path::new(given))? {
        KeyFile::Public(key) => Ok(key),
        KeyFile::Secret(_) => Err(InvalidKey::Secret).with_context(|| format!("{option} {given}")),
    }
}
