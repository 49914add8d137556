//! What the origin makes of a question, and whether the function made the same.

use edgehop_tests::viewer::{Event, Given};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use resolver::answer::{CURRENT, Content, bad_query};
use resolver::query::{CacheVocabulary, Ladder, Query};

use crate::draw::Question;

/// What is wrong with what the function gave for a question, if anything is.
pub(crate) fn differs(question: &Question, known: Option<&CacheVocabulary>, given: &Given) -> Option<String> {
    let (is, should) = (seen(given), told(question, known));
    (is != should).then(|| format!("{question:?}\n      is {is:?}\n  should {should:?}"))
}

/// The question as the function is asked it.
pub(crate) fn event(question: &Question) -> Event {
    let fields: Vec<&str> = question.fields.iter().map(String::as_str).collect();
    Event::package(&question.query, &fields)
}

/// A canonical query with the tags that stay beside it, or an answer: status, two headers and body.
#[derive(Debug, PartialEq)]
enum Outcome {
    ParsedQuery { canonical: String, tags: Vec<String>, condition: bool },
    Refused { status: u16, headers: [String; 2], body: String },
}

fn told(question: &Question, known: Option<&CacheVocabulary>) -> Outcome {
    let header = (!question.fields.is_empty()).then(|| question.fields.join(","));
    let header = header.as_deref().map(str::as_bytes);
    let read = Query::parse(&question.query, header, &Ladder::default())
        .and_then(|asked| Ok((asked.query.restrict_to(known)?, asked.tags)));
    let (query, tags) = match read {
        Ok(read) => read,
        Err(error) => {
            let answer = bad_query(&error);
            let Content::Bytes(body) = &answer.content else { panic!("an error has a body") };
            return Outcome::Refused {
                status: answer.status.as_u16(),
                headers: [CONTENT_TYPE, CACHE_CONTROL].map(|name| answer.headers[name].to_str().unwrap().to_owned()),
                body: String::from_utf8(body.to_vec()).unwrap(),
            };
        }
    };
    let mut tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
    let moved = Query::parse("cpuarch=a", header, &Ladder::default()).is_ok_and(|asked| !asked.query.have.is_empty());
    if moved && tags.is_empty() {
        tags.push(CURRENT.to_str().unwrap().trim_start_matches("W/").to_owned());
    }
    Outcome::ParsedQuery { canonical: query.canonical(), condition: !tags.is_empty(), tags }
}

fn seen(given: &Given) -> Outcome {
    match given {
        Given::Answered { status_code, headers, body } => Outcome::Refused {
            status: *status_code,
            headers: [CONTENT_TYPE, CACHE_CONTROL].map(|name| headers[name.as_str()].value.clone()),
            body: body.clone(),
        },
        Given::Passed { querystring, headers, .. } => {
            let left = headers.get("if-none-match").map(|field| field.value.as_str());
            let read = Query::parse("cpuarch=a", left.map(str::as_bytes), &Ladder::default()).unwrap();
            assert!(read.query.have.is_empty(), "a digest stays in {left:?}");
            Outcome::ParsedQuery {
                canonical: querystring.clone(),
                tags: read.tags.iter().map(ToString::to_string).collect(),
                condition: left.is_some(),
            }
        }
    }
}
