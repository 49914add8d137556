use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use anyhow::Context as _;
use http::{HeaderMap, Method};
use open::Stores;
use resolver::answer::{AnswerContext, Deployment, decided};
use resolver::catalog::Components;
use resolver::decide::{Explanation, Lookups, decide, explain, lookups};
use resolver::manifest::Addresses;
use resolver::query::{Ladder, Query};
use resolver::words::{ComponentKey, ComponentName, Timestamp, UrlBase, Version};
use serde::Serialize;
use store::{Catalog, StoreError};

use super::report::Report;

/// `edgehop explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// What a device asks: what follows the ? of /package?…; a whole URL will do
    query: String,
    /// The If-None-Match that it sends
    #[arg(long, value_name = "TAGS")]
    if_none_match: Option<String>,
    /// What the server's URLs start with, which a package's tag depends on
    #[arg(long, env = "EDGEHOP_URL_BASE", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url_base: UrlBase,
}

/// What a device would get, and why.
#[derive(Debug, Serialize)]
struct Explained {
    canonical_query: String,
    status: u16,
    not_published: Vec<ComponentKey>,
    components: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Part {
    component: ComponentName,
    status_code: u16,
    delivers: Option<Version>,
    target: Option<Version>,
    path: Vec<Version>,
    steps: Vec<String>,
}

impl ExplainArgs {
    pub(crate) async fn run<C: Catalog, A>(self, stores: &Stores<C, A>, now: Timestamp) -> anyhow::Result<Report> {
        let raw = self.query.split_once('?').map_or(self.query.as_str(), |(_, query)| query);
        let header = self.if_none_match.as_deref().map(str::as_bytes);
        let mut asked = Query::parse(raw, header, &Ladder::default()).context("a device would be answered 400")?;
        let lookups = lookups(&asked.query);
        let components = fetch(&stores.catalog, &lookups).await?;
        asked.query = asked.query.restrict_to_components(&components).context("a device would be answered 400")?;
        let canonical = asked.query.canonical();
        let decision = decide(&asked.query, &components, now);
        let deployment = Deployment::new(self.url_base);
        let mut headers = HeaderMap::new();
        if let Some(tags) = &self.if_none_match {
            headers.insert(http::header::IF_NONE_MATCH, tags.parse().context("--if-none-match is no header's value")?);
        }
        let (method, addresses) = (&Method::GET, &Addresses::new());
        let around = AnswerContext { method, headers: &headers, now, seed: 0, addresses, deployment: &deployment };
        let answer = decided(&asked, &decision, &canonical, around);
        let missing = |key: &&ComponentKey| !components.contains_key(*key);
        Report::of(&Explained {
            canonical_query: canonical,
            status: answer.status.as_u16(),
            not_published: lookups.components.iter().filter(missing).cloned().collect(),
            components: explain(&asked.query, &components).into_iter().map(part).collect(),
        })
    }
}

fn part(explanation: Explanation) -> Part {
    let Explanation { entry, path, steps, .. } = explanation;
    let status_code = entry.outcome.status_code();
    let delivers = entry.outcome.release().filter(|_| status_code == 200).map(|release| release.version.clone());
    Part { component: entry.component, status_code, delivers, target: entry.target, path, steps }
}

/// What the lookups name, read one by one: an operator has time.
async fn fetch(catalog: &impl Catalog, lookups: &Lookups) -> Result<Components, StoreError> {
    let mut wanted: BTreeSet<ComponentKey> = lookups.components.clone();
    for attribute in &lookups.attributes {
        wanted.extend(catalog.wanting(attribute).await?);
    }
    let mut components = Components::new();
    for key in wanted {
        if let Some(component) = catalog.component(&key).await? {
            components.insert(key, Arc::new(component));
        }
    }
    Ok(components)
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "canonical  {}", self.canonical_query)?;
        writeln!(f, "status     {}", self.status)?;
        self.not_published.iter().try_for_each(|key| writeln!(f, "\n{key}\n    is not published"))?;
        for Part { component, steps, .. } in &self.components {
            writeln!(f, "\n{component}")?;
            steps.iter().try_for_each(|step| writeln!(f, "    {step}"))?;
        }
        if self.components.is_empty() {
            writeln!(f, "\nnothing is published for these traits")?;
        }
        Ok(())
    }
}
