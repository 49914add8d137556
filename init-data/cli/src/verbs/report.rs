use std::fmt::Display;
use std::io::{self, ErrorKind};

use anyhow::Context as _;
use serde::Serialize;

/// Prints a text. Whoever reads it may have seen enough and gone; a full disk is an error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    told(terminal::say(text))
}

fn told(told: io::Result<()>) -> anyhow::Result<()> {
    match told {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}

/// What a verb found out: a text for people, the same as JSON for programs.
#[derive(Debug)]
pub(crate) struct Report {
    text: String,
    json: serde_json::Value,
    /// What was looked at is not as it must be; the process says so when it ends.
    pub(crate) refused: bool,
    /// What was found out was done, and this was not.
    pub(crate) failed: Option<anyhow::Error>,
}

impl Report {
    /// Both forms of a finding.
    pub(crate) fn of(found: &(impl Serialize + Display)) -> anyhow::Result<Report> {
        Ok(Report { text: found.to_string(), json: serde_json::to_value(found)?, refused: false, failed: None })
    }

    /// The same, of something that is not as it must be.
    pub(crate) fn refused(self, refused: bool) -> Report {
        Report { refused, ..self }
    }

    /// The same, where something that comes after it was not done.
    #[cfg(feature = "deploy")]
    pub(crate) fn but(self, error: anyhow::Error) -> Report {
        Report { failed: Some(error), ..self }
    }

    /// Prints one of them. An empty text prints nothing.
    pub(crate) fn print(&self, json: bool) -> anyhow::Result<()> {
        match json {
            true => told(terminal::say_json(&format!("{:#}\n", self.json))),
            false if self.text.is_empty() => Ok(()),
            false => print(&format!("{}\n", self.text.trim_end())),
        }
    }
}
