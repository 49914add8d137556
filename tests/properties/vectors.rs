//! The vectors of the canonical query that the origin and the CDN's function share.

use std::collections::BTreeSet;

use resolver::query::{
    DEFAULT_LADDER, KnownWords, Ladder, MAX_DEVICE_BYTES, MAX_DIGESTS, MAX_IF_NONE_MATCH_BYTES, MAX_INSTALLED,
    MAX_KEY_BYTES, MAX_PARAMETERS, MAX_QUERY_BYTES, MAX_VALUE_BYTES, Query, Trait,
};
use resolver::words::{MAX_COMPONENT_BYTES, MAX_VERSION_BYTES};
use serde::Deserialize;

#[test]
fn every_vector_has_the_canonical_form_it_says() {
    let file = File::read();
    let ladder = Ladder::new(file.ladder.clone()).unwrap();
    let wrong: Vec<String> = file.cases.iter().filter_map(|case| case.differs(&ladder)).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), file.cases.len(), wrong.join("\n"));
}

#[test]
fn every_canonical_form_in_the_vectors_is_its_own() {
    let file = File::read();
    let ladder = Ladder::new(file.ladder.clone()).unwrap();
    for case in file.cases.iter() {
        let Some(canonical) = &case.canonical else { continue };
        let again = Query::parse(&canonical.text(), None, &ladder).map(|asked| asked.query.canonical());
        assert_eq!(again, Ok(canonical.text()), "{}", case.name);
    }
}

#[test]
fn every_vector_has_a_name_of_its_own_and_one_outcome() {
    let file = File::read();
    let mut names = BTreeSet::new();
    for case in &file.cases {
        assert!(names.insert(&case.name), "{:?} is there twice", case.name);
        assert!(case.canonical.is_some() != case.error.is_some(), "{:?} takes either canonical or error", case.name);
        let rest = !case.tags.is_empty();
        assert!(case.error.is_none() || !rest, "{:?}: with an error nothing stays in the header", case.name);
    }
}

#[test]
fn the_vectors_state_the_limits_that_hold() {
    let file = File::read();
    assert_eq!(file.ladder, DEFAULT_LADDER);
    let limits = Limits {
        query_bytes: MAX_QUERY_BYTES,
        parameters: MAX_PARAMETERS,
        key_bytes: MAX_KEY_BYTES,
        value_bytes: MAX_VALUE_BYTES,
        device_bytes: MAX_DEVICE_BYTES,
        digests: MAX_DIGESTS,
        installed: MAX_INSTALLED,
        if_none_match_bytes: MAX_IF_NONE_MATCH_BYTES,
        component_bytes: MAX_COMPONENT_BYTES,
        version_bytes: MAX_VERSION_BYTES,
    };
    assert_eq!(file.limits, limits);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// For people.
    #[serde(rename = "about")]
    _about: Vec<String>,
    ladder: Vec<u8>,
    limits: Limits,
    cases: Vec<Case>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Limits {
    query_bytes: usize,
    parameters: usize,
    key_bytes: usize,
    value_bytes: usize,
    device_bytes: usize,
    digests: usize,
    installed: usize,
    if_none_match_bytes: usize,
    component_bytes: usize,
    version_bytes: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Case {
    name: String,
    query: Text,
    if_none_match: Option<Text>,
    known: Option<Known>,
    canonical: Option<Text>,
    #[serde(default)]
    tags: Vec<Text>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    components: Vec<String>,
    attributes: Vec<String>,
    facts: Vec<String>,
    #[serde(default)]
    digests: Vec<String>,
    #[serde(default)]
    traits: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    status: u16,
    input: Text,
}

/// A string, or pieces of one: the vectors hold long inputs in short lines.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Repeat(Repeat),
    Each(Each),
    Row(Vec<Text>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    repeat: String,
    times: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Each {
    each: String,
    from: u32,
    to: u32,
}

/// What comes of a case: the canonical form, the tags that stay and whether digests moved; or status and input.
type Outcome = Result<(String, Vec<String>), (u16, String)>;

impl File {
    fn read() -> File {
        serde_json::from_str(include_str!("../vectors/canonical-query.json")).unwrap()
    }
}

impl Case {
    /// What is wrong, in two lines.
    fn differs(&self, ladder: &Ladder) -> Option<String> {
        let (is, should) = (self.is(ladder), self.should());
        (is != should).then(|| format!("{}:\n       is {is:?}\n   should {should:?}", self.name))
    }

    fn should(&self) -> Outcome {
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
        let query = match &self.known {
            Some(known) => asked.query.known_to(&known.words()),
            None => asked.query,
        };
        let tags = asked.tags.iter().map(ToString::to_string).collect();
        Ok((query.canonical(), tags))
    }
}

impl Known {
    fn words(&self) -> KnownWords {
        KnownWords {
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
    fn text(&self) -> String {
        match self {
            Text::Plain(text) => text.clone(),
            Text::Repeat(Repeat { repeat, times }) => repeat.repeat(*times),
            Text::Each(Each { each, from, to }) => (*from..=*to).map(|n| each.replace('#', &n.to_string())).collect(),
            Text::Row(pieces) => pieces.iter().map(Text::text).collect(),
        }
    }
}
