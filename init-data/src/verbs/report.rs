use std::fmt::Display;

use serde::Serialize;

/// What a verb found out: a text for people, the same as JSON for programs.
#[derive(Debug)]
pub(crate) struct Report {
    text: String,
    json: serde_json::Value,
    /// What was looked at is not as it must be; the process says so when it ends.
    pub(crate) refused: bool,
}

impl Report {
    /// Both forms of a finding.
    pub(crate) fn of(found: &(impl Serialize + Display)) -> anyhow::Result<Report> {
        Ok(Report { text: found.to_string(), json: serde_json::to_value(found)?, refused: false })
    }

    /// The same, of something that is not as it must be.
    pub(crate) fn refused(self, refused: bool) -> Report {
        Report { refused, ..self }
    }

    /// Prints one of them. An empty text prints nothing.
    pub(crate) fn print(&self, json: bool) {
        if json {
            println!("{:#}", self.json);
        } else if !self.text.is_empty() {
            println!("{}", self.text.trim_end());
        }
    }
}
