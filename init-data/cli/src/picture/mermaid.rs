use std::fmt::Write as _;

use resolver::words::fit_to_show;

use super::fit::{cells, wrap};
use super::remark::{dangling, heading, joined, remarks};
use super::{Node, Survey};

/// What Mermaid draws at most unless its page allows more: edges, and characters in all.
const MOST_EDGES: usize = 500;
const MOST_CHARACTERS: usize = 50_000;

/// Longest remark in a box, in characters; Mermaid breaks it into lines.
const REMARK_CELLS: u32 = 140;

/// The classes of releases: fill, line and text are all given, so that a box is read on a dark page as on a light one.
const CLASSES: &str = "  classDef release fill:#ffffff,stroke:#57606a,color:#1f2328
  classDef barrier fill:#fff8c5,stroke:#bf8700,color:#1f2328,stroke-width:4px
  classDef deadEnd fill:#ffebe9,stroke:#cf222e,color:#82071e,stroke-dasharray:6 3
  classDef withdrawn fill:#d0d7de,stroke:#6e7781,color:#424a53
  classDef channel fill:#1f6feb,stroke:#1f6feb,color:#ffffff
";

/// The survey for Mermaid, as GitHub draws it in a page.
pub(crate) fn mermaid(survey: &Survey) -> String {
    let mut out = String::from("flowchart LR\n");
    let _ = writeln!(out, "  %% {}: {}", survey.component, heading(survey, ""));
    for line in dangling(survey) {
        let _ = writeln!(out, "  %% {line}");
    }
    for (index, node) in survey.releases.iter().enumerate() {
        let _ = writeln!(out, "  r{index}(\"{}\"):::{}", label(survey, index, node), class(node));
    }
    for (index, line) in survey.channels.iter().enumerate() {
        if let Some(target) = survey.position(&line.target) {
            let _ = writeln!(out, "  c{index}([\"{}\"]):::channel -.-> r{target}", escaped(line.channel.as_str()));
        }
    }
    let hops = survey.hops();
    for ((from, to), channels) in &hops {
        let names = joined(channels.iter().map(|channel| &survey.channels[*channel].channel));
        let _ = writeln!(out, "  r{from} -->|\"{}\"| r{to}", escaped(&names));
    }
    out.push_str(CLASSES);
    let edges = hops.len() + survey.channels.len();
    if edges > MOST_EDGES || out.len() > MOST_CHARACTERS {
        let _ = writeln!(out, "  %% more than Mermaid draws unless its page raises maxEdges and maxTextSize: take svg");
    }
    out
}

fn label(survey: &Survey, index: usize, node: &Node) -> String {
    let mut lines = vec![node.version.to_string()];
    for remark in remarks(survey, index) {
        lines.extend(wrap(&remark.text, REMARK_CELLS, 1, cells));
    }
    lines.extend(node.signed_by.map(|key| format!("signed by {key}")));
    lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>")
}

fn class(node: &Node) -> &'static str {
    match node {
        Node { dead_end: Some(_), .. } => "deadEnd",
        Node { bars: true, .. } => "barrier",
        Node { withdrawn: Some(_), .. } => "withdrawn",
        _ => "release",
    }
}

/// Text that Mermaid neither ends a string at, nor reads as HTML, nor as Markdown, where `1.` at the start of a line
/// is a list and `www.` a link: of ASCII punctuation, only the dots between digits stand for themselves.
fn escaped(text: &str) -> String {
    let chars: Vec<char> = fit_to_show(text).chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let mut out = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        let inner_dot = *c == '.' && is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
        let plain = inner_dot || *c == ' ' || c.is_ascii_alphanumeric() || !(c.is_ascii() || c.is_whitespace());
        match plain {
            true => out.push(*c),
            false => out.push_str(&format!("#{};", u32::from(*c))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples::{hops, hostile, rotation, seen};
    use super::*;

    #[test]
    fn has_every_release_once_and_every_hop_of_the_resolver() {
        for component in [rotation(), hostile()] {
            let mermaid = mermaid(&seen(&component));
            for (index, release) in component.releases().iter().enumerate() {
                let declared = format!("\n  r{index}(\"{}", escaped(release.version.as_str()));
                assert_eq!(mermaid.matches(&declared).count(), 1, "{declared} in {mermaid}");
            }
            for (channel, from, to) in hops(&component) {
                let at = |version| component.index(version).unwrap();
                let (start, end) = (format!("  r{} -->|", at(&from)), format!("| r{}", at(&to)));
                let mut edges = mermaid.lines().filter(|line| line.starts_with(&start) && line.ends_with(&end));
                assert!(edges.next().unwrap().contains(&escaped(channel.as_str())), "{mermaid}");
                assert_eq!(edges.next(), None);
            }
        }
    }

    #[test]
    fn no_text_is_read_as_anything_else() {
        assert_eq!(escaped("5.6.30"), "5.6.30");
        assert_eq!(escaped("1. \"]<b>#x;"), "1#46; #34;#93;#60;b#62;#35;x#59;");
        for line in mermaid(&seen(&hostile())).lines().filter(|line| line.contains('"')) {
            assert_eq!(line.matches('"').count(), 2, "{line}");
            assert!(!line.replace("<br/>", "").contains('<'), "{line}");
        }
    }
}
