use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize};

use super::{InvalidStatement, Statement};
use crate::words::{KeyId, PublicKey, UNTRUSTED_COMMENT};

/// Longest `.minisig` file that a record holds, in bytes: three times one with the longest statement. Every manifest that
/// delivers the release repeats it.
pub const MAX_MINISIG_BYTES: usize = 2048;

/// Start of the third line of a `.minisig` file; the file's last line signs the rest of it.
const TRUSTED_COMMENT: &str = "trusted comment: ";

/// Signature of a release with the key that made it. Publishing verifies it before it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Key that made the signature.
    pub key: PublicKey,
    /// Text of the signature.
    pub minisig: Minisig,
}

/// Text of a `.minisig` file, well-formed but not verified: four lines, each ending in one line feed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minisig {
    text: String,
    key_id: KeyId,
    prehashed: bool,
    trusted_comment: Range<usize>,
}

/// Error for text that is not a `.minisig` file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMinisig {
    /// The file is longer than [`MAX_MINISIG_BYTES`].
    #[error(
        "a minisign signature of {0} bytes is too long: it takes {MAX_MINISIG_BYTES} at most, so shorten its comments"
    )]
    TooLong(usize),
    /// A line has a control character, which a terminal or a log would interpret.
    #[error("line {0} of the minisign signature has a control character: it takes text, and tabs")]
    Control(usize),
    /// A line is missing or malformed.
    #[error("line {line} of the minisign signature is not {takes}: give a .minisig file as it was written")]
    Line {
        /// Line number, counted from 1.
        line: usize,
        /// Expected content of the line.
        takes: &'static str,
    },
}

impl Minisig {
    /// Returns the id of the key that the signature claims to be by.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Returns true if the signature is of the file's BLAKE2b digest. A signature of minisign's legacy format is of the file
    /// itself, and can only be verified with the whole file in memory.
    pub fn is_prehashed(&self) -> bool {
        self.prehashed
    }

    /// Returns the comment that is signed together with the file. Trust it only after the signature has been verified.
    pub fn trusted_comment(&self) -> &str {
        &self.text[self.trusted_comment.clone()]
    }

    /// Reads edgehop's statement from the trusted comment.
    pub fn statement(&self) -> Result<Statement, InvalidStatement> {
        self.trusted_comment().parse()
    }

    /// Returns the whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Minisig {
    type Err = InvalidMinisig;

    fn from_str(given: &str) -> Result<Self, InvalidMinisig> {
        if given.len() > MAX_MINISIG_BYTES {
            return Err(InvalidMinisig::TooLong(given.len()));
        }
        // Every signature has one spelling, whatever line endings its file has.
        let text: String = given.trim_ascii_end().lines().flat_map(|line| [line, "\n"]).collect();
        let control = |line: &str| line.chars().any(|c| c.is_control() && c != '\t');
        if let Some(at) = text.lines().position(control) {
            return Err(InvalidMinisig::Control(at + 1));
        }
        let mut lines = text.lines();
        let mut line = || lines.next().unwrap_or_default();
        let (untrusted, signature, trusted, global) = (line(), line(), line(), line());

        let refuse = |line, takes| InvalidMinisig::Line { line, takes };
        let untrusted = untrusted.strip_prefix(UNTRUSTED_COMMENT);
        untrusted.ok_or_else(|| refuse(1, "\"untrusted comment: \" and a comment"))?;
        let (prehashed, key_id) =
            signed_by(signature).ok_or_else(|| refuse(2, "the base64 of an Ed25519 signature"))?;
        let comment = trusted.strip_prefix(TRUSTED_COMMENT);
        let comment = comment.ok_or_else(|| refuse(3, "\"trusted comment: \" and a comment"))?;
        let is_global = Base64::decode_vec(global).is_ok_and(|bytes| bytes.len() == 64);
        is_global.then_some(()).ok_or_else(|| refuse(4, "the base64 of a signature's 64 bytes"))?;
        if lines.next().is_some() {
            return Err(refuse(5, "there in a minisign signature, which has four lines"));
        }

        let end = text.len() - global.len() - "\n\n".len();
        Ok(Minisig { trusted_comment: end - comment.len()..end, key_id, prehashed, text })
    }
}

/// Reads whether the file was hashed first, and the key's id, from the line of the signature.
fn signed_by(line: &str) -> Option<(bool, KeyId)> {
    let bytes: [u8; 2 + 8 + 64] = Base64::decode_vec(line).ok()?.try_into().ok()?;
    let (algorithm, rest) = bytes.split_first_chunk()?;
    let prehashed = match algorithm {
        b"ED" => true,
        b"Ed" => false,
        _ => return None,
    };
    Some((prehashed, KeyId::from_bytes(*rest.first_chunk()?)))
}

crate::words::kept_as_text!(Minisig, InvalidMinisig);

impl fmt::Display for Minisig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Minisig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const PREHASHED: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1556193335\tfile:test
y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==
";

    #[test]
    fn reads_what_minisign_writes() {
        let minisig: Minisig = PREHASHED.parse().unwrap();
        assert_eq!(minisig.key_id(), KEY.parse::<PublicKey>().unwrap().id());
        assert_eq!(minisig.trusted_comment(), "timestamp:1556193335\tfile:test");
        assert!(minisig.is_prehashed());
        assert_eq!(minisig.as_str(), PREHASHED);
        assert_eq!(minisig.statement(), Err(InvalidStatement::Absent));
        assert!(!PREHASHED.replace("RUQ", "RWQ").parse::<Minisig>().unwrap().is_prehashed());
    }

    #[test]
    fn is_one_text_whatever_the_line_ends() {
        for given in [PREHASHED.replace('\n', "\r\n"), PREHASHED.trim().to_owned(), format!("{PREHASHED}\n\n")] {
            assert_eq!(given.parse::<Minisig>().unwrap().as_str(), PREHASHED);
        }
        let bare = PREHASHED.replace("timestamp:1556193335\tfile:test", "");
        assert_eq!(bare.parse::<Minisig>().unwrap().trusted_comment(), "");
    }

    #[test]
    fn says_which_line_is_wrong() {
        let refused = |text: &str| text.parse::<Minisig>().unwrap_err();
        let lines: Vec<&str> = PREHASHED.lines().collect();
        assert!(matches!(refused(""), InvalidMinisig::Line { line: 1, .. }));
        for at in 0..4 {
            let mut damaged = lines.clone();
            damaged[at] = &damaged[at][1..];
            assert!(matches!(refused(&damaged.join("\n")), InvalidMinisig::Line { line, .. } if line == at + 1));
        }
        assert!(matches!(refused(&format!("{PREHASHED}more")), InvalidMinisig::Line { line: 5, .. }));
        assert!(matches!(refused(&PREHASHED.replace("RUQ", "RXQ")), InvalidMinisig::Line { line: 2, .. }));
        assert_eq!(refused(&PREHASHED.replace("file:", "\u{1b}[2J")), InvalidMinisig::Control(3));
        assert_eq!(refused(&PREHASHED.repeat(9)), InvalidMinisig::TooLong(PREHASHED.len() * 9));
    }

    #[test]
    fn a_record_keeps_no_text_that_is_not_a_signature() {
        let record = serde_json::json!({ "key": KEY, "minisig": PREHASHED });
        let signature: Signature = serde_json::from_value(record.clone()).unwrap();
        assert_eq!(serde_json::to_value(&signature).unwrap(), record);
        assert!(serde_json::from_value::<Signature>(serde_json::json!({ "key": KEY, "minisig": "x" })).is_err());
    }
}
