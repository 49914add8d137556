use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use publishing::signing::{read_signature, signature_of, verify};
use resolver::catalog::Statement;
use resolver::words::{ComponentName, KeyId, Timestamp, Version, line_fit_to_show};
use serde::Serialize;

use super::public_key::public_key;

/// `edgehop verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// The signed file
    file: PathBuf,
    /// The public key: its file, or the 56 characters of its second line
    #[arg(long, value_name = "FILE_OR_LINE")]
    public_key: String,
    /// The signature [default: <FILE>.minisig]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// The component that it must be a release of
    #[arg(long, requires = "version")]
    component: Option<ComponentName>,
    /// The release that it must be
    #[arg(long, requires = "component")]
    version: Option<Version>,
}

/// What a signature says, now that it holds.
#[derive(Debug, Serialize)]
pub(crate) struct VerifyReport {
    file: String,
    key: KeyId,
    trusted_comment: String,
    /// What the comment says about the file, which is true.
    statement: Option<Statement>,
    /// Why it says nothing, or what was not asked of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl VerifyArgs {
    pub(crate) fn run(self, now: Timestamp) -> anyhow::Result<VerifyReport> {
        let key = public_key("--public-key", &self.public_key)?;
        let path = self.signature.unwrap_or_else(|| signature_of(&self.file));
        let minisig = read_signature(&path)?;
        let refused = || format!("{} is refused with {}", self.file.display(), path.display());
        let measured = verify(&self.file, &key, &minisig).with_context(refused)?;
        let statement = minisig.statement();
        if let Ok(statement) = &statement {
            statement.check_bytes(measured.sha256, measured.size).with_context(refused)?;
            statement.check_time(now).with_context(refused)?;
        }
        if let (Some(component), Some(version)) = (&self.component, &self.version) {
            match &statement {
                Ok(statement) => statement.check_release(component, version).with_context(refused)?,
                Err(error) => bail!("cannot tell whether this is {component} {version}: {error}"),
            }
        }
        let note = match &statement {
            Err(error) => Some(format!("not to be published as it is: {error}")),
            Ok(_) if self.component.is_none() => Some(
                "any component and version was accepted: give --component and --version to have them verified"
                    .to_owned(),
            ),
            Ok(_) => None,
        };
        Ok(VerifyReport {
            file: self.file.display().to_string(),
            key: key.id(),
            trusted_comment: minisig.trusted_comment().to_owned(),
            statement: statement.ok(),
            note,
        })
    }
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verified   {}, signed by key {}", line_fit_to_show(&self.file), self.key)?;
        let Some(Statement { component, version, sha256, size, issued, expires, minimum, requires }) = &self.statement
        else {
            write!(f, "\ncomment    {}", self.trusted_comment)?;
            return self.note.iter().try_for_each(|note| write!(f, "\nnote       {note}"));
        };
        write!(f, "\ncomponent  {component}\nversion    {version}\nsha256     {sha256}\nsize       {size} bytes")?;
        write!(f, "\nissued     {issued}")?;
        match expires {
            Some(moment) => write!(f, "\nexpires    {moment}")?,
            None => f.write_str("\nexpires    never")?,
        }
        match minimum {
            Some(version) => write!(f, "\nreplaces   {version} or newer")?,
            None => f.write_str("\nreplaces   any version")?,
        }
        requires.iter().try_for_each(|requirement| write!(f, "\nrequires   {requirement}"))?;
        self.note.iter().try_for_each(|note| write!(f, "\nnote       {note}"))
    }
}
