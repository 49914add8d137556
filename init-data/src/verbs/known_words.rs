use anyhow::Context as _;
use init_data::StoreOptions;
use init_data::known_words::{look, push};

use super::report::Report;

/// `edgehop known-words`.
#[derive(Debug, clap::Args)]
pub(crate) struct KnownWordsArgs {
    /// Write what is different
    #[arg(long)]
    push: bool,
}

impl KnownWordsArgs {
    /// A list that is not as it must be is said so by the exit code, too.
    pub(crate) async fn run(self, options: &StoreOptions) -> anyhow::Result<Report> {
        let edge = options.edge().await;
        let edge =
            edge.context("where does the CDN look words up? give --known-words kvs:ARN, or set EDGEHOP_KNOWN_WORDS")?;
        let catalog = options.open().await?.catalog;
        let state = match self.push {
            true => push(&edge, &catalog).await?,
            false => look(&edge, &catalog).await?,
        };
        Ok(Report::of(&state)?.refused(!state.current && !state.written))
    }
}
