use std::fmt;
use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use open::Stores;
use publishing::signing::read_text;
use publishing::{Document, MAX_DOCUMENT_BYTES, apply, plan};
use resolver::words::{ComponentName, Reason, Timestamp, path_fit_to_show};
use serde::Serialize;
use store::{Artifacts, Catalog};

use super::published::published;
use super::report::Report;

/// `edgehop export`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The components [default: all]
    components: Vec<ComponentName>,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `edgehop import`.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// The document, as export writes it; - for standard input
    file: PathBuf,
    /// Carry the plan out, after it was shown once
    #[arg(long)]
    pub(crate) apply: bool,
    /// Import it although devices would be stranded, for this reason, which is kept
    #[arg(long, value_name = "REASON")]
    force: Option<Reason>,
}

/// A document, and where it went.
#[derive(Debug, Serialize)]
struct Exported {
    #[serde(flatten)]
    document: Document,
    #[serde(skip)]
    text: String,
}

impl ExportArgs {
    pub(crate) async fn run<C: Catalog, A>(self, stores: &Stores<C, A>) -> anyhow::Result<Report> {
        let mut document = Document::default();
        if self.components.is_empty() {
            published(&stores.catalog, None).await?.iter().for_each(|component| document.add(component));
        }
        for name in &self.components {
            published(&stores.catalog, Some(name)).await?.iter().for_each(|component| document.add(component));
        }
        let mut text = document.text()?;
        if let Some(file) = &self.output {
            std::fs::write(file, &text).with_context(|| format!("cannot write {}", file.display()))?;
            text = format!("{} components written to {}", document.components.len(), path_fit_to_show(file));
        }
        Report::of(&Exported { document, text })
    }
}

impl ImportArgs {
    pub(crate) async fn run<C: Catalog, A: Artifacts>(
        self,
        stores: &Stores<C, A>,
        now: Timestamp,
    ) -> anyhow::Result<Report> {
        let file = self.file.display();
        let text = if self.file.as_os_str() == "-" {
            let limited = std::io::stdin().take(MAX_DOCUMENT_BYTES + 1);
            std::io::read_to_string(limited).context("cannot read standard input")?
        } else {
            let limit = usize::try_from(MAX_DOCUMENT_BYTES).unwrap_or(usize::MAX);
            read_text(&self.file, limit).with_context(|| format!("cannot read {file}"))?
        };
        ensure!(text.len() as u64 <= MAX_DOCUMENT_BYTES, "{file} is too large: {MAX_DOCUMENT_BYTES} bytes at most");
        let document = Document::read(&text).with_context(|| format!("cannot import {file}"))?;
        let planned = plan(stores, &document, self.force.as_ref(), now).await;
        let mut planned = planned.with_context(|| format!("cannot import {file}, nothing was changed"))?;
        if self.apply {
            planned = apply(stores, planned).await.with_context(|| format!("{file} is not imported to its end"))?;
        }
        planned.put_down().await;
        Report::of(&planned)
    }
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
