use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::remark::{NEWEST_FIRST, dangling, heading, joined, remarks};
use super::{Next, Node, Survey};

/// The marks before a version, and what they mean.
const MARKS: [(char, &str); 3] = [('■', "barrier"), ('✕', "dead end"), ('~', "withdrawn")];

/// The survey for a terminal: the newest release on top, and under each what is to be said about it.
pub(crate) fn text(survey: &Survey) -> String {
    let mut out = format!("{}: {}\n", survey.component, heading(survey, NEWEST_FIRST));
    for line in dangling(survey) {
        let _ = writeln!(out, "{line}");
    }
    out.push('\n');
    let width = survey.releases.iter().map(|node| node.version.as_str().len()).max().unwrap_or_default();
    for (index, node) in survey.releases.iter().enumerate().rev() {
        let mut said = Vec::from_iter(Some(pointers(survey, node)).filter(|pointers| !pointers.is_empty()));
        said.extend(hops(survey, index));
        said.extend(remarks(survey, index).into_iter().map(|remark| remark.text));
        said.extend(node.signed_by.map(|key| format!("signed by {key}")));
        let mut said = said.iter();
        let first = said.next().map(|text| format!("  {text}")).unwrap_or_default();
        let row = format!("{} {:width$}{first}", marks(node), node.version);
        let _ = writeln!(out, "{}", row.trim_end());
        for text in said {
            let _ = writeln!(out, "{:1$}{text}", "", MARKS.len() + 1 + width + 2);
        }
    }
    out.push_str(&legend(survey));
    out
}

fn marks(node: &Node) -> String {
    let is = |mark: char| match mark {
        '■' => node.bars,
        '✕' => node.dead_end.is_some(),
        _ => node.withdrawn.is_some(),
    };
    let marks: String = MARKS.iter().map(|(mark, _)| *mark).filter(|mark| is(*mark)).collect();
    format!("{marks:>0$}", MARKS.len())
}

fn pointers(survey: &Survey, node: &Node) -> String {
    let channels = survey.pointing_at(&node.version).map(|(_, line)| match line.allow_downgrade {
        true => format!("← {} (and down)", line.channel),
        false => format!("← {}", line.channel),
    });
    channels.collect::<Vec<_>>().join("  ")
}

/// Where devices on a release go next; channels that lead to the same release share a line.
fn hops(survey: &Survey, index: usize) -> Vec<String> {
    let mut hops = BTreeMap::<_, Vec<_>>::new();
    for line in &survey.channels {
        if let Some(step) = line.steps.get(index)
            && let Next::Install { version, hops_remaining } = &step.next
        {
            hops.entry((version, *hops_remaining)).or_default().push(&line.channel);
        }
    }
    let said = hops.into_iter().rev().map(|((version, remaining), channels)| {
        let more = match remaining {
            0 => String::new(),
            1 => ", then 1 hop more".to_owned(),
            more => format!(", then {more} hops more"),
        };
        format!("→ {version} ({}){more}", joined(channels))
    });
    said.collect()
}

fn legend(survey: &Survey) -> String {
    let drawn: String = survey.releases.iter().map(marks).collect();
    let used = MARKS.iter().filter(|(mark, _)| drawn.contains(*mark));
    let arrows = [('←', "channel"), ('→', "next hop")];
    let meanings = used.chain(&arrows).map(|(mark, meaning)| format!("{mark} {meaning}"));
    format!("\n{}\n", meanings.collect::<Vec<_>>().join("   "))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{hostile, ip_module, rotation, seen};
    use super::*;

    #[test]
    fn shows_the_way_of_a_small_component() {
        let expected = "\
ipModule: 3 releases, newest first

    6.15.008  ← prod
  ■ 5.6.30    → 6.15.008 (prod)
              barrier: moves TURN to MQTT
    5.6.14    → 5.6.30 (prod), then 1 hop more

■ barrier   ← channel   → next hop
";
        assert_eq!(text(&seen(&ip_module())), expected);
    }

    #[test]
    fn says_who_signed_what_and_why_a_hop_is_taken() {
        let text = text(&seen(&rotation()));
        assert!(text.contains("from here on trusted:"), "{text}");
        assert!(text.contains("signed by "), "{text}");
        assert!(text.contains("does not trust the key"), "{text}");
    }

    #[test]
    fn a_release_is_one_line_and_its_remarks() {
        let survey = seen(&hostile());
        for node in &survey.releases {
            let is_row = |line: &&str| line.split_whitespace().any(|word| word == node.version.as_str());
            assert!(text(&survey).lines().any(|line| is_row(&line)), "{}", node.version);
        }
    }
}
