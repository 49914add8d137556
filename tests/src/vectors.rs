//! The vectors of the canonical query, to which the origin and the CDN's function are held:
//! `tests/vectors/canonical-query.json`.

use resolver::query::{CacheVocabulary, Ladder, Query, Trait};
use serde::Deserialize;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// For people.
    #[serde(rename = "about")]
    _about: Vec<String>,
    /// The steps of rollouts, in percent.
    pub ladder: Vec<u8>,
    /// The limits that the cases are written for.
    pub limits: Limits,
    /// The cases.
    pub cases: Vec<Case>,
}

/// `resolver/src/query/limits.rs`, and the longest names.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Limits {
    pub query_bytes: usize,
    pub parameters: usize,
    pub value_bytes: usize,
    pub if_none_match_bytes: usize,
    pub component_bytes: usize,
    pub version_bytes: usize,
}

/// A question and what becomes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// What follows the `?`.
    pub query: Text,
    /// The header beside it.
    pub if_none_match: Option<Text>,
    /// The words that a catalog knows; `None` if nobody knows that.
    pub known: Option<Known>,
    /// The canonical query.
    pub canonical: Option<Text>,
    /// The tags that stay.
    #[serde(default)]
    pub tags: Vec<Text>,
    /// Or why it is refused.
    pub error: Option<Refusal>,
}

/// A list of known words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    components: Vec<String>,
    attributes: Vec<String>,
    facts: Vec<String>,
    #[serde(default)]
    digests: Vec<String>,
    #[serde(default)]
    traits: Vec<String>,
}

/// Why a question is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The input at fault.
    pub input: Text,
}

/// A string, or pieces of one: the vectors hold long inputs in short lines.
#[derive(Deserialize)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum Text {
    Plain(String),
    Repeat(Repeat),
    Each(Each),
    Row(Vec<Text>),
}

/// The same, so many times.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    repeat: String,
    times: usize,
}

/// Once for each number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    each: String,
    from: u32,
    to: u32,
}

/// What comes of a case: the canonical form, the tags that stay and whether digests moved; or status and input.
pub type Outcome = Result<(String, Vec<String>), (u16, String)>;

impl File {
    /// All of it.
    pub fn read() -> File {
        serde_json::from_str(include_str!("../vectors/canonical-query.json")).unwrap()
    }
}

impl Case {
    /// What is wrong with the origin's reading, in two lines.
    pub fn differs(&self, ladder: &Ladder) -> Option<String> {
        let (is, should) = (self.is(ladder), self.should());
        (is != should).then(|| format!("{}:\n       is {is:?}\n   should {should:?}", self.name))
    }

    /// What it says.
    pub fn should(&self) -> Outcome {
        match (&self.canonical, &self.error) {
            (Some(canonical), _) => Ok((canonical.text(), self.tags.iter().map(Text::text).collect())),
            (None, Some(error)) => Err((error.status, error.input.text())),
            (None, None) => Err((0, String::new())),
        }
    }

    fn is(&self, ladder: &Ladder) -> Outcome {
        let header = self.if_none_match.as_ref().map(Text::text);
        let asked = Query::parse(&self.query.text(), header.as_deref().map(str::as_bytes), ladder)
            .map_err(|refused| (refused.status as u16, refused.input))?;
        let known = self.known.as_ref().map(Known::words);
        let query =
            asked.query.restrict_to(known.as_ref()).map_err(|refused| (refused.status as u16, refused.input))?;
        let tags = asked.tags.iter().map(ToString::to_string).collect();
        Ok((query.canonical(), tags))
    }
}

impl Known {
    /// As the resolver takes them.
    pub fn words(&self) -> CacheVocabulary {
        CacheVocabulary {
            components: self.components.iter().map(|word| word.parse().unwrap()).collect(),
            attributes: self.attributes.iter().map(|word| word.parse().unwrap()).collect(),
            facts: self.facts.iter().map(|word| word.parse().unwrap()).collect(),
            digests: self.digests.iter().map(|word| word.parse().unwrap()).collect(),
            traits: [Trait::Cohort, Trait::Ring, Trait::Delta]
                .into_iter()
                .filter(|one| self.traits.iter().any(|word| word == one.as_str()))
                .collect(),
        }
    }
}

impl Text {
    /// As one string.
    pub fn text(&self) -> String {
        match self {
            Text::Plain(text) => text.clone(),
            Text::Repeat(Repeat { repeat, times }) => repeat.repeat(*times),
            Text::Each(Each { each, from, to }) => (*from..=*to).map(|n| each.replace('#', &n.to_string())).collect(),
            Text::Row(pieces) => pieces.iter().map(Text::text).collect(),
        }
    }
}
