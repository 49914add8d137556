use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::options::StoreOptions;
use anyhow::{Context as _, ensure};
use publishing::signing::{Measured, StoredKey, measure, sign, signature_of, write_signature};
use resolver::catalog::{MAX_ARTIFACT_BYTES, Requirement, Statement};
use resolver::check::least_minimum;
use resolver::words::{ComponentName, KeyId, Timestamp, Version, line_fit_to_show};
use serde::Serialize;

use super::password::PasswordArgs;

/// `edgehop sign`.
#[derive(Debug, clap::Args)]
pub(crate) struct SignArgs {
    /// The file to sign
    file: PathBuf,
    /// What it is a release of
    #[arg(long)]
    component: ComponentName,
    /// Which release it is
    #[arg(long)]
    version: Version,
    /// The oldest version that it may replace, or any [default: what the catalog has devices pass first, if it has
    /// releases of the component]
    #[arg(long, value_name = "VERSION")]
    minimum: Option<Version>,
    /// A fact that it takes, such as hw.rev>=3 or hw.board=a|b; may be given several times [default: what the release
    /// requires in the catalog, unless --minimum is given]
    #[arg(long)]
    requires: Vec<Requirement>,
    /// How long it may be published: a time such as 365d or 12h, a moment such as 2027-11-21T08:00:00Z, or never
    #[arg(long, default_value = "never")]
    expires: Expiry,
    /// The file of the secret key
    #[arg(long, value_name = "FILE", required_unless_present = "comment_only")]
    key: Option<PathBuf>,
    #[command(flatten)]
    password: PasswordArgs,
    /// Where the signature is written [default: <FILE>.minisig]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only prints the trusted comment, to sign elsewhere: minisign -S -m FILE -t "$(edgehop sign --comment-only ...)"
    #[arg(long, conflicts_with_all = ["key", "output", "password_file"])]
    comment_only: bool,
}

/// What was signed, or is to be.
#[derive(Debug, Serialize)]
pub(crate) struct SignReport {
    statement: Statement,
    trusted_comment: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<Signed>,
}

#[derive(Debug, Serialize)]
struct Signed {
    file: String,
    key: KeyId,
    signature: String,
}

/// When a signature ceases to be good for publishing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry {
    Never,
    AfterSeconds(u64),
    At(Timestamp),
}

/// The catalog does not know what a release may replace, and nobody said.
#[derive(Debug, thiserror::Error)]
#[error("--minimum is needed, the oldest version that {component} {version} may replace, or any: {why}")]
pub(crate) struct NoMinimum {
    component: ComponentName,
    version: Version,
    why: String,
}

#[derive(Debug, thiserror::Error)]
#[error("it takes a time such as 365d or 12h, a moment such as 2027-11-21T08:00:00Z, or never")]
struct InvalidExpiry;

impl SignArgs {
    pub(crate) async fn run(self, stores: &StoreOptions, now: Timestamp) -> anyhow::Result<SignReport> {
        let (minimum, requires) = self.replaces(stores).await?;
        let file = self.file.display();
        let Measured { sha256, size } = measure(&self.file).with_context(|| format!("cannot read {file}"))?;
        ensure!(size > 0, "{file} is empty: an artifact takes at least one byte");
        ensure!(
            size <= MAX_ARTIFACT_BYTES,
            "{file} is too large: an artifact takes {MAX_ARTIFACT_BYTES} bytes at most"
        );
        let expires = match self.expires {
            Expiry::Never => None,
            Expiry::AfterSeconds(seconds) => Some(Timestamp(now.0.saturating_add(seconds)).min(Timestamp::LAST)),
            Expiry::At(moment) => Some(moment),
        };
        if let Some(past) = expires.filter(|moment| *moment <= now) {
            anyhow::bail!("--expires {past} is past, it is {now}: give a later moment");
        }
        let statement = Statement {
            component: self.component,
            version: self.version,
            sha256,
            size,
            issued: now,
            expires,
            minimum,
            requires,
        };
        let signed = match &self.key {
            None => None,
            Some(path) => {
                let key = StoredKey::read(path)?.unlock(|| self.password.of(path))?;
                let signature = sign(&self.file, &statement, &key)?;
                let output = self.output.unwrap_or_else(|| signature_of(&self.file));
                write_signature(&output, &signature.minisig)?;
                let signature = output.display().to_string();
                Some(Signed { file: file.to_string(), key: key.public().id(), signature })
            }
        };
        Ok(SignReport { trusted_comment: statement.to_string(), statement, signed })
    }

    /// The oldest version that it may replace and what it requires: as given, else as the catalog has it.
    async fn replaces(&self, stores: &StoreOptions) -> anyhow::Result<(Option<Version>, BTreeSet<Requirement>)> {
        let requires: BTreeSet<Requirement> = self.requires.iter().cloned().collect();
        if let Some(minimum) = &self.minimum {
            // In a statement the word means no version.
            return Ok((Some(minimum.clone()).filter(|version| version.as_str() != "any"), requires));
        }
        let SignArgs { component, version, .. } = self;
        let unknown = |why| NoMinimum { component: component.clone(), version: version.clone(), why };
        let stores = stores.open().await.map_err(|error| unknown(format!("{error:#}")))?;
        let published = stores.component(component).await?;
        if published.releases().is_empty() {
            return Err(unknown(format!("the catalog has no release of {component}")).into());
        }
        let recorded = published.release(version).map(|release| release.requires.clone());
        let requires = if requires.is_empty() { recorded.unwrap_or_default() } else { requires };
        Ok((least_minimum(&published, version, &requires).cloned(), requires))
    }
}

impl fmt::Display for SignReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.signed {
            None => f.write_str(&self.trusted_comment),
            Some(Signed { file, key, signature }) => {
                let Statement { component, version, minimum, requires, .. } = &self.statement;
                let (file, signature) = (line_fit_to_show(file), line_fit_to_show(signature));
                write!(f, "signed {file} as {component} {version} by key {key}: {signature}")?;
                match minimum {
                    Some(minimum) => write!(f, "\nreplaces {minimum} or newer")?,
                    None => f.write_str("\nreplaces any version")?,
                }
                requires.iter().try_for_each(|requirement| write!(f, "\nrequires {requirement}"))
            }
        }
    }
}

impl FromStr for Expiry {
    type Err = InvalidExpiry;

    fn from_str(text: &str) -> Result<Self, InvalidExpiry> {
        if text == "never" {
            return Ok(Expiry::Never);
        }
        if let Ok(moment) = text.parse() {
            return Ok(Expiry::At(moment));
        }
        let seconds = humantime::parse_duration(text).map_err(|_| InvalidExpiry)?.as_secs();
        (seconds > 0).then_some(Expiry::AfterSeconds(seconds)).ok_or(InvalidExpiry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_time_a_moment_or_never() {
        let read = |text: &str| text.parse::<Expiry>().ok();
        assert_eq!(read("never"), Some(Expiry::Never));
        assert_eq!(read("365d"), Some(Expiry::AfterSeconds(31_536_000)));
        assert_eq!(read("2026-11-21T08:00:00Z"), Some(Expiry::At(Timestamp(1_795_248_000))));
        for refused in ["", "365", "0d", "1ms", "2026-11-21", "99999999999999999999y"] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }
}
