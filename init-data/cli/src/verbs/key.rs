use std::fmt;
use std::path::PathBuf;

use clap::Subcommand;
use publishing::signing::{KeyFile, generate};
use resolver::words::{KeyId, PublicKey, line_fit_to_show};
use serde::Serialize;

use super::password::PasswordArgs;

/// `edgehop key`.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    verb: KeyVerb,
}

#[derive(Debug, Subcommand)]
enum KeyVerb {
    /// Makes a key pair to sign releases with, which minisign knows too
    Generate {
        /// The new file of the secret key, which only its owner can read
        #[arg(long, value_name = "FILE", default_value = "edgehop.key")]
        secret: PathBuf,
        /// The new file of the public key
        #[arg(long, value_name = "FILE", default_value = "edgehop.pub")]
        public: PathBuf,
        /// Leaves the secret key without a password: whoever reads its file can sign
        #[arg(long, conflicts_with = "password_file")]
        no_password: bool,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Shows the id and the public key of either half of a key pair
    Show {
        /// The file of a public or a secret key
        file: PathBuf,
        #[command(flatten)]
        password: PasswordArgs,
    },
}

/// A key pair, as much of it as may be shown.
#[derive(Debug, Serialize)]
pub(crate) struct KeyReport {
    id: KeyId,
    public_key: PublicKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<Made>,
}

/// The files of a new key pair.
#[derive(Debug, Serialize)]
struct Made {
    secret: String,
    public: String,
}

impl KeyArgs {
    pub(crate) fn run(self) -> anyhow::Result<KeyReport> {
        let (public_key, made) = match self.verb {
            KeyVerb::Generate { secret, public, no_password, password } => {
                let password = if no_password { None } else { Some(password.of_new()?) };
                let key = generate(&secret, &public, password)?;
                (key, Some(Made { secret: secret.display().to_string(), public: public.display().to_string() }))
            }
            KeyVerb::Show { file, password } => match KeyFile::read(&file)? {
                KeyFile::Public(key) => (key, None),
                KeyFile::Secret(key) => (key.unlock(|| password.of(&file))?.public(), None),
            },
        };
        Ok(KeyReport { id: public_key.id(), public_key, made })
    }
}

impl fmt::Display for KeyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key id      {}\npublic key  {}", self.id, self.public_key)?;
        if let Some(Made { secret, public }) = &self.made {
            let (secret, public) = (line_fit_to_show(secret), line_fit_to_show(public));
            write!(f, "\nwritten to  {public}, for everybody")?;
            write!(f, "\nsecret key  {secret}: keep it off the servers, and a copy of it where it cannot be lost")?;
        }
        Ok(())
    }
}
