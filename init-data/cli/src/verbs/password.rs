use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use publishing::signing::read_text;
use resolver::words::path_fit_to_show;

/// Longest password, in bytes: what minisign's own tool takes.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Where a password is found if no file was named. Empty is as good as not set.
const VARIABLE: &str = "EDGEHOP_KEY_PASSWORD";

/// How to come by the password of a secret key.
#[derive(Debug, clap::Args)]
pub(crate) struct PasswordArgs {
    /// The file whose first line is the secret key's password [default: what EDGEHOP_KEY_PASSWORD says, else asks]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// The password that protects a key.
    pub(crate) fn of(&self, key: &Path) -> anyhow::Result<String> {
        match self.given()? {
            Some(password) => Ok(password),
            None => ask(
                &format!("Password of {}: ", path_fit_to_show(key)),
                "give it with --password-file or in EDGEHOP_KEY_PASSWORD",
            ),
        }
    }

    /// The password that is to protect a new key.
    pub(crate) fn of_new(&self) -> anyhow::Result<String> {
        let password = match self.given()? {
            Some(password) => password,
            None => {
                let otherwise =
                    "give one with --password-file or in EDGEHOP_KEY_PASSWORD, or do without with --no-password";
                let password = ask("Password for the new secret key: ", otherwise)?;
                ensure!(password == ask("The same again: ", otherwise)?, "the two passwords differ: try again");
                password
            }
        };
        ensure!(!password.is_empty(), "the password is empty: give another, or do without with --no-password");
        Ok(password)
    }

    fn given(&self) -> anyhow::Result<Option<String>> {
        let password = match &self.password_file {
            Some(path) => {
                // A long line and its end: what is longer is refused below as a password, or here as a file.
                let text = read_text(path, 4 * MAX_PASSWORD_BYTES);
                let text = text.with_context(|| format!("cannot read the password file {}", path.display()))?;
                Some(text.lines().next().unwrap_or_default().to_owned())
            }
            None => match std::env::var(VARIABLE) {
                Ok(password) => Some(password).filter(|password| !password.is_empty()),
                Err(std::env::VarError::NotPresent) => None,
                Err(std::env::VarError::NotUnicode(_)) => bail!("{VARIABLE} is no text: a password takes UTF-8"),
            },
        };
        password.map(fitting).transpose()
    }
}

fn ask(question: &str, otherwise: &str) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("the secret key takes a password, and there is no terminal to ask for it: {otherwise}");
    }
    fitting(rpassword::prompt_password(question).context("cannot ask for the password on the terminal")?)
}

fn fitting(password: String) -> anyhow::Result<String> {
    let fits = password.len() <= MAX_PASSWORD_BYTES;
    ensure!(fits, "the password is too long: it takes {MAX_PASSWORD_BYTES} bytes at most");
    Ok(password)
}
