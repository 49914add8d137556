use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use resolver::catalog::{Archive, Availability, Component, ObjectKey, Release, Restore, Tier};
use resolver::check::deliverable;
use resolver::words::{ChannelName, ComponentName, Timestamp, Version};
use serde::{Serialize, Serializer};
use store::{Artifacts, StoreError};

use crate::prices::{Costs, Micros, PRICES_IN, PRICES_OF};

/// Objects that are looked at, or asked for, at once.
const AT_ONCE: usize = 16;

/// How often an object that somebody else asks for is looked at, and how long after one another: they are at it now, or
/// were killed.
const LOOKS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// What is restored ahead of need, and what of it is cold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warming {
    /// How fast.
    #[serde(serialize_with = "as_text")]
    pub tier: Tier,
    /// How long copies stay, in days.
    pub days: u32,
    /// Everything that the channels can deliver, in the order of their keys.
    pub objects: Vec<Needed>,
    /// What restoring all that is cold costs, at list prices.
    pub costs: Costs,
    /// All of that together.
    pub total_usd: Micros,
    /// What is cold was asked for.
    pub asked: bool,
}

/// An object that some device may be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Needed {
    /// Which object.
    #[serde(serialize_with = "as_text")]
    pub object: ObjectKey,
    /// Length in bytes.
    pub size: u64,
    /// The releases that need it.
    pub releases: BTreeSet<Needs>,
    /// How things stand with it.
    #[serde(flatten)]
    pub state: State,
}

/// A release that needs an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Needs {
    /// The component.
    pub component: ComponentName,
    /// The version.
    pub version: Version,
}

/// How things stand with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It can be read.
    Ready,
    /// A copy is being made.
    Restoring {
        /// From where.
        #[serde(serialize_with = "as_text")]
        archive: Archive,
        /// How fast.
        #[serde(rename = "by", serialize_with = "as_text")]
        tier: Tier,
        /// When it was asked for, as far as is known.
        since: Timestamp,
    },
    /// It must be restored first.
    Cold {
        /// From where.
        #[serde(serialize_with = "as_text")]
        archive: Archive,
    },
    /// It is not there at all.
    Missing,
}

/// Looks at everything that these channels can deliver, and at the paths to them: artifacts, and their fragments.
/// Components come with the channels that are meant; none of them means all.
///
/// [`StoreError::Unavailable`] if the store does not say how things stand.
pub async fn warming<A: Artifacts>(
    artifacts: &A,
    components: &[Component],
    only: &BTreeSet<ChannelName>,
    tier: Tier,
    days: u32,
) -> Result<Warming, StoreError> {
    let looked = stream::iter(needed(components, only)).map(async |(object, (size, releases))| {
        let state = match artifacts.availability(&object).await {
            Ok(availability) => State::from(availability),
            Err(StoreError::Missing(_)) => State::Missing,
            Err(error) => return Err(error),
        };
        Ok(Needed { object, size, releases, state })
    });
    let objects: Vec<Needed> = looked.buffered(AT_ONCE).try_collect().await?;
    let mut costs = Costs::default();
    for archive in [Archive::Flexible, Archive::Deep] {
        let cold = objects.iter().filter(|one| one.state == State::Cold { archive });
        let (count, bytes) = cold.fold((0, 0_u64), |(count, bytes), one| (count + 1, bytes.saturating_add(one.size)));
        costs = costs.and(Costs::of(archive, tier, days, count, bytes));
    }
    Ok(Warming { tier, days, objects, costs, total_usd: costs.total(), asked: false })
}

/// Asks for everything that is cold. Stopped anywhere, it is gone on with by the next: what was asked for is restoring.
/// The first error, once all of it was asked for: what one object is refused says nothing of the others.
pub async fn warm<A: Artifacts>(artifacts: &A, mut warming: Warming) -> Result<Warming, StoreError> {
    let (tier, days) = (warming.tier, warming.days);
    let asked = stream::iter(warming.objects).map(async |needed| {
        let State::Cold { .. } = needed.state else { return Ok(needed) };
        let state = restored(artifacts, &needed.object, tier, days).await?;
        Ok::<_, StoreError>(Needed { state, ..needed })
    });
    let asked: Vec<Result<Needed, StoreError>> = asked.buffered(AT_ONCE).collect().await;
    warming.objects = asked.into_iter().collect::<Result<_, _>>()?;
    warming.asked = true;
    Ok(warming)
}

/// Asks for one object, and looks whether it is being restored: somebody else may be about to ask for it, or may have
/// been killed before.
async fn restored<A: Artifacts>(artifacts: &A, object: &ObjectKey, tier: Tier, days: u32) -> Result<State, StoreError> {
    let asked = artifacts.restore(object, tier, days).await?;
    for _ in 0..LOOKS {
        match artifacts.availability(object).await? {
            Availability::Cold(_) => tokio::time::sleep(PAUSE).await,
            // Only who asked knows how fast and since when, where nobody can read that.
            Availability::Restoring(_) => return Ok(asked.into()),
            Availability::Ready => return Ok(State::Ready),
        }
    }
    let problem = "somebody was about to ask for its restore, and the store knows of none: try again in 5 minutes";
    Err(StoreError::artifacts(format!("{object}: {problem}")))
}

impl Warming {
    /// The objects that must be restored first.
    pub fn cold(&self) -> impl Iterator<Item = &Needed> {
        self.objects.iter().filter(|one| matches!(one.state, State::Cold { .. }))
    }

    /// How many objects are like that, and their bytes.
    fn count(&self, like: impl Fn(&State) -> bool) -> String {
        let (mut objects, mut bytes) = (0, 0_u64);
        for one in self.objects.iter().filter(|one| like(&one.state)) {
            objects += 1;
            bytes = bytes.saturating_add(one.size);
        }
        format!("{objects} of {bytes} bytes")
    }

    /// The longest that any cold object takes, in hours or minutes.
    fn takes(&self) -> String {
        let seconds = self.cold().filter_map(|one| match one.state {
            State::Cold { archive } => Some(archive.restore_seconds(self.tier)),
            _ => None,
        });
        match seconds.max().unwrap_or_default() {
            minutes if minutes < 3600 => format!("{} minutes", minutes / 60),
            hours => format!("{} hours", hours / 3600),
        }
    }
}

/// Every object that the channels can deliver: its size, and for which releases.
fn needed(components: &[Component], only: &BTreeSet<ChannelName>) -> BTreeMap<ObjectKey, (u64, BTreeSet<Needs>)> {
    let mut needed = BTreeMap::<ObjectKey, (u64, BTreeSet<Needs>)>::new();
    for component in components {
        let channels = component.channels.iter().filter(|(name, _)| only.is_empty() || only.contains(*name));
        for release in channels.flat_map(|(_, channel)| deliverable(component, channel)) {
            for (object, size) in objects(&release) {
                let needs = Needs { component: component.name.clone(), version: release.version.clone() };
                needed.entry(object).or_insert((size, BTreeSet::new())).1.insert(needs);
            }
        }
    }
    needed
}

/// The objects of a release, with their sizes.
pub(crate) fn objects(release: &Release) -> impl Iterator<Item = (ObjectKey, u64)> {
    let artifact = &release.artifact;
    let fragment = artifact.fragment.map(|fragment| (ObjectKey::Fragment(fragment.sha256), fragment.size));
    [(ObjectKey::Blob(artifact.sha256), artifact.size)].into_iter().chain(fragment)
}

impl From<Availability> for State {
    fn from(availability: Availability) -> State {
        match availability {
            Availability::Ready => State::Ready,
            Availability::Cold(archive) => State::Cold { archive },
            Availability::Restoring(Restore { archive, tier, since }) => State::Restoring { archive, tier, since },
        }
    }
}

fn as_text<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Ready => f.write_str("ready"),
            State::Restoring { archive, tier, since } => {
                write!(f, "being restored from {archive} by {tier} since {since}")
            }
            State::Cold { archive } => write!(f, "cold, in {archive}"),
            State::Missing => f.write_str("MISSING"),
        }
    }
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let releases: Vec<String> =
            self.releases.iter().map(|Needs { component, version }| format!("{component} {version}")).collect();
        write!(f, "{}  {} bytes  {}  for {}", self.object, self.size, self.state, releases.join(", "))
    }
}

impl fmt::Display for Warming {
    /// What is not ready object by object, then the sums, then what it costs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in self.objects.iter().filter(|one| one.state != State::Ready) {
            writeln!(f, "{one}")?;
        }
        let ready = self.count(|state| *state == State::Ready);
        if self.objects.iter().all(|one| one.state == State::Ready) {
            return write!(f, "all that the channels can deliver is ready: objects {ready}");
        }
        let restoring = self.count(|state| matches!(state, State::Restoring { .. }));
        let cold = self.count(|state| matches!(state, State::Cold { .. }));
        write!(f, "objects: {ready} ready, {restoring} being restored, {cold} cold")?;
        if self.objects.iter().any(|one| one.state == State::Missing) {
            write!(f, ", {} missing", self.count(|state| *state == State::Missing))?;
        }
        let Warming { tier, days, costs, total_usd, .. } = self;
        let paid = format!(
            "{total_usd}: {} for bytes, {} for requests, {} for {days} days of copies (list prices of {PRICES_IN}, \
             {PRICES_OF})",
            costs.retrieval_usd, costs.requests_usd, costs.copies_usd
        );
        match (self.asked, self.cold().next()) {
            (true, _) => write!(f, "\nasked for what was cold, by {tier}; it costs {paid}"),
            (false, Some(_)) => write!(f, "\nrestoring by {tier} takes {} and costs {paid}", self.takes()),
            (false, None) => Ok(()),
        }
    }
}
