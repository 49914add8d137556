//! The decision's rules as the book's page on upgrade paths has them, as dumb as possible: flat lists, linear scans, every
//! path one by one, nothing shared with the resolver. Slow and obvious is the point.

use crate::ask::Question;
use crate::asked::{Pairs, attributes, digests, facts, lower, named, os_component, pairs, refused, said, value};
use crate::draw::{Catalog, Row, Shipped};
use crate::rules::{Rule, Stand, World};
use crate::versions::rank;
use crate::ways::way;

/// What becomes of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) component: String,
    pub(crate) status: u16,
    pub(crate) delivered: Option<String>,
    pub(crate) hops_remaining: u32,
    pub(crate) target: String,
}

/// A part, and the rule that keeps the device from going straight to the target, if there is one.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) part: Part,
    pub(crate) rule: Option<Rule>,
}

/// The answer to a question, in the order of the components' lower-cased names; `None` if it is refused.
pub(crate) fn answer(catalog: &Catalog, question: &Question) -> Option<Vec<Judged>> {
    let pairs = pairs(&question.query)?;
    let mut names: Vec<&str> = catalog.rows.iter().map(|row| row.component.as_str()).collect();
    names.sort_by_key(|name| lower(name));
    names.dedup();
    if refused(&pairs, &names) {
        return None;
    }
    let rows: Vec<&Row> = names.iter().filter_map(|name| selected(catalog, &pairs, name)).collect();
    let mut had = digests(&pairs, question);
    // What two of the components have says of neither that it is there.
    had.retain(|digest| rows.iter().filter(|row| has(catalog, row, digest)).count() < 2);
    let mut all: Vec<Judged> = rows.into_iter().map(|row| judged(catalog, &pairs, &had, row)).collect();
    for asked in named(&pairs) {
        let published = names.iter().find(|name| lower(name) == asked);
        let answered = all.iter().any(|judged| lower(&judged.part.component) == asked);
        if !answered && (published.is_some() || said(&pairs, &asked).is_some()) {
            all.push(absent(published.map_or(asked.clone(), |name| (*name).to_owned())));
        }
    }
    all.sort_by_key(|judged| lower(&judged.part.component));
    Some(all)
}

/// Judges a component that is asked for and not published, or not on that channel.
fn absent(component: String) -> Judged {
    let part = Part { component, status: 404, delivered: None, hops_remaining: 0, target: String::new() };
    Judged { part, rule: None }
}

fn has(catalog: &Catalog, row: &Row, digest: &str) -> bool {
    catalog.releases.iter().any(|release| release.component == row.component && release.md5 == digest)
}

/// The row that this component is wanted on: the first there is of its own name's channel, `cpuArch`'s, and those of
/// the attributes in canonical order that want it.
fn selected<'a>(catalog: &'a Catalog, pairs: &Pairs, name: &str) -> Option<&'a Row> {
    let row = |channel: &str| catalog.rows.iter().find(|row| row.component == name && row.channel == channel);
    if let Some(channel) = value(pairs, &lower(name))
        && let Some(row) = row(&lower(channel))
    {
        return Some(row);
    }
    if os_component(pairs) == Some(lower(name))
        && let Some(row) = row(&lower(value(pairs, "os").unwrap_or("prod")))
    {
        return Some(row);
    }
    for (attribute, channel) in attributes(pairs) {
        for row in &catalog.rows {
            if row.component == name && row.channel == channel && row.attributes.contains(&attribute) {
                return Some(row);
            }
        }
    }
    None
}

fn judged(catalog: &Catalog, pairs: &Pairs, digests: &[String], row: &Row) -> Judged {
    let releases: Vec<&Shipped> = catalog.releases.iter().filter(|one| one.component == row.component).collect();
    let world = World { releases, allow_downgrade: row.allow_downgrade, facts: Some(facts(pairs)) };
    let word = said(pairs, &lower(&row.component));
    let ((status, way), rule) = match world.releases.iter().find(|release| release.version == row.target) {
        None => (refuse(404), None),
        Some(target) => {
            let at = match &word {
                Some(version) => Some(world.said(version)),
                None => newest(&world, digests).map(Stand::on),
            };
            let had = if word.is_none() { digests } else { &[] };
            let stopped = at.and_then(|at| world.stopped(at, target));
            (given(&world, at, target, had), world.closed(target).or(stopped))
        }
    };
    let part = Part {
        component: row.component.clone(),
        status,
        delivered: way.first().map(|release| release.version.clone()),
        hops_remaining: way.len().saturating_sub(1) as u32,
        target: row.target.clone(),
    };
    Judged { part, rule }
}

/// The release that the device runs if it says nothing else: the highest of those that its digests stand for. A digest
/// stands for the lowest release that has it, and for a withdrawn one only if all of them are.
fn newest<'a>(world: &World<'a>, digests: &[String]) -> Option<&'a Shipped> {
    let place = |release: &&'a Shipped| (rank(&release.version), release.version.clone());
    let stand = |digest: &String| {
        let all = world.releases.iter().copied().filter(move |release| release.md5 == *digest);
        let kept = all.clone().filter(|release| !release.withdrawn);
        kept.min_by_key(place).or(all.min_by_key(place))
    };
    digests.iter().filter_map(stand).max_by_key(place)
}

/// The same, for a device of which nothing is known but the digests of what it has.
fn given<'a>(world: &World<'a>, at: Option<Stand<'_>>, target: &'a Shipped, had: &[String]) -> (u16, Vec<&'a Shipped>) {
    let has_it = !had.is_empty() && at.and_then(|at| at.release).is_some_and(|release| release.md5 == target.md5);
    let (status, way) = decided(world, at, target, has_it);
    match way.first() {
        Some(first) if had.contains(&first.md5) => refuse(428),
        None if [404, 409].contains(&status) && at.is_some() && had.contains(&target.md5) => refuse(304),
        _ => (status, way),
    }
}

/// The status, and the way if it is one to go.
fn decided<'a>(world: &World<'a>, at: Option<Stand<'_>>, target: &'a Shipped, has_it: bool) -> (u16, Vec<&'a Shipped>) {
    let same = |at: Stand<'_>| at.release.is_some() && rank(at.version) == rank(&target.version);
    if at.is_some_and(same) || at.is_some() && has_it {
        return refuse(304);
    }
    match world.closed(target) {
        Some(Rule::Withdrawn) => return refuse(404),
        Some(Rule::Trap) => return refuse(409),
        Some(_) => return refuse(412),
        None => {}
    }
    let Some(at) = at else {
        let others = world.releases.iter().filter(|one| rank(&one.version) != rank(&target.version));
        let mut stops = others.filter_map(|other| world.stopped(Stand::on(other), target));
        return if stops.any(|rule| rule != Rule::Down) { refuse(428) } else { (200, vec![target]) };
    };
    match way(world, at, target) {
        Some(way) => (200, way),
        None if a_fact_is_missing(world, at, target) => refuse(412),
        None => refuse(409),
    }
}

/// If every requirement were met there were a way, and one of the releases on it is closed by a requirement.
fn a_fact_is_missing<'a>(world: &World<'a>, mut at: Stand<'a>, target: &'a Shipped) -> bool {
    let any_facts = World { facts: None, ..world.clone() };
    while let Some(way) = way(&any_facts, at, target) {
        if !world.unmet(way[0]).is_empty() {
            return true;
        }
        if way.len() == 1 {
            return false;
        }
        at = Stand::on(way[0]);
    }
    false
}

fn refuse<'a>(status: u16) -> (u16, Vec<&'a Shipped>) {
    (status, Vec::new())
}
