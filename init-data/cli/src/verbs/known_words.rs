use std::fmt;

use crate::options::StoreOptions;
use anyhow::bail;
use deployment::known_words::{KnownWordsPlace, KnownWordsState, look, note, push};
use serde::Serialize;

use super::report::Report;
use super::written::together;

/// `edgehop known-words`.
#[derive(Debug, clap::Args)]
pub(crate) struct KnownWordsArgs {
    /// Write what is different
    #[arg(long)]
    push: bool,
    /// From now on publishing keeps no list there: the place is gone, or nobody asks through it
    #[arg(long, value_name = "STORE", conflicts_with = "push")]
    forget: Option<KnownWordsPlace>,
}

/// What each place knows.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct States(Vec<KnownWordsState>);

impl KnownWordsArgs {
    /// A list that is not as it must be is said so by the exit code, too.
    pub(crate) async fn run(self, options: &StoreOptions) -> anyhow::Result<Report> {
        let catalog = options.open().await?.catalog;
        if let Some(place) = &self.forget {
            note(&catalog, place, false).await?;
        }
        let edges = options.edges(&catalog).await?;
        if edges.is_empty() && self.forget.is_none() {
            bail!("where does the CDN look words up? give --known-words kvs:ARN, or set EDGEHOP_KNOWN_WORDS");
        }
        let (mut states, mut errors) = (Vec::new(), Vec::new());
        for edge in edges {
            let state = match self.push {
                true => push(&edge, &catalog).await,
                false => look(&edge, &catalog).await,
            };
            match state {
                Ok(state) => states.push(state),
                Err(error) => errors.push(error),
            }
        }
        let refused = states.iter().any(|state| !state.current && !state.written);
        let report = Report::of(&States(states))?.refused(refused);
        Ok(match together(errors) {
            Some(error) => report.but(error),
            None => report,
        })
    }
}

impl fmt::Display for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|state| writeln!(f, "{state}"))
    }
}
