use std::io;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use minisign::{ErrorKind, KeyPair, PError, SecretKeyBox};
use resolver::words::{InvalidKey, PublicKey};

use super::file::read_text;
use super::writing::prepare;

/// Longest key file, in bytes: ten times what minisign writes, for a long comment.
pub const MAX_KEY_FILE_BYTES: usize = 4096;

/// Nobody but the owner reads a secret key.
const SECRET_MODE: u32 = 0o600;

/// Everybody reads a public key.
const PUBLIC_MODE: u32 = 0o666;

/// How a secret key says, after the two bytes of its scheme, that scrypt and a password protect it.
const SCRYPT: &[u8] = b"Sc";

/// Length of a secret key in bytes, the last [`CHECKSUM_BYTES`] of them its checksum.
const SECRET_BYTES: usize = 158;

/// Length of a secret key's checksum, in bytes.
const CHECKSUM_BYTES: usize = 32;

/// A key as a file holds it.
#[derive(Debug)]
pub enum KeyFile {
    /// A public key.
    Public(PublicKey),
    /// A secret key, which may want a password.
    Secret(StoredKey),
}

/// A secret key as its file holds it.
pub struct StoredKey {
    path: PathBuf,
    bytes: [u8; SECRET_BYTES],
}

/// A secret key that can sign.
pub struct SecretKey {
    public: PublicKey,
    pub(super) secret: minisign::SecretKey,
    pub(super) check: minisign::PublicKey,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Its file could not be read.
    #[error("cannot read the key file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its file has something else in it.
    #[error("{0} holds no minisign key: give the .pub or the secret key file that `edgehop key generate` wrote")]
    NotAKey(PathBuf),
    /// A public key cannot sign.
    #[error("{0} is a public key: signing takes the secret key that was generated with it")]
    Public(PathBuf),
    /// The password does not open it.
    #[error("the password is not that of {0}, or the file was damaged")]
    Password(PathBuf),
    /// It is not the key that was written.
    #[error("{0} is damaged: it is not the secret key that was written, so take a copy of it")]
    Damaged(PathBuf),
    /// It would take the place of another file.
    #[error("{0} is there already, and a key is never overwritten: name other files with --secret and --public")]
    Exists(PathBuf),
    /// It could not be written.
    #[error("cannot write the key file {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// minisign could do nothing with it, or could not make it.
    #[error("minisign cannot use the key of {path}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: PError,
    },
}

/// Makes a key pair: the secret key, which a password protects if one is given, and the public key. Both are new files.
///
/// minisign's own cost for a password applies (scrypt with 32 MiB): it slows a thief down, a long password stops him.
pub fn generate(secret: &Path, public: &Path, password: Option<String>) -> Result<PublicKey, KeyError> {
    let unusable = |source| KeyError::Unusable { path: secret.into(), source };
    let (pair, comment) = match password {
        Some(password) => (KeyPair::generate_encrypted_keypair(Some(password)), "minisign encrypted secret key"),
        None => (KeyPair::generate_unencrypted_keypair(), "minisign unencrypted secret key"),
    };
    let pair = pair.map_err(unusable)?;
    let text = pair.sk.to_box(Some(comment)).map_err(unusable)?.into_string();
    let key: PublicKey = pair.pk.to_base64().parse().map_err(|_| KeyError::NotAKey(secret.into()))?;
    write_new(secret, &text, SECRET_MODE)?;
    if let Err(error) = write_new(public, &key.to_file(), PUBLIC_MODE) {
        // Nothing was signed with it: half a pair would only stand in the way of the next try.
        let _ = std::fs::remove_file(secret);
        return Err(error);
    }
    Ok(key)
}

impl KeyFile {
    /// Reads either half of a key pair.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text =
            read_text(path, MAX_KEY_FILE_BYTES).map_err(|source| KeyError::Read { path: path.into(), source })?;
        match text.parse() {
            Ok(key) => Ok(KeyFile::Public(key)),
            Err(InvalidKey::Secret) => StoredKey::new(path, &text).map(KeyFile::Secret),
            Err(_) => Err(KeyError::NotAKey(path.into())),
        }
    }
}

impl StoredKey {
    /// Reads the secret half of a key pair.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        match KeyFile::read(path)? {
            KeyFile::Secret(key) => Ok(key),
            KeyFile::Public(_) => Err(KeyError::Public(path.into())),
        }
    }

    fn new(path: &Path, text: &str) -> Result<Self, KeyError> {
        // Only a comment stands beside the key, and its spaces are no base64.
        let bytes = text.lines().filter_map(|line| Base64::decode_vec(line).ok()).find(|bytes| !bytes.is_empty());
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| KeyError::Damaged(path.into()))?;
        Ok(StoredKey { path: path.into(), bytes })
    }

    /// Whether a password protects it.
    pub fn is_encrypted(&self) -> bool {
        self.bytes[2..].starts_with(SCRYPT)
    }

    /// Makes it ready to sign. `password` is asked only if a password protects it.
    ///
    /// A key that minisign's own tool made takes a gibibyte of memory and some seconds here, by that tool's choice.
    pub fn unlock<E: From<KeyError>>(self, password: impl FnOnce() -> Result<String, E>) -> Result<SecretKey, E> {
        let password = if self.is_encrypted() { Some(password()?) } else { None };
        self.open(password).map_err(E::from)
    }

    fn open(self, password: Option<String>) -> Result<SecretKey, KeyError> {
        let StoredKey { path, bytes } = self;
        let encrypted = password.is_some();
        let refused = |source: PError| match (source.kind(), encrypted) {
            (ErrorKind::Verify, true) => KeyError::Password(path.clone()),
            (ErrorKind::Verify, false) => KeyError::Damaged(path.clone()),
            _ => KeyError::Unusable { path: path.clone(), source },
        };
        let stored = || SecretKeyBox::from(format!("untrusted comment: \n{}\n", Base64::encode_string(&bytes)));
        let secret = if encrypted {
            stored().into_secret_key(password)
        } else if bytes.ends_with(&[0; CHECKSUM_BYTES]) {
            // minisign's own tool writes no checksum into a key without a password.
            minisign::SecretKey::from_bytes(&bytes)
        } else {
            stored().into_unencrypted_secret_key()
        };
        let secret = secret.map_err(refused)?;
        let check = minisign::PublicKey::from_secret_key(&secret).map_err(refused)?;
        // Signing notices if the two halves that a secret key holds are not one pair.
        minisign::sign(Some(&check), &secret, io::empty(), None, None).map_err(refused)?;
        let public = check.to_base64().parse().map_err(|_| KeyError::Damaged(path.clone()))?;
        Ok(SecretKey { public, secret, check })
    }
}

impl SecretKey {
    /// The other half.
    pub fn public(&self) -> PublicKey {
        self.public
    }
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredKey").field("path", &self.path).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretKey").field("public", &self.public).finish_non_exhaustive()
    }
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), KeyError> {
    let write = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists(path.into()),
        _ => KeyError::Write { path: path.into(), source },
    };
    prepare(path, text, mode).map_err(write)?.persist_noclobber(path).map_err(|failed| write(failed.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn unlock(path: &Path, password: &str) -> Result<SecretKey, KeyError> {
        StoredKey::read(path)?.unlock(|| Ok(password.to_owned()))
    }

    #[test]
    fn a_pair_is_two_new_files() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = (folder.path().join("k.key"), folder.path().join("k.pub"));
        let key = generate(&secret, &public, None).unwrap();
        assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, SECRET_MODE);
        assert!(matches!(KeyFile::read(&public), Ok(KeyFile::Public(read)) if read == key));
        assert_eq!(unlock(&secret, "not asked").unwrap().public(), key);
        assert!(matches!(StoredKey::read(&public), Err(KeyError::Public(_))));

        let before = fs::read(&secret).unwrap();
        assert!(matches!(generate(&secret, &folder.path().join("new.pub"), None), Err(KeyError::Exists(_))));
        assert!(matches!(generate(&folder.path().join("new.key"), &public, None), Err(KeyError::Exists(_))));
        assert_eq!(fs::read(&secret).unwrap(), before);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "nothing half-done is left");
    }

    #[test]
    fn a_password_opens_what_it_closed() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = (folder.path().join("k.key"), folder.path().join("k.pub"));
        let key = generate(&secret, &public, Some("correct horse".to_owned())).unwrap();
        assert!(StoredKey::read(&secret).unwrap().is_encrypted());
        assert_eq!(unlock(&secret, "correct horse").unwrap().public(), key);
        assert!(matches!(unlock(&secret, "battery staple"), Err(KeyError::Password(_))));
    }

    #[test]
    fn damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = (folder.path().join("k.key"), folder.path().join("k.pub"));
        let key = generate(&secret, &public, None).unwrap();
        let KeyFile::Secret(StoredKey { bytes, .. }) = KeyFile::read(&secret).unwrap() else { panic!("not secret") };
        let write = |bytes: &[u8]| fs::write(&secret, Base64::encode_string(bytes)).unwrap();
        write(&bytes);
        assert_eq!(unlock(&secret, "").unwrap().public(), key);
        let damaged = |at: usize| [&bytes[..at], &[!bytes[at]], &bytes[at + 1..]].concat();
        let unchecked = |bytes: Vec<u8>| [&bytes[..SECRET_BYTES - CHECKSUM_BYTES], &[0; CHECKSUM_BYTES]].concat();
        write(&unchecked(bytes.to_vec()));
        assert_eq!(unlock(&secret, "").unwrap().public(), key, "as minisign's own tool writes it");
        let (seed, point) = (62, 94);
        for at in [seed, seed + 31, point, point + 31] {
            for bytes in [damaged(at), unchecked(damaged(at))] {
                write(&bytes);
                assert!(matches!(unlock(&secret, ""), Err(KeyError::Damaged(_))), "{at}");
            }
        }
        write(&bytes[..SECRET_BYTES - 1]);
        assert!(matches!(unlock(&secret, ""), Err(KeyError::Damaged(_))));
        for odd in ["", "untrusted comment: x\n", "RWQ"] {
            fs::write(&secret, odd).unwrap();
            assert!(matches!(unlock(&secret, ""), Err(KeyError::NotAKey(_))), "{odd}");
        }
        fs::write(&secret, "x".repeat(MAX_KEY_FILE_BYTES + 1)).unwrap();
        assert!(matches!(unlock(&secret, ""), Err(KeyError::Read { .. })));
    }
}
