use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use resolver::catalog::Component;
use resolver::check::Facts;
use resolver::words::{ChannelName, ComponentName, FactName, FactValue, Timestamp};
use serde::Serialize;
use store::Catalog;

use crate::picture::{Survey, dot, mermaid, survey, svg, text};
use crate::stores::Stores;

/// Most names that a message lists.
const MOST_NAMED: usize = 20;

/// What to draw, and how.
#[derive(Debug, Clone, Args)]
pub struct GraphArguments {
    /// The component
    pub component: ComponentName,
    /// How it is drawn [default: as the output file's name ends, else text]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Only this channel; may be given more than once
    #[arg(long = "channel", value_name = "NAME")]
    pub channels: Vec<ChannelName>,
    /// A fact of the devices, such as hw.rev=3; may be given once for each fact
    #[arg(long = "fact", value_name = "FACT=VALUE", value_parser = fact)]
    pub facts: Vec<(FactName, FactValue)>,
    /// The file to write, in place of the terminal
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What a component is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Shown {
    survey: Survey,
    #[serde(skip)]
    text: String,
}

/// Draws one component as the stores have it now.
pub async fn run<C: Catalog, A>(stores: &Stores<C, A>, arguments: &GraphArguments) -> anyhow::Result<Shown> {
    let GraphArguments { component, channels, facts, output, .. } = arguments;
    let component = published(stores, component).await?;
    let only = BTreeSet::from_iter(channels.iter().cloned());
    if let Some(unknown) = only.iter().find(|name| !component.channels.contains_key(*name)) {
        bail!("{} has no channel {unknown}: it has {}", component.name, listed(component.channels.keys()));
    }
    let survey = survey(&component, &each_once(facts)?, &only, now()?);
    let drawing = match arguments.format() {
        Format::Text => text(&survey),
        Format::Dot => dot(&survey),
        Format::Mermaid => mermaid(&survey),
        Format::Svg => svg(&survey),
    };
    let Some(file) = output else { return Ok(Shown { survey, text: drawing }) };
    std::fs::write(file, drawing).with_context(|| format!("cannot write the drawing to {}", file.display()))?;
    let text = format!("{} drawn in {}\n", survey.component, file.display());
    Ok(Shown { survey, text })
}

impl GraphArguments {
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
        // Whoever prints it ends the line.
        f.write_str(self.text.trim_end_matches('\n'))
    }
}

/// The component, if anything of it is published.
async fn published<C: Catalog, A>(stores: &Stores<C, A>, name: &ComponentName) -> anyhow::Result<Component> {
    if let Some(component) = stores.catalog.component(&name.key()).await? {
        return Ok(component);
    }
    let there = stores.catalog.components().await?;
    match there.is_empty() {
        true => bail!("nothing is published under {name}, nor anything else here: publish a release of it first"),
        false => bail!("nothing is published under {name}: it takes one of {}", listed(there.iter())),
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

fn listed<T: fmt::Display>(names: impl ExactSizeIterator<Item = T>) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let named: Vec<String> = names.take(MOST_NAMED).map(|name| name.to_string()).collect();
    match (named.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => named.join(", "),
        (false, more) => format!("{}, and {more} more", named.join(", ")),
    }
}

fn now() -> anyhow::Result<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock is before 1970: set it")?;
    Ok(Timestamp(since.as_secs()))
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

    fn arguments(component: &str) -> GraphArguments {
        GraphArguments {
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
        let nothing = run(&stores, &arguments("ipModule")).await.unwrap_err().to_string();
        assert!(nothing.contains("publish a release of it first"), "{nothing}");
        crate::samples(&stores, 1, Timestamp(0)).await.unwrap();

        let svg = GraphArguments { format: Some(Format::Svg), ..arguments("IPMODULE") };
        let shown = run(&stores, &svg).await.unwrap().to_string();
        assert_eq!(shown, include_str!("../../ipModule.svg").trim_end());

        let data_shown = serde_json::to_value(run(&stores, &svg).await.unwrap()).unwrap();
        let step = serde_json::json!({
            "installed": "5.6.14", "next": "install", "version": "5.6.30", "hopsRemaining": 1,
            "reason": "barrier: moves TURN to MQTT",
        });
        assert_eq!(data_shown["channels"][0]["steps"][0], step);

        let unknown = run(&stores, &arguments("ipmodul")).await.unwrap_err().to_string();
        assert!(unknown.contains("nothing is published under ipmodul: it takes one of ipmodule, "), "{unknown}");
        let channel = GraphArguments { channels: vec!["beta".parse().unwrap()], ..svg.clone() };
        let unknown = run(&stores, &channel).await.unwrap_err().to_string();
        assert_eq!(unknown, "ipModule has no channel beta: it has prod");

        let file = data.path().join("drawn.mmd");
        let written = GraphArguments { output: Some(file.clone()), ..arguments("ipModule") };
        run(&stores, &written).await.unwrap();
        assert!(std::fs::read_to_string(&file).unwrap().starts_with("flowchart LR"));
    }

    #[test]
    fn the_file_says_the_format_unless_the_operator_does() {
        let format = |file: Option<&str>, format| {
            GraphArguments { format, output: file.map(PathBuf::from), ..arguments("x") }.format()
        };
        assert_eq!(format(None, None), Format::Text);
        assert_eq!(format(Some("a.svg"), None), Format::Svg);
        assert_eq!(format(Some("a.svg"), Some(Format::Dot)), Format::Dot);
    }
}
