use super::{Artifact, Statement};
use crate::words::{ComponentName, Sha256, Timestamp, Version};

/// Longest time by which a signer's clock may be ahead of the publisher's, in seconds: a day.
pub const ISSUED_TOLERANCE_SECONDS: u64 = 24 * 60 * 60;

/// Difference between a signed statement and the release that is published with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The statement is for another component.
    #[error(
        "the signature is for component {signed}, not {given}: publish the file as {signed}, or sign it as {given}"
    )]
    Component {
        /// Value in the statement.
        signed: ComponentName,
        /// Value of the release.
        given: ComponentName,
    },
    /// The statement is for another version.
    #[error("the signature is for version {signed}, not {given}: publish the file as {signed}, or sign it as {given}")]
    Version {
        /// Value in the statement.
        signed: Version,
        /// Value of the release.
        given: Version,
    },
    /// The statement is for other bytes.
    #[error(
        "the signature is for a file with SHA-256 {signed}, this one has {given}: sign this file, or give that one"
    )]
    Sha256 {
        /// Value in the statement.
        signed: Sha256,
        /// Value of the release.
        given: Sha256,
    },
    /// The statement is for a file of another length.
    #[error("the signature is for a file of {signed} bytes, this one has {given}: sign this file, or give that one")]
    Size {
        /// Value in the statement.
        signed: u64,
        /// Value of the release.
        given: u64,
    },
    /// The statement has expired.
    #[error("the signature expired at {expires}, and it is {now}: sign the file again, with a later --expires")]
    Expired {
        /// Time at which the statement expired.
        expires: Timestamp,
        /// Current time.
        now: Timestamp,
    },
    /// The statement was issued in the future.
    #[error("the signature was issued at {issued}, and it is only {now}: set the clock that is wrong, here or there")]
    NotYet {
        /// Time at which the statement was issued.
        issued: Timestamp,
        /// Current time.
        now: Timestamp,
    },
}

impl Statement {
    /// Checks that the statement is about this release and is valid now.
    pub fn check(
        &self,
        component: &ComponentName,
        version: &Version,
        artifact: &Artifact,
        now: Timestamp,
    ) -> Result<(), Mismatch> {
        self.check_release(component, version)?;
        self.check_bytes(artifact.sha256, artifact.size)?;
        self.check_time(now)
    }

    /// Checks that the statement is about this component and version. Components are compared without case, versions by
    /// their exact spelling.
    pub fn check_release(&self, component: &ComponentName, version: &Version) -> Result<(), Mismatch> {
        if self.component.key() != component.key() {
            return Err(Mismatch::Component { signed: self.component.clone(), given: component.clone() });
        }
        if self.version != *version {
            return Err(Mismatch::Version { signed: self.version.clone(), given: version.clone() });
        }
        Ok(())
    }

    /// Checks that the statement is about these bytes.
    pub fn check_bytes(&self, sha256: Sha256, size: u64) -> Result<(), Mismatch> {
        if self.size != size {
            return Err(Mismatch::Size { signed: self.size, given: size });
        }
        if self.sha256 != sha256 {
            return Err(Mismatch::Sha256 { signed: self.sha256, given: sha256 });
        }
        Ok(())
    }

    /// Checks that the statement is valid now: from [`ISSUED_TOLERANCE_SECONDS`] before it was issued until the second
    /// before it expires.
    pub fn check_time(&self, now: Timestamp) -> Result<(), Mismatch> {
        if let Some(expires) = self.expires.filter(|expires| *expires <= now) {
            return Err(Mismatch::Expired { expires, now });
        }
        if self.issued.seconds_since(now) > ISSUED_TOLERANCE_SECONDS {
            return Err(Mismatch::NotYet { issued: self.issued, now });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Digest;

    fn statement() -> Statement {
        Statement {
            component: "videoStreamer".parse().unwrap(),
            version: "2.1.0".parse().unwrap(),
            sha256: Digest([7; 32]),
            size: 10_485_760,
            issued: "2026-11-21T08:00:00Z".parse().unwrap(),
            expires: "2027-11-21T08:00:00Z".parse().ok(),
            minimum: None,
            requires: Default::default(),
        }
    }

    #[test]
    fn each_way_to_be_wrong_has_its_name() {
        let artifact = Artifact {
            sha256: statement().sha256,
            md5: Digest([0; 16]),
            size: 10_485_760,
            crc32: None,
            fragment: None,
        };
        let now = statement().issued;
        let day = ISSUED_TOLERANCE_SECONDS;
        let check = |component: &str, version: &str, artifact: &Artifact, now| {
            statement().check(&component.parse().unwrap(), &version.parse().unwrap(), artifact, now)
        };
        assert_eq!(check("VIDEOstreamer", "2.1.0", &artifact, now), Ok(()));
        assert_eq!(check("videoStreamer", "2.1.0", &artifact, Timestamp(now.0 - day)), Ok(()));
        let year = 365 * day;
        assert_eq!(check("videoStreamer", "2.1.0", &artifact, Timestamp(now.0 + year - 1)), Ok(()));

        let refused = |component, version, artifact, now| check(component, version, artifact, now).unwrap_err();
        assert!(matches!(refused("scoreboard", "2.1.0", &artifact, now), Mismatch::Component { .. }));
        assert!(matches!(refused("videoStreamer", "2.1.00", &artifact, now), Mismatch::Version { .. }));
        let longer = Artifact { size: 10_485_761, ..artifact.clone() };
        assert!(matches!(refused("videoStreamer", "2.1.0", &longer, now), Mismatch::Size { .. }));
        let other = Artifact { sha256: Digest([0; 32]), ..artifact.clone() };
        assert!(matches!(refused("videoStreamer", "2.1.0", &other, now), Mismatch::Sha256 { .. }));
        let early = refused("videoStreamer", "2.1.0", &artifact, Timestamp(now.0 - day - 1));
        assert!(matches!(early, Mismatch::NotYet { .. }));
        let late = refused("videoStreamer", "2.1.0", &artifact, Timestamp(now.0 + year));
        assert_eq!(
            late.to_string(),
            "the signature expired at 2027-11-21T08:00:00Z, and it is 2027-11-21T08:00:00Z: sign the file again, with a \
             later --expires"
        );
    }
}
