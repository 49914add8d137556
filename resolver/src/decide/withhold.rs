use std::collections::{BTreeMap, BTreeSet};

use super::outcome::{Decision, Outcome};
use crate::catalog::{Artifact, Availability, ObjectKey, Restore, Tier};
use crate::words::{Sha256, Timestamp};

/// Number of steps in which waits count down during a restore, so that answers stay the same for a while.
const STEPS: u64 = 20;

/// Divisor of a restore's time over which the retries of devices with different queries are spread, so that they do not
/// all come back at once.
const SPREAD: u64 = 10;

/// Default number of days for which a restored copy is kept: about as long as a rollout takes.
pub const DEFAULT_RESTORE_DAYS: u32 = 7;

/// Most days for which a restored copy can be requested. S3 allows more, but objects that are read for longer should not
/// be in an archive.
pub const MAX_RESTORE_DAYS: u32 = 365;

/// Settings of restores from cold storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restores {
    /// Speed and price class.
    pub tier: Tier,
    /// Days for which the restored copy is kept.
    pub days: u32,
}

/// Kinds of objects that a device reads for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reads {
    /// Objects in the package.
    pub package: bool,
    /// Objects behind the manifest's URLs.
    pub urls: bool,
}

impl Reads {
    fn objects(self, artifact: &Artifact) -> impl Iterator<Item = ObjectKey> {
        let package = self.package.then(|| artifact.packaged());
        let url = self.urls.then_some(ObjectKey::Blob(artifact.sha256));
        package.into_iter().chain(url.filter(|url| package != Some(*url)))
    }
}

impl Decision {
    /// Returns the objects that must be readable to deliver this decision.
    pub fn objects(&self, reads: Reads) -> BTreeSet<ObjectKey> {
        self.delivered().flat_map(|(_, release)| reads.objects(&release.artifact)).collect()
    }

    /// Takes releases in cold storage out of the decision: their entries become 503 with the time that a restore takes, and
    /// the rest is delivered.
    ///
    /// An object without a state counts as readable. `question` is the canonical query: different queries get slightly
    /// different waits, and one query gets the same wait for a while, because the package that contains it must not change
    /// while a device resumes its download.
    pub fn withhold(
        mut self,
        reads: Reads,
        states: &BTreeMap<ObjectKey, Availability>,
        restores: &Restores,
        question: &str,
        now: Timestamp,
    ) -> Decision {
        let mut ends = None;
        for entry in &mut self.entries {
            let Outcome::Install { release, hops_remaining } = &entry.outcome else { continue };
            let waits = reads.objects(&release.artifact).filter_map(|object| {
                let state = states.get(&object).copied().unwrap_or(Availability::Ready);
                restores.wait(state, &object, question, now)
            });
            let Some(wait) = waits.max_by_key(|wait| wait.seconds) else { continue };
            ends = wait.ends.into_iter().chain(ends).min();
            entry.reason = format!("{}; its bytes are being restored from cold storage", entry.reason);
            entry.outcome = Outcome::Waiting {
                release: release.clone(),
                hops_remaining: *hops_remaining,
                retry_after: wait.seconds,
            };
        }
        match ends {
            Some(moment) => self.until(moment),
            None => self,
        }
    }
}

/// Time that a device has to wait for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Seconds from now.
    pub seconds: u64,
    /// Time at which the wait becomes shorter; `None` if the restore is overdue.
    pub ends: Option<Timestamp>,
}

impl Restores {
    /// Returns the wait for an object in this state; `None` if the object can be read.
    pub fn wait(&self, state: Availability, object: &ObjectKey, question: &str, now: Timestamp) -> Option<Wait> {
        let Restore { archive, tier, since } = match state {
            Availability::Ready => return None,
            Availability::Cold(archive) => Restore { archive, tier: self.tier, since: now },
            Availability::Restoring(restore) => restore,
        };
        let whole = archive.restore_seconds(tier);
        let step = whole / STEPS;
        let left = whole.saturating_sub(now.seconds_since(since));
        let said = left.div_ceil(step).max(1) * step;
        // An overdue restore keeps the shortest wait, and the devices keep asking.
        let ends = (left > 0).then(|| Timestamp(now.0.saturating_add(left - (said - step))));
        let digest = Sha256::of(format!("{object}\n{question}").as_bytes()).0;
        let draw = digest.iter().take(8).fold(0, |draw, byte| draw << 8 | u64::from(*byte));
        Some(Wait { seconds: said + draw % (whole / SPREAD), ends })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Archive;

    const RESTORES: Restores = Restores { tier: Tier::Standard, days: 7 };
    const SINCE: u64 = 1_800_000_000;

    fn wait(state: Availability, question: &str, after: u64) -> Option<Wait> {
        let object = ObjectKey::Blob(Sha256::of(b"firmware"));
        RESTORES.wait(state, &object, question, Timestamp(SINCE + after))
    }

    #[test]
    fn a_wait_is_long_enough_not_much_longer_and_stays_the_same_until_it_says() {
        for archive in [Archive::Flexible, Archive::Deep] {
            for tier in Tier::ALL {
                let since = Timestamp(SINCE);
                let state = Availability::Restoring(Restore { archive, tier, since });
                let whole = archive.restore_seconds(tier);
                let mut after = 0;
                while after < whole {
                    let said = wait(state, "cpuarch=armv8", after).unwrap();
                    let (left, ends) = (whole - after, said.ends.unwrap().0 - SINCE);
                    assert!(said.seconds >= left && said.seconds <= left + whole / STEPS + whole / SPREAD);
                    assert!(ends > after && ends <= whole);
                    assert_eq!(wait(state, "cpuarch=armv8", ends - 1), Some(said), "{archive} {tier} {after}");
                    after = ends;
                }
                // It is late: who asks again is told to wait a little, for ever if need be.
                let late = wait(state, "cpuarch=armv8", whole).unwrap();
                assert!(late.seconds >= whole / STEPS && late.ends.is_none());
                assert_eq!(wait(state, "cpuarch=armv8", 1000 * whole), Some(late));
            }
        }
    }

    #[test]
    fn different_questions_wait_differently() {
        let waits: BTreeSet<u64> = (0..100)
            .map(|question| wait(Availability::Cold(Archive::Deep), &format!("app{question}=prod"), 0).unwrap().seconds)
            .collect();
        assert!(waits.len() > 90, "{waits:?}");
        assert_eq!(wait(Availability::Ready, "", 0), None);
    }

    #[test]
    fn deep_archive_has_no_minutes() {
        assert_eq!(Archive::Deep.restore_seconds(Tier::Expedited), Archive::Deep.restore_seconds(Tier::Standard));
        assert_eq!(Archive::Deep.tier(Tier::Expedited), Tier::Standard);
    }
}
