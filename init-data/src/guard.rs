use std::fmt;

use resolver::catalog::{Component, Edit};
use resolver::check::{Problem, check};
use resolver::words::{ComponentName, Reason, Timestamp};
use serde::Serialize;

/// Most problems that a refusal names one by one.
const MOST_NAMED: usize = 20;

/// Why an edit was not done: devices would be stranded that are not today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Refused {
    /// The component.
    pub component: ComponentName,
    /// What the check found on the catalog as it would be.
    pub problems: Vec<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused, {} stays as it is:", self.component)?;
        self.problems.iter().take(MOST_NAMED).try_for_each(|problem| write!(f, "\n  {problem}"))?;
        if let Some(more) = self.problems.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
            write!(f, "\n  and {more} more")?;
        }
        f.write_str("\nmend the path, or say in words why it must be so with --force '<reason>', which is kept")
    }
}

/// Proves the component as an edit would leave it. Only what the edit makes worse is held against it; with a reason to
/// force it, that is written into every record it touches.
///
/// Returns the problems that were forced.
pub fn guard(
    before: &Component,
    edit: &mut Edit,
    force: Option<&Reason>,
    now: Timestamp,
) -> Result<Vec<Problem>, Refused> {
    let known = check(before, now).problems;
    let mut worse = check(&before.edited(edit), now).problems;
    worse.retain(|problem| !known.iter().any(|old| old.is_like(problem)));
    if worse.is_empty() {
        return Ok(Vec::new());
    }
    let Some(reason) = force else {
        let problems = worse.iter().map(Problem::to_string).collect();
        return Err(Refused { component: before.name.clone(), problems });
    };
    for release in &mut edit.releases {
        release.forced = Some(reason.clone());
    }
    for channel in edit.channels.values_mut().flatten() {
        channel.forced = Some(reason.clone());
    }
    Ok(worse.into_iter().collect())
}
