use std::io;
use std::path::{Path, PathBuf};

use minisign_verify::StreamVerifier;
use resolver::catalog::{InvalidMinisig, MAX_MINISIG_BYTES, Minisig, Mismatch};
use resolver::words::{KeyId, PublicKey, Sha256};

use super::file::{Measured, Measuring, read_text};

/// Verifies a signature while the file passes by in pieces, whoever reads it. It holds what it needs, a kilobyte.
pub struct Verifier(Pass);

self_cell::self_cell!(
    struct Pass {
        owner: (minisign_verify::PublicKey, minisign_verify::Signature),
        #[covariant]
        dependent: StreamVerifier,
    }
);

/// Why a signature was refused.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It signs the file itself and not its digest, so that it cannot be verified in pieces.
    #[error("the signature is of minisign's legacy kind: sign the file with `minisign -S -H`, or with `edgehop sign`")]
    Legacy,
    /// It says itself that it is by another key.
    #[error("the signature is by key {signed}, not by {given}: give the public key of {signed}, or sign with {given}")]
    OtherKey {
        /// The key that it names.
        signed: KeyId,
        /// The key that it was to be by.
        given: KeyId,
    },
    /// It is not by this key over this file and this comment.
    #[error(
        "the signature does not hold: the file, the signature or its trusted comment was changed, or another key with \
         the same id made it"
    )]
    Broken,
    /// It does not hold, and it speaks of another file.
    #[error("this is not the file that was signed")]
    OtherFile(
        /// What its comment says, unverified.
        #[source]
        Mismatch,
    ),
    /// Key or signature have a form that minisign does not know.
    #[error("minisign cannot use the key or the signature")]
    Unusable(#[source] minisign_verify::Error),
    /// A file could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A signature's file holds something else.
    #[error("{path} holds no signature")]
    NotASignature {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: InvalidMinisig,
    },
}

impl VerifyError {
    /// The same, with which of the two files is the wrong one, if the signature speaks of another file. Its comment proves
    /// nothing by then, but that is the first question.
    pub(crate) fn about(self, minisig: &Minisig, sha256: Sha256, size: u64) -> VerifyError {
        let mismatch = minisig.statement().ok().and_then(|said| said.check_bytes(sha256, size).err());
        mismatch.map_or(self, VerifyError::OtherFile)
    }
}

impl Verifier {
    /// Begins, before the first byte of the file.
    pub fn new(key: &PublicKey, minisig: &Minisig) -> Result<Self, VerifyError> {
        if !minisig.is_prehashed() {
            return Err(VerifyError::Legacy);
        }
        if minisig.key_id() != key.id() {
            return Err(VerifyError::OtherKey { signed: minisig.key_id(), given: key.id() });
        }
        let key = minisign_verify::PublicKey::from_base64(&key.to_string()).map_err(VerifyError::Unusable)?;
        let signature = minisign_verify::Signature::decode(minisig.as_str()).map_err(VerifyError::Unusable)?;
        let pass = Pass::try_new((key, signature), |(key, signature)| key.verify_stream(signature));
        pass.map(Verifier).map_err(VerifyError::Unusable)
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.with_dependent_mut(|_, pass| pass.update(piece));
    }

    /// Whether the signature holds: over all that passed by, and over the trusted comment.
    pub fn finish(mut self) -> Result<(), VerifyError> {
        self.0.with_dependent_mut(|_, pass| pass.finalize()).map_err(|_| VerifyError::Broken)
    }
}

/// Verifies the signature of a file. Blocks while it reads the file, once.
pub fn verify(file: &Path, key: &PublicKey, minisig: &Minisig) -> Result<Measured, VerifyError> {
    let read = |source| VerifyError::Read { path: file.into(), source };
    let mut verifier = Verifier::new(key, minisig)?;
    let mut reader = Measuring::open(file).map_err(read)?;
    reader.each_piece(|piece| verifier.update(piece)).map_err(read)?;
    let measured = reader.finish();
    verifier.finish().map_err(|error| error.about(minisig, measured.sha256, measured.size))?;
    Ok(measured)
}

/// Reads a `.minisig` file.
pub fn read_signature(path: &Path) -> Result<Minisig, VerifyError> {
    let text = read_text(path, MAX_MINISIG_BYTES).map_err(|source| VerifyError::Read { path: path.into(), source })?;
    text.parse().map_err(|source| VerifyError::NotASignature { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use base64ct::{Base64, Encoding as _};
    use resolver::catalog::Statement;
    use resolver::words::Timestamp;

    use super::*;
    use crate::signing::{KeyError, SecretKey, SignError, StoredKey, generate, measure, sign};

    /// A folder, a key in it, and a statement about a file in it.
    fn signer() -> (tempfile::TempDir, SecretKey, Statement) {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = (folder.path().join("k.key"), folder.path().join("k.pub"));
        generate(&secret, &public, None).unwrap();
        let key = StoredKey::read(&secret).unwrap().unlock(|| Err(KeyError::Password(secret.clone()))).unwrap();
        fs::write(folder.path().join("file"), [7; 200_000]).unwrap();
        let Measured { sha256, size } = measure(&folder.path().join("file")).unwrap();
        let statement = Statement {
            component: "videoStreamer".parse().unwrap(),
            version: "2.1.0".parse().unwrap(),
            sha256,
            size,
            issued: Timestamp(1_795_248_000),
            expires: None,
            minimum: None,
            requires: Default::default(),
        };
        (folder, key, statement)
    }

    #[test]
    fn what_was_signed_is_verified_in_whatever_pieces() {
        let (folder, key, statement) = signer();
        let file = folder.path().join("file");
        let signature = sign(&file, &statement, &key).unwrap();
        assert_eq!(signature.minisig.statement(), Ok(statement));
        assert_eq!(verify(&file, &key.public(), &signature.minisig).unwrap(), measure(&file).unwrap());
        for length in [1, 127, 128, 129, 200_000] {
            let mut verifier = Verifier::new(&signature.key, &signature.minisig).unwrap();
            fs::read(&file).unwrap().chunks(length).for_each(|piece| verifier.update(piece));
            assert!(verifier.finish().is_ok(), "{length}");
        }
    }

    #[test]
    fn a_changed_file_is_refused() {
        let (folder, key, statement) = signer();
        let file = folder.path().join("file");
        let minisig = sign(&file, &statement, &key).unwrap().minisig;
        for content in [vec![], vec![7; 199_999], vec![7; 200_001], [vec![7; 100_000], vec![6; 100_000]].concat()] {
            fs::write(&file, &content).unwrap();
            assert!(matches!(verify(&file, &key.public(), &minisig), Err(VerifyError::OtherFile(_))));
            assert!(matches!(sign(&file, &statement, &key), Err(SignError::Changed(_))));
        }
    }

    #[test]
    fn a_changed_comment_is_refused() {
        let (folder, key, statement) = signer();
        let file = folder.path().join("file");
        let text = sign(&file, &statement, &key).unwrap().minisig.as_str().to_owned();
        let lines: Vec<&str> = text.lines().collect();
        let other = sign(&file, &statement, &key).unwrap().minisig.as_str().to_owned();
        let other: Vec<&str> = other.lines().collect();
        for changed in [
            text.replace("version:2.1.0", "version:2.1.1"),
            text.replace("minimum:any", "minimum:any "),
            text.replace('\t', " "),
            [lines[0], lines[1], lines[2], other[3]].join("\n"),
            [lines[0], other[1], lines[2], lines[3]].join("\n"),
        ] {
            let minisig = changed.parse().unwrap();
            assert!(matches!(verify(&file, &key.public(), &minisig), Err(VerifyError::Broken)), "{changed}");
        }
        let untrusted = text.replace("signature by", "whatever of").parse().unwrap();
        assert!(verify(&file, &key.public(), &untrusted).is_ok());
    }

    #[test]
    fn another_key_is_refused() {
        let (folder, key, statement) = signer();
        let file = folder.path().join("file");
        let minisig = sign(&file, &statement, &key).unwrap().minisig;
        let (_other_folder, other, _) = signer();
        assert!(matches!(verify(&file, &other.public(), &minisig), Err(VerifyError::OtherKey { .. })));

        // The id is only a name: the same one on another key does not help.
        let (ours, theirs) = (key.public().to_string(), other.public().to_string());
        let (mut ours, theirs) = (Base64::decode_vec(&ours).unwrap(), Base64::decode_vec(&theirs).unwrap());
        ours[10..].copy_from_slice(&theirs[10..]);
        let posing = Base64::encode_string(&ours).parse().unwrap();
        assert!(matches!(verify(&file, &posing, &minisig), Err(VerifyError::Broken)));
    }

    #[test]
    fn a_legacy_signature_is_refused_before_the_file_is_read() {
        let (folder, key, statement) = signer();
        let text = sign(&folder.path().join("file"), &statement, &key).unwrap().minisig.as_str().to_owned();
        let legacy: Minisig = text.replace("\nRU", "\nRW").parse().unwrap();
        let refused = verify(&folder.path().join("nowhere"), &key.public(), &legacy).unwrap_err();
        assert!(matches!(refused, VerifyError::Legacy));
    }
}
