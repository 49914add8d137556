use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize};

/// Start of the first line of minisign's files; the rest of that line is not signed.
pub(crate) const UNTRUSTED_COMMENT: &str = "untrusted comment: ";

/// Name of the signature scheme at the start of a key: Ed25519.
const ALGORITHM: [u8; 2] = *b"Ed";

/// Starts of a secret key: scheme, encryption (scrypt, or none) and kind of checksum.
const SECRET: [[u8; 6]; 2] = [*b"EdScB2", *b"Ed\0\0B2"];

/// Id of a key pair: eight random bytes in its public key and in every signature by it.
///
/// As text it is 16 upper-case hexadecimal digits, as in the comment of a `.pub` file. Either case is read, and so are
/// fewer digits, because some versions of minisign omit leading zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(u64);

/// Public key of minisign, which verifies signatures.
///
/// As text it is the second line of a `.pub` file, 56 characters of base64. The whole file can be read, too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey {
    id: KeyId,
    point: [u8; 32],
}

/// Error for text that is not a key or a key's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// The text is not a key id.
    #[error("{0:?} is not a key id: it takes up to 16 hexadecimal digits")]
    Id(String),
    /// The text is not a public key.
    #[error(
        "{0:?} is not a public key: it takes the 56 characters of a minisign .pub file's second line, or that file"
    )]
    Public(String),
    /// The text is a secret key, which the error does not repeat.
    #[error("this is a secret key, not a public key: give the .pub file, and keep this one to yourself")]
    Secret,
}

impl KeyId {
    /// Creates an id from its bytes in keys and signatures.
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        KeyId(u64::from_le_bytes(bytes))
    }
}

impl PublicKey {
    /// Returns the key's id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Returns the content of the key's `.pub` file.
    pub fn to_file(&self) -> String {
        format!("{UNTRUSTED_COMMENT}minisign public key {}\n{self}\n", self.id)
    }
}

impl FromStr for KeyId {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let fits = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        let id = fits.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        id.map(KeyId).ok_or_else(|| InvalidKey::Id(super::name::cut(text.to_owned())))
    }
}

impl FromStr for PublicKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let mut lines = text.trim_ascii_end().lines();
        let line = match text.starts_with(UNTRUSTED_COMMENT) {
            true => lines.nth(1),
            false => lines.next(),
        };
        let line = line.unwrap_or_default();
        let bytes = Base64::decode_vec(line).unwrap_or_default();
        if SECRET.iter().any(|start| bytes.starts_with(start)) {
            return Err(InvalidKey::Secret);
        }
        let mut read = || {
            let (id, point) = bytes.strip_prefix(&ALGORITHM)?.split_first_chunk()?;
            let key = PublicKey { id: KeyId::from_bytes(*id), point: point.try_into().ok()? };
            lines.next().is_none().then_some(key)
        };
        read().ok_or_else(|| InvalidKey::Public(super::name::cut(text.to_owned())))
    }
}

super::kept_as_text!(KeyId, InvalidKey);

super::kept_as_text!(PublicKey, InvalidKey);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:016X}", self.0))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&ALGORITHM[..], &self.id.0.to_le_bytes(), &self.point].concat();
        f.pad(&Base64::encode_string(&bytes))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    #[test]
    fn reads_a_line_and_a_file() {
        let key: PublicKey = LINE.parse().unwrap();
        assert_eq!(key.id().to_string(), "E7620F1842B4E81F");
        assert_eq!(key.to_string(), LINE);
        assert_eq!(key.to_file().parse(), Ok(key));
        assert_eq!(format!("untrusted comment: ours\r\n{LINE}\r\n\r\n").parse(), Ok(key));
        assert_eq!(serde_json::to_string(&key).unwrap(), format!("\"{LINE}\""));
    }

    #[test]
    fn refuses_what_is_no_public_key() {
        let other = format!("RUQ{}", &LINE[3..]);
        let two = format!("{LINE}\n{LINE}");
        for refused in ["", "untrusted comment: x", &LINE[..52], &LINE[..55], &other, &two, &format!("x\n{LINE}")] {
            assert!(matches!(refused.parse::<PublicKey>(), Err(InvalidKey::Public(_))), "{refused}");
        }
    }

    #[test]
    fn does_not_repeat_a_secret_key() {
        for start in SECRET {
            let secret = Base64::encode_string(&[&start[..], &[7; 152]].concat());
            for text in [format!("untrusted comment: x\n{secret}\n"), secret] {
                assert_eq!(text.parse::<PublicKey>(), Err(InvalidKey::Secret));
            }
        }
    }

    #[test]
    fn an_id_has_sixteen_digits_however_it_was_given() {
        let id: KeyId = "60a9d".parse().unwrap();
        assert_eq!(id.to_string(), "0000000000060A9D");
        assert_eq!(id.to_string().parse(), Ok(id));
        for refused in ["", "+1", "x", "00000000000060A9D"] {
            assert!(refused.parse::<KeyId>().is_err(), "{refused}");
        }
    }
}
