use std::collections::{BTreeMap, BTreeSet};

use super::outcome::{Decision, Outcome};
use crate::catalog::{Artifact, Availability, ObjectKey, Restore, Tier};
use crate::words::{Sha256, Timestamp};

/// A wait is said in steps of the restore's time divided by this, so that answers stay the same for a while.
const STEPS: u64 = 20;

/// Devices with different questions are spread over the restore's time divided by this, so that they do not all come
/// back at once.
const SPREAD: u64 = 10;

/// For how many days a restored copy stays if nothing else is said: as long as a rollout, as a rule.
pub const DEFAULT_RESTORE_DAYS: u32 = 7;

/// Most days that a restored copy can be asked for. S3 takes more, but what is read for longer should not be in an
/// archive.
pub const MAX_RESTORE_DAYS: u32 = 365;

/// How artifacts are restored from cold storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restores {
    /// How fast.
    pub tier: Tier,
    /// For how many days the copy stays that can be read.
    pub days: u32,
}

/// Which objects an answer leads a device to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reads {
    /// What goes into a package.
    pub package: bool,
    /// What the manifest's URLs name.
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
    /// The objects that must be there to deliver this.
    pub fn objects(&self, reads: Reads) -> BTreeSet<ObjectKey> {
        self.delivered().flat_map(|(_, release)| reads.objects(&release.artifact)).collect()
    }

    /// Takes out what is in cold storage: its entries are 503 with the time that a restore takes, the rest is delivered.
    ///
    /// What is not among the states was not looked at, and counts as there. `question` is the canonical query: different questions are told to wait a little differently, and the same one is
    /// told the same for a while, because a package that says so must not change while a device resumes it.
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

/// How long a device waits for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// From now on.
    pub seconds: u64,
    /// When another wait is said, if the restore is not ready by then.
    pub ends: Option<Timestamp>,
}

impl Restores {
    /// How long a device waits for an object in this state; `None` if it is there.
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
        // A restore that takes longer than it should is asked after again and again.
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
