use std::fmt::Write as _;

use resolver::words::fit_to_show;

use super::fit::{cells, wrap};
use super::remark::{dangling, heading, remarks};
use super::{Node, Survey};

/// Colours of the channels' arrows, in turn; seen on white and on black.
const COLOURS: [&str; 6] = ["#1f6feb", "#8250df", "#1a7f37", "#bf3989", "#0891b2", "#6e7781"];

/// Longest line in a box, in characters, and most lines of one remark.
const LINE_CELLS: u32 = 44;
const REMARK_LINES: usize = 4;

/// The survey for Graphviz: `dot -Tsvg`.
pub(crate) fn dot(survey: &Survey) -> String {
    let mut out = format!("digraph {} {{\n", quoted(survey.component.as_str()));
    let title = std::iter::once(format!("{}: {}", survey.component, heading(survey, "")));
    let label: Vec<String> = title.chain(dangling(survey)).map(|line| escaped(&line)).collect();
    out.push_str(
        "  graph [rankdir=LR, bgcolor=transparent, labelloc=t, fontname=\"sans-serif\", fontcolor=\"#6e7781\", ",
    );
    let _ = writeln!(out, "label=\"{}\"];", label.join("\\n"));
    out.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", color=\"#57606a\", fontcolor=\"#1f2328\", ");
    out.push_str("fontname=\"monospace\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n\n");
    for (index, node) in survey.releases.iter().enumerate() {
        let _ = writeln!(out, "  {} [{}];", quoted(node.version.as_str()), attributes(survey, index, node));
    }
    out.push('\n');
    for (index, line) in survey.channels.iter().enumerate().filter(|(_, line)| line.published) {
        // A version has no space, so this names no release.
        let (flag, name) = (quoted(&format!("channel {}", line.channel)), quoted(line.channel.as_str()));
        let colour = COLOURS[index % COLOURS.len()];
        let _ = writeln!(
            out,
            "  {flag} [label={name}, shape=cds, style=filled, fillcolor=\"{colour}\", color=\"{colour}\", fontcolor=white];"
        );
        let target = quoted(line.target.as_str());
        let _ = writeln!(out, "  {target} -> {flag} [dir=back, arrowtail=none, style=dotted, color=\"{colour}\"];");
    }
    out.push('\n');
    for ((from, to), channels) in survey.hops() {
        let (from_version, to) = (&survey.releases[from].version, &survey.releases[to].version);
        for channel in channels {
            let line = &survey.channels[channel];
            let colour = COLOURS[channel % COLOURS.len()];
            let _ = writeln!(
                out,
                "  {} -> {} [label={}, color=\"{colour}\", fontcolor=\"{colour}\", tooltip=\"{}\"];",
                quoted(from_version.as_str()),
                quoted(to.as_str()),
                quoted(line.channel.as_str()),
                escaped(&line.steps[from].reason),
            );
        }
    }
    out.push_str("}\n");
    out
}

fn attributes(survey: &Survey, index: usize, node: &Node) -> String {
    let remarks = remarks(survey, index);
    let lines = remarks.iter().flat_map(|remark| wrap(&remark.text, LINE_CELLS, REMARK_LINES, cells));
    let signed = node.signed_by.map(|key| format!("signed by {key}"));
    let label: Vec<String> = std::iter::once(node.version.to_string()).chain(lines).chain(signed).collect();
    let label: Vec<String> = label.iter().map(|line| escaped(line)).collect();
    let told: Vec<String> = remarks.iter().map(|remark| escaped(&remark.text)).collect();
    let mut attributes = format!("label=\"{}\", tooltip=\"{}\"", label.join("\\n"), told.join("\\n"));
    if node.bars {
        attributes.push_str(", penwidth=4, color=\"#bf8700\"");
    }
    if node.dead_end.is_some() {
        attributes.push_str(", style=\"filled,dashed\", peripheries=2, color=\"#cf222e\"");
    }
    if node.withdrawn.is_some() {
        attributes.push_str(", fillcolor=\"#d0d7de\", fontcolor=\"#57606a\"");
    }
    attributes
}

/// An identifier or a word, as a quoted string.
fn quoted(word: &str) -> String {
    format!("\"{}\"", escaped(word))
}

/// Text inside a quoted string that Graphviz draws as it is: it reads `\N` and `&lt;` there.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in fit_to_show(text).chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples::{HOSTILE, hops, hostile, rotation, seen};
    use super::*;

    #[test]
    fn has_every_release_once_and_every_hop_of_the_resolver() {
        for component in [rotation(), hostile()] {
            let dot = dot(&seen(&component));
            for release in component.releases() {
                let declared = format!("\n  \"{}\" [label=\"{0}", release.version);
                assert_eq!(dot.matches(&declared).count(), 1, "{declared} in {dot}");
            }
            let hops = hops(&component);
            assert_eq!(dot.matches(", tooltip=").count() - component.releases().len(), hops.len());
            for (channel, from, to) in hops {
                let edge = format!("\n  \"{from}\" -> \"{to}\" [label=\"{channel}\", ");
                assert_eq!(dot.matches(&edge).count(), 1, "{edge} in {dot}");
            }
        }
    }

    #[test]
    fn no_text_ends_its_string() {
        assert_eq!(escaped("a\"]; \\N &lt;"), "a\\\"]; \\\\N &amp;lt;");
        for line in dot(&seen(&hostile())).lines().map(|line| line.replace("\\\\", "").replace("\\\"", "")) {
            assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        }
        assert!(HOSTILE.contains('"') && HOSTILE.contains('\\'));
    }
}
