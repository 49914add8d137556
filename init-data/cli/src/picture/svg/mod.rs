//! The survey as a picture of its own.
//!
//! ```text
//!          name of the component
//!          heading
//!
//!    ╭──▶ ┌──────────┐  ◁ channel
//!    │    │  newest  │  remarks
//!    │    └──────────┘
//!    │  ━━━━━━━━━━━━━━━━━━━━━━━━━━   a barrier's bar: what is older passes through its box
//!    ╰────┌──────────┐  reason
//!    ╭──▶ │ barrier  │
//!  lanes    boxes       column of text
//! ```
//!
//! One row a release, so it stays readable however many there are; hops run in lanes on the left, where a lane holds
//! the hops of one channel to one release.

mod layout;
mod style;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use layout::{BAND, BAR, BOX, Bundle, FLAGS, Flag, LEADING, Layout, MARGIN, NAME_TYPE, Row};
use resolver::words::{KeyId, fit_to_show};

use super::remark::{Kind, NEWEST_FIRST, dangling, heading, remarks};
use super::{Next, Node, Survey};

/// From the middle of a line of text to its base line, in pixels.
const BASE: i32 = 5;
/// Length of an arrow's head, in pixels.
const HEAD: i32 = 8;

/// The survey as SVG: the same bytes for the same survey, readable in light and in dark.
pub(crate) fn svg(survey: &Survey) -> String {
    let (layout, bundles) = Layout::new(survey);
    let Layout { width, height, .. } = layout;
    let name = escaped(survey.component.as_str());
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>Releases of {name}</title>\n<desc>{}</desc>\n\
         <style>\n{}</style>\n\
         <defs><pattern id=\"stripes\" width=\"14\" height=\"14\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><path class=\"stripe\" d=\"M0 0h7v14h-7z\"/></pattern></defs>\n\
         <rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"10\"/>\n",
        escaped(&description(survey)),
        style::STYLE,
        width - 1,
        height - 1,
    );
    let mut line = MARGIN + NAME_TYPE - 2;
    let _ = writeln!(out, "<text class=\"name\" x=\"{MARGIN}\" y=\"{line}\">{name}</text>");
    line += 3;
    for text in &layout.heading {
        line += LEADING;
        let _ = writeln!(out, "<text class=\"dim\" x=\"{MARGIN}\" y=\"{line}\">{}</text>", escaped(text));
    }
    let keys = keys(survey);
    for row in &layout.rows {
        under_hops(&mut out, survey, &layout, row);
    }
    for bundle in &bundles {
        hops(&mut out, survey, &layout, bundle);
    }
    for row in &layout.rows {
        release(&mut out, survey, &layout, row, &keys);
    }
    out.push_str("</svg>\n");
    out
}

/// The picture in words.
fn description(survey: &Survey) -> String {
    let channels = survey.channels.iter().filter(|line| line.published);
    let points = channels.map(|line| format!("{} points at {}", line.channel, line.target)).chain(dangling(survey));
    let barriers = survey.releases.iter().filter(|node| node.bars);
    let barriers = barriers.map(|node| format!("{} is a barrier", node.version));
    let said: Vec<String> = std::iter::once(heading(survey, NEWEST_FIRST)).chain(points).chain(barriers).collect();
    format!("{}.", said.join(". "))
}

/// What lies below the hops: the bar of a barrier, and the rule where the trusted keys change.
fn under_hops(out: &mut String, survey: &Survey, layout: &Layout, row: &Row) {
    let (node, end) = (&survey.releases[row.node], layout.width - MARGIN);
    if node.bars {
        let (y, width) = (row.top - BAR + 4, end - MARGIN);
        for class in ["class=\"bar\"", "fill=\"url(#stripes)\""] {
            let _ = writeln!(out, "<rect {class} x=\"{MARGIN}\" y=\"{y}\" width=\"{width}\" height=\"8\" rx=\"4\"/>");
        }
    }
    // Below the oldest release nothing is trusted or not.
    if node.trust_change.is_some() && row.node > 0 {
        let y = row.bottom + 8;
        let _ = writeln!(out, "<path class=\"rule\" d=\"M{} {y}H{end}\"/>", layout.boxes);
    }
}

/// The hops of a bundle, and the one head that they share.
fn hops(out: &mut String, survey: &Survey, layout: &Layout, bundle: &Bundle) {
    let line = &survey.channels[bundle.channel];
    let (colour, mut turn) = (bundle.channel % style::CHANNELS, layout.turn());
    let above = bundle.from.iter().any(|from| *from < bundle.to);
    let end = layout.port(bundle.to, bundle.lane, above);
    let starts: Vec<i32> = bundle.from.iter().map(|from| layout.port(*from, bundle.lane, !above)).collect();
    let away = |start: &&i32| (**start - end).abs();
    if let (Some(nearest), Some(furthest)) = (starts.iter().min_by_key(away), starts.iter().max_by_key(away)) {
        turn = turn.min(away(&nearest) / 2);
        // The ground shows on both sides of a lane where it crosses a bar or another lane.
        let _ = writeln!(out, "<path class=\"halo\" d=\"M{} {furthest}V{end}\"/>", layout.lane(bundle.lane));
    }
    for (from, start) in bundle.from.iter().zip(&starts) {
        let step = &line.steps[layout.rows[*from].node];
        if let Next::Install { version, .. } = &step.next {
            let title = format!("{} → {version} on {}: {}", step.installed, line.channel, step.reason);
            let (title, path) = (escaped(&title), path(layout, bundle.lane, *start, end, turn));
            let _ = writeln!(out, "<path class=\"hop c{colour}\" d=\"{path}\"><title>{title}</title></path>");
        }
    }
    let _ = writeln!(out, "<path class=\"f{colour}\" d=\"M{} {end}l-{HEAD} -4v8z\"/>", layout.boxes);
}

/// From a release's box into a lane, along it, and out of it where the head starts.
fn path(layout: &Layout, lane: i32, start: i32, end: i32, turn: i32) -> String {
    let (lane, boxes) = (layout.lane(lane), layout.boxes);
    let along = turn * (end - start).signum();
    let beside = lane + turn;
    format!(
        "M{boxes} {start}H{beside}Q{lane} {start} {lane} {}V{}Q{lane} {end} {beside} {end}H{}",
        start + along,
        end - along,
        boxes - HEAD,
    )
}

/// A release: its box, its key, its flags, its remarks.
fn release(out: &mut String, survey: &Survey, layout: &Layout, row: &Row, keys: &BTreeMap<KeyId, usize>) {
    let node = &survey.releases[row.node];
    let Layout { boxes, box_width, column, .. } = *layout;
    let (top, middle) = (row.top, boxes + box_width / 2);
    let told = remarks(survey, row.node).into_iter().map(|remark| remark.text);
    let signed = node.signed_by.map(|key| format!("signed by {key}"));
    let title: Vec<String> = std::iter::once(node.version.to_string()).chain(told).chain(signed).collect();
    let _ = writeln!(out, "<g class=\"release{}\"><title>{}</title>", states(node), escaped(&title.join("\n")));
    if let Some(key) = node.signed_by {
        let colour = keys.get(&key).map_or(0, |at| at % style::KEYS);
        // It starts inside the box, which then covers its upper corners.
        let (y, height, base) = (top + BOX - 8, BAND + 8, top + BOX + BAND - BASE);
        let _ = writeln!(
            out,
            "<rect class=\"band k{colour}\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{height}\" rx=\"6\"/>\
             <text class=\"key\" x=\"{middle}\" y=\"{base}\">{key}</text>",
            boxes + 4,
            box_width - 8,
        );
    }
    let _ = writeln!(
        out,
        "<rect class=\"box\" x=\"{boxes}\" y=\"{top}\" width=\"{box_width}\" height=\"{BOX}\" rx=\"8\"/>\
         <text class=\"version\" x=\"{middle}\" y=\"{}\">{}</text>",
        top + BOX / 2 + BASE,
        escaped(node.version.as_str()),
    );
    if node.dead_end.is_some() {
        let (x, y) = (boxes + box_width - 4, top - 4);
        let _ = writeln!(out, "<path class=\"cross\" d=\"M{x} {y}l8 8m0 -8l-8 8\"/>");
    }
    let mut at = row.text_top;
    for flags in &row.flags {
        for flag in flags {
            self::flag(out, flag, column, at + 2);
        }
        at += FLAGS;
    }
    for (kind, text) in &row.lines {
        let base = at + LEADING / 2 + BASE;
        let _ = writeln!(out, "<text class=\"{}\" x=\"{column}\" y=\"{base}\">{}</text>", class(*kind), escaped(text));
        at += LEADING;
    }
    out.push_str("</g>\n");
}

/// A flag of 22 pixels' height whose tip points at the box.
fn flag(out: &mut String, flag: &Flag, column: i32, top: i32) {
    let (left, colour) = (column + flag.left, flag.channel % style::CHANNELS);
    let straight = flag.width - 14;
    let _ = writeln!(
        out,
        "<g class=\"flag\"><path class=\"f{colour}\" d=\"M{left} {}l10 -11h{straight}q4 0 4 4v14q0 4 -4 4h-{straight}z\"/>\
         <text x=\"{}\" y=\"{}\">{}</text></g>",
        top + 11,
        left + 13,
        top + 11 + BASE,
        escaped(&flag.text),
    );
}

fn states(node: &Node) -> String {
    let states = [(node.bars, " gate"), (node.dead_end.is_some(), " end"), (node.withdrawn.is_some(), " gone")];
    states.iter().filter(|(holds, _)| *holds).map(|(_, class)| *class).collect()
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Barrier => "barrier",
        Kind::DeadEnd => "dead-end",
        Kind::Withdrawn => "withdrawn",
        Kind::Trust => "trust",
        Kind::Refused => "refused",
        Kind::Constraint | Kind::Hop | Kind::Newer => "dim",
    }
}

/// The keys that sign, numbered in the order of the releases.
fn keys(survey: &Survey) -> BTreeMap<KeyId, usize> {
    let mut keys = BTreeMap::new();
    for key in survey.releases.iter().filter_map(|node| node.signed_by) {
        let next = keys.len();
        keys.entry(key).or_insert(next);
    }
    keys
}

/// Text as XML has it, in an element or in quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in fit_to_show(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
