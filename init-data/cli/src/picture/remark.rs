use std::collections::{BTreeMap, BTreeSet};

use resolver::words::fit_to_show;

use super::{Next, Node, Survey};

/// One thing worth saying about a release, in one line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Barrier,
    DeadEnd,
    Withdrawn,
    Constraint,
    Trust,
    /// There is no next hop, and should be.
    Refused,
    /// There is no next hop, since the target is older.
    Newer,
    /// The next hop, where its reason cannot be seen.
    Hop,
}

/// What is to be said about a release, the weightiest first. What a picture shows by a line or a mark is not repeated.
pub(super) fn remarks(survey: &Survey, index: usize) -> Vec<Remark> {
    let Some(node) = survey.releases.get(index) else { return Vec::new() };
    let of_node = states(node).into_iter().chain(constraints(node)).chain(trust(node));
    let remark = |(kind, text): (Kind, String)| Remark { kind, text: fit_to_show(&text).into_owned() };
    of_node.chain(answers(survey, index)).map(remark).collect()
}

/// What a picture is of: its releases, in which order if that must be said, and for which devices.
pub(super) fn heading(survey: &Survey, order: &str) -> String {
    let count = match survey.releases.len() {
        1 => "1 release".to_owned(),
        count => format!("{count} releases{order}"),
    };
    let facts = joined(survey.facts.iter().map(|(fact, value)| format!("{fact}={value}")));
    let unsaid = joined(&survey.unsaid);
    match (facts.is_empty(), unsaid.is_empty()) {
        (true, true) => count,
        (false, true) => format!("{count}, for devices with {facts}"),
        (true, false) => format!("{count}, for devices that do not say {unsaid}"),
        (false, false) => format!("{count}, for devices with {facts} that do not say {unsaid}"),
    }
}

/// How [`heading`] says that releases stand below each other.
pub(super) const NEWEST_FIRST: &str = ", newest first";

/// The channels that point at nothing that could be drawn.
pub(super) fn dangling(survey: &Survey) -> impl Iterator<Item = String> {
    let lines = survey.channels.iter().filter(|line| !line.published);
    lines.map(|line| format!("{} points at {}, which is not published", line.channel, line.target))
}

/// Words with commas between.
pub(super) fn joined<I: IntoIterator<Item: ToString>>(words: I) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join(", ")
}

fn states(node: &Node) -> Vec<(Kind, String)> {
    let mut said = Vec::new();
    if let Some(reason) = &node.barrier {
        let what = match (&node.superseded_by, node.bars) {
            (_, true) => "barrier".to_owned(),
            (Some(version), false) => format!("barrier until {version} took over"),
            (None, false) => "barrier for other devices".to_owned(),
        };
        said.push((Kind::Barrier, format!("{what}: {reason}")));
    }
    said.extend(node.dead_end.iter().map(|reason| (Kind::DeadEnd, format!("dead end: {reason}"))));
    said.extend(node.withdrawn.iter().map(|reason| (Kind::Withdrawn, format!("withdrawn: {reason}"))));
    said
}

fn constraints(node: &Node) -> Option<(Kind, String)> {
    let from = node.from.iter().map(|range| format!("installed over {range}"));
    let floor = node.floor.iter().map(|floor| format!("never replaced by less than {floor}"));
    let requires = Some(joined(&node.requires)).filter(|facts| !facts.is_empty());
    let said: Vec<String> = from.chain(floor).chain(requires.map(|facts| format!("requires {facts}"))).collect();
    (!said.is_empty()).then(|| (Kind::Constraint, said.join("; ")))
}

fn trust(node: &Node) -> Option<(Kind, String)> {
    let change = node.trust_change.as_ref()?;
    let trusts = match node.trusts.is_empty() {
        true => "from here on no signature is verified".to_owned(),
        false => format!("from here on trusted: {}", joined(&node.trusts)),
    };
    let removed = match change.removed.is_empty() {
        true => String::new(),
        false => format!("; no longer: {}", joined(&change.removed)),
    };
    Some((Kind::Trust, format!("{trusts}{removed}")))
}

/// What devices on a release are answered, in the resolver's words. Channels that give the same answer share a line.
fn answers(survey: &Survey, index: usize) -> Vec<(Kind, String)> {
    let mut shared = BTreeMap::<(u8, String, &str), (Kind, BTreeSet<&str>)>::new();
    for line in &survey.channels {
        let Some(step) = line.steps.get(index) else { continue };
        let newer = !line.allow_downgrade && step.installed.precedence(&line.target).is_gt();
        let (rank, kind, answer) = match &step.next {
            Next::Install { version, hops_remaining: 1.. } if !is_at(survey, version, &step.reason) => {
                (0, Kind::Hop, format!(" → {version}"))
            }
            // A device on another spelling of the target's version is on the target.
            Next::Have if step.installed != line.target => (0, Kind::Hop, format!(" = {}", line.target)),
            Next::Refused { status_code } if !newer => (1, Kind::Refused, format!(" {status_code}")),
            Next::Refused { status_code } => (2, Kind::Newer, format!(" {status_code}")),
            _ => continue,
        };
        let (_, channels) = shared.entry((rank, answer, &step.reason)).or_insert_with(|| (kind, BTreeSet::new()));
        channels.insert(line.channel.as_str());
    }
    let said = |((_, answer, reason), (kind, channels))| {
        (kind, format!("{}{answer}: {reason}", joined::<BTreeSet<&str>>(channels)))
    };
    shared.into_iter().map(said).collect()
}

/// The reason of a hop is written where the hop ends: at a barrier.
fn is_at(survey: &Survey, version: &resolver::words::Version, reason: &str) -> bool {
    let barrier = survey.position(version).and_then(|to| survey.releases[to].barrier.as_ref());
    barrier.is_some_and(|barrier| reason.strip_prefix("barrier: ") == Some(barrier.as_str()))
}
