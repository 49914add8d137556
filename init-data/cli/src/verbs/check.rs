use std::collections::BTreeMap;
use std::fmt;

use open::Stores;
use publishing::missing;
use resolver::catalog::Component;
use resolver::check::check;
use resolver::words::{ComponentName, Timestamp};
use serde::Serialize;
use store::{Artifacts, Catalog};

use super::published::published;
use super::report::Report;

/// `edgehop check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// The component [default: all]
    component: Option<ComponentName>,
}

/// What the proof found, by component.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Checked(BTreeMap<ComponentName, Finding>);

#[derive(Debug, Serialize)]
struct Finding {
    problems: Vec<String>,
    notes: Vec<String>,
    paths: usize,
}

impl CheckArgs {
    pub(crate) async fn run<C: Catalog, A: Artifacts>(
        self,
        stores: &Stores<C, A>,
        now: Timestamp,
    ) -> anyhow::Result<Report> {
        let components = published(&stores.catalog, self.component.as_ref()).await?;
        let found = |component: &Component| {
            let report = check(component, now);
            let problems = report.problems.iter().map(ToString::to_string).collect();
            let notes = report.notes.iter().map(ToString::to_string).collect();
            (component.name.clone(), Finding { problems, notes, paths: report.paths })
        };
        let mut checked = Checked(components.iter().map(found).collect());
        for component in &components {
            // The bytes of what was withdrawn may be gone: it is never offered.
            let live = component.releases().iter().filter(|release| release.withdrawn.is_none());
            let missing = missing(&stores.artifacts, &component.name, live.map(AsRef::as_ref)).await?;
            let finding = checked.0.get_mut(&component.name);
            finding.into_iter().for_each(|finding| finding.problems.extend(missing.iter().map(ToString::to_string)));
        }
        let refused = checked.0.values().any(|finding| !finding.problems.is_empty());
        Ok(Report::of(&checked)?.refused(refused))
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (component, Finding { problems, notes, paths }) in &self.0 {
            let verdict = if problems.is_empty() { "safe" } else { "NOT SAFE" };
            writeln!(f, "{component:<16} {verdict}, {paths} paths proven")?;
            problems.iter().try_for_each(|problem| writeln!(f, "    {problem}"))?;
            notes.iter().try_for_each(|note| writeln!(f, "    note: {note}"))?;
        }
        Ok(())
    }
}
