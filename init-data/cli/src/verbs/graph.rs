use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use crate::picture::{Survey, dot, mermaid, survey, svg, text};
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use open::Stores;
use resolver::check::Facts;
use resolver::words::{ChannelName, ComponentName, FactName, FactValue, Timestamp, path_fit_to_show};
use serde::Serialize;
use store::Catalog;

use super::channel::require;
use super::lower_case::lower_case;
use super::published::published;
use super::report::Report;

/// `edgehop graph`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct GraphArgs {
    /// The component
    component: ComponentName,
    /// How it is drawn [default: as the output file's name ends, else text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Only this channel; may be given more than once
    #[arg(long = "channel", value_name = "NAME", value_parser = lower_case::<ChannelName>)]
    channels: Vec<ChannelName>,
    /// A fact of the devices, such as hw.rev=3; may be given once for each fact
    #[arg(long = "fact", value_name = "FACT=VALUE", value_parser = fact)]
    facts: Vec<(FactName, FactValue)>,
    /// The file to write, in place of the terminal
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What a component is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for a terminal
    Text,
    /// Graphviz
    Dot,
    /// Mermaid, for pages that draw it
    Mermaid,
    /// A picture
    Svg,
}

/// What was drawn: as text the drawing or where it was written, as data the survey it was drawn from.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Shown {
    survey: Survey,
    #[serde(skip)]
    text: String,
}

impl GraphArgs {
    /// Draws one component as the stores have it now.
    pub(crate) async fn run<C: Catalog, A>(&self, stores: &Stores<C, A>, now: Timestamp) -> anyhow::Result<Report> {
        let component = published(&stores.catalog, Some(&self.component)).await?.remove(0);
        let only = BTreeSet::from_iter(self.channels.iter().cloned());
        only.iter().try_for_each(|channel| require(&component, channel))?;
        let survey = survey(&component, &each_once(&self.facts)?, &only, now);
        let mut text = match self.format() {
            Format::Text => text(&survey),
            Format::Dot => dot(&survey),
            Format::Mermaid => mermaid(&survey),
            Format::Svg => svg(&survey),
        };
        if let Some(file) = &self.output {
            std::fs::write(file, text).with_context(|| format!("cannot write the drawing to {}", file.display()))?;
            text = format!("{} drawn in {}", survey.component, path_fit_to_show(file));
        }
        Report::of(&Shown { survey, text })
    }

    fn format(&self) -> Format {
        let ending = self.output.as_ref().and_then(|file| file.extension()).and_then(|ending| ending.to_str());
        self.format.unwrap_or(match ending {
            Some("svg") => Format::Svg,
            Some("dot" | "gv") => Format::Dot,
            Some("mmd" | "mermaid") => Format::Mermaid,
            _ => Format::Text,
        })
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One value a fact.
fn each_once(given: &[(FactName, FactValue)]) -> anyhow::Result<Facts> {
    let mut facts = BTreeMap::new();
    for (fact, value) in given {
        if let Some(other) = facts.insert(fact.clone(), value.clone()) {
            bail!("{fact} is given as {other} and as {value}: a device has one value of a fact");
        }
    }
    Ok(facts)
}

/// Reads a fact as a device's query is read: without regard to case.
fn fact(given: &str) -> Result<(FactName, FactValue), String> {
    let (fact, value) = given.split_once('=').ok_or("it takes a fact and its value, such as hw.rev=3")?;
    let fact = fact.to_ascii_lowercase().parse().map_err(|error| format!("{error}"))?;
    let value = value.to_ascii_lowercase().parse().map_err(|error| format!("{error}"))?;
    Ok((fact, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_read_as_a_device_says_it() {
        let (name, value) = fact("HW.Rev=B2").unwrap();
        assert_eq!((name.as_str(), value.as_str()), ("hw.rev", "b2"));
        for refused in ["hw.rev", "rev=3", "hw.rev=", "=3"] {
            assert!(fact(refused).is_err(), "{refused}");
        }
        let twice = [fact("hw.rev=3").unwrap(), fact("hw.rev=4").unwrap()];
        assert!(each_once(&twice).unwrap_err().to_string().contains("hw.rev is given as 3 and as 4"));
    }

    fn arguments(component: &str) -> GraphArgs {
        GraphArgs {
            component: component.parse().unwrap(),
            format: None,
            channels: Vec::new(),
            facts: Vec::new(),
            output: None,
        }
    }

    #[tokio::test]
    async fn the_sample_data_is_drawn_as_in_the_readme() {
        let data = tempfile::tempdir().unwrap();
        let stores = Stores::embedded(data.path()).unwrap();
        publishing::samples(&stores, 1, Timestamp(0)).await.unwrap();
        let file = data.path().join("drawn.svg");
        let drawn = GraphArgs { output: Some(file.clone()), ..arguments("IPMODULE") };
        drawn.run(&stores, Timestamp(0)).await.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), include_str!("../../../../docs/src/guides/ipModule.svg"));

        let refused = async |drawn: GraphArgs| drawn.run(&stores, Timestamp(0)).await.unwrap_err().to_string();
        let unknown = refused(arguments("ipmodul")).await;
        assert!(unknown.contains("ipmodul is not published: there is ipmodule, "), "{unknown}");
        let channel = GraphArgs { channels: vec!["beta".parse().unwrap()], ..arguments("ipModule") };
        assert_eq!(refused(channel).await, "ipModule has no channel beta: it has prod");
    }

    #[test]
    fn the_file_says_the_format_unless_the_operator_does() {
        let format = |file: Option<&str>, format| {
            GraphArgs { format, output: file.map(PathBuf::from), ..arguments("x") }.format()
        };
        assert_eq!(format(None, None), Format::Text);
        assert_eq!(format(Some("a.svg"), None), Format::Svg);
        assert_eq!(format(Some("a.svg"), Some(Format::Dot)), Format::Dot);
    }
}
