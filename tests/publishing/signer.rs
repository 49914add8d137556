//! Somebody who signs releases, with a key made for the test.

use std::path::Path;

use publishing::signing::{SecretKey, StoredKey, generate, measure, sign};
use resolver::catalog::{Minisig, Statement};
use resolver::words::{PublicKey, Timestamp, Version};

use crate::now;

/// A key, and how to sign with it.
pub(crate) struct Signer {
    key: SecretKey,
}

impl Signer {
    /// Makes a key in a folder.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        let secret = folder.join(format!("{name}.key"));
        generate(&secret, &folder.join(format!("{name}.pub")), None).unwrap();
        let key =
            StoredKey::read(&secret).unwrap().unlock(|| -> Result<_, publishing::signing::KeyError> { unreachable!() });
        Signer { key: key.unwrap() }
    }

    pub(crate) fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// Signs a file as a release.
    pub(crate) fn sign(&self, file: &Path, component: &str, version: &str) -> Minisig {
        self.sign_as(file, component, version, |statement| statement)
    }

    /// Signs a file as a release that may replace `minimum` and later ones only.
    pub(crate) fn sign_above(&self, file: &Path, component: &str, version: &str, minimum: Option<&str>) -> Minisig {
        let minimum: Option<Version> = minimum.map(|version| version.parse().unwrap());
        self.sign_as(file, component, version, |statement| Statement { minimum, ..statement })
    }

    /// Signs a file, with something else to say about it.
    pub(crate) fn sign_as(
        &self,
        file: &Path,
        component: &str,
        version: &str,
        said: impl FnOnce(Statement) -> Statement,
    ) -> Minisig {
        let measured = measure(file).unwrap();
        let statement = Statement {
            component: component.parse().unwrap(),
            version: version.parse().unwrap(),
            sha256: measured.sha256,
            size: measured.size,
            issued: now(),
            expires: Some(Timestamp(now().0 + 3600)),
            minimum: None,
            requires: Default::default(),
        };
        sign(file, &said(statement), &self.key).unwrap().minisig
    }
}
