use std::fmt;

use resolver::catalog::{Component, Edit, Release};
use resolver::check::{Problem, check};
use resolver::words::{ComponentName, Reason, Timestamp, Version};
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
    /// A reason would do.
    pub can_be_forced: bool,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused, {} stays as it is:", self.component)?;
        self.problems.iter().take(MOST_NAMED).try_for_each(|problem| write!(f, "\n  {problem}"))?;
        if let Some(more) = self.problems.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
            write!(f, "\n  and {more} more")?;
        }
        f.write_str(match self.can_be_forced {
            true => "\nmend it, or say in words why it must be so with --force '<reason>', which is kept",
            false => "\nmend it: this cannot be forced",
        })
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
) -> Result<Vec<String>, Refused> {
    if edit.is_empty() {
        return Ok(Vec::new());
    }
    let known = check(before, now).problems;
    let mut worse = check(&before.edited(edit), now).problems;
    worse.retain(|problem| !known.iter().any(|old| problem.is_part_of(old)));
    let can_be_forced = worse.iter().all(Problem::can_be_forced);
    let worse: Vec<String> =
        worse.iter().map(Problem::to_string).chain(rewritten(before, edit)).chain(lowered(before, edit)).collect();
    if worse.is_empty() {
        return Ok(worse);
    }
    let Some(reason) = force.filter(|_| can_be_forced) else {
        return Err(Refused { component: before.name.clone(), problems: worse, can_be_forced });
    };
    for release in &mut edit.releases {
        release.forced = Some(reason.clone());
    }
    for channel in edit.channels.values_mut().flatten() {
        channel.forced = Some(reason.clone());
    }
    Ok(worse)
}

/// The channels that move so that devices hear 409 which did not before: below where they pointed, or up without the
/// leave to go down that they had. A leave that is written with the move is the operator's word for it.
fn lowered(before: &Component, edit: &Edit) -> Vec<String> {
    let moved = edit.channels.iter().filter_map(|(name, new)| {
        let (old, new) = (before.channels.get(name)?, new.as_ref()?);
        if new.allow_downgrade || old.target == new.target {
            return None;
        }
        let above = |version: &Version| version.precedence(&new.target).is_gt();
        let served = |version: &Version| old.allow_downgrade || version.precedence(&old.target).is_le();
        let mut deaf: Vec<&Version> = (before.releases().iter())
            .filter(|release| release.dead_end.is_none())
            .map(|release| &release.version)
            .filter(|version| above(version) && served(version))
            .collect();
        if deaf.is_empty() && above(&old.target) {
            deaf.push(&old.target);
        }
        (!deaf.is_empty()).then(|| {
            let (old, new) = (&old.target, &new.target);
            let (devices, component) = (named(&deaf), &before.name);
            let way = if above(old) { "down" } else { "without its leave to go down" };
            let type_this = match before.release(new) {
                Some(_) => format!("`edgehop channel set {component} {name} {new} --allow-downgrade`"),
                None => "the same command and --allow-downgrade".to_owned(),
            };
            format!(
                "{name} would move {way} from {old} to {new}, and devices on {devices} would hear 409: take them down \
                 too with {type_this} (in a document: allow_downgrade = true), or publish the bytes under a version \
                 above theirs"
            )
        })
    });
    moved.collect()
}

/// Versions as a list of at most [`MOST_NAMED`], the newest first.
fn named(versions: &[&Version]) -> String {
    let names: Vec<&str> = versions.iter().rev().take(MOST_NAMED).map(|version| version.as_str()).collect();
    let more = versions.len() - names.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    names.join(", ") + &more
}

/// The releases that are said to accept more signatures than before. Their bytes have not changed: if what was recorded
/// was right, devices that run them would be sent what they refuse.
fn rewritten(before: &Component, edit: &Edit) -> Vec<String> {
    let accepts_more = |old: &Release, new: &Release| {
        !old.trusts.is_empty() && (new.trusts.is_empty() || !new.trusts.is_subset(&old.trusts))
    };
    let changed = edit.releases.iter().filter_map(|new| {
        let old = before.release(&new.version)?;
        accepts_more(old, new).then(|| {
            format!(
                "{} is published, so what it trusts cannot change: publish what trusts more as a new version",
                new.version
            )
        })
    });
    changed.collect()
}
