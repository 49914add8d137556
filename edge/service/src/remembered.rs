use std::collections::BTreeSet;
use std::sync::Arc;

use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, Method, Request};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use resolver::answer::{Answer, Content};
use resolver::catalog::{Components, ObjectKey};
use resolver::decide::Lookups;

/// How many bytes of answers are remembered, about; the least used go first.
const CAPACITY_BYTES: u64 = 16 << 20;

/// About how many answers that is; a hint for the first allocation.
const TYPICAL_ANSWERS: usize = 4096;

/// What an answer weighs beside its text, in bytes: headers, parts, the record itself.
const OVERHEAD_BYTES: u64 = 2048;

/// Answers that need not be decided again while the records they came from are the same.
///
/// A decision is a pure function, so the same question and the very same records have the same answer. Those whose
/// answer changes by itself with time are not remembered, nor are conditions on a representation.
pub(crate) struct Remembered(Cache<Question, Arc<Memory>, Weight>);

/// A request as far as it can change the answer, as it was spelled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    head: bool,
    query: String,
    if_none_match: Option<Vec<u8>>,
}

/// An answer, and what it follows from.
pub(crate) struct Memory {
    pub(crate) lookups: Lookups,
    pub(crate) components: Components,
    pub(crate) canonical: String,
    /// What must not have gone to cold storage since.
    pub(crate) objects: BTreeSet<ObjectKey>,
    pub(crate) answer: Answer,
}

impl Remembered {
    pub(crate) fn new() -> Self {
        Remembered(Cache::with_weighter(TYPICAL_ANSWERS, CAPACITY_BYTES, Weight))
    }

    pub(crate) fn get(&self, question: &Question) -> Option<Arc<Memory>> {
        self.0.get(question)
    }

    pub(crate) fn keep(&self, question: Question, memory: Memory) {
        self.0.insert(question, Arc::new(memory));
    }
}

impl Question {
    /// The question of a request, unless conditions on a representation make its answer its own.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Question> {
        let headers = request.headers();
        let conditional = [IF_MATCH, IF_RANGE, RANGE].iter().any(|name| headers.contains_key(name));
        (!conditional).then(|| Question {
            head: request.method() == Method::HEAD,
            query: request.uri().query().unwrap_or_default().to_owned(),
            if_none_match: if_none_match(headers),
        })
    }
}

impl Memory {
    /// These are the very records that the answer follows from, not only equal ones: that is quickly seen.
    pub(crate) fn follows_from(&self, components: &Components) -> bool {
        let same = |(a, b): (_, _)| Arc::ptr_eq(a, b);
        self.components.len() == components.len() && self.components.values().zip(components.values()).all(same)
    }
}

/// Every `If-None-Match` as one list (RFC 9110 section 5.3).
pub(crate) fn if_none_match(headers: &HeaderMap) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = headers.get_all(IF_NONE_MATCH).iter().map(|value| value.as_bytes()).collect();
    (!values.is_empty()).then(|| values.join(&b','))
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Question, Arc<Memory>> for Weight {
    fn weight(&self, question: &Question, memory: &Arc<Memory>) -> u64 {
        let content = match &memory.answer.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Package { plan, .. } => plan.literal_bytes(),
            Content::Empty | Content::Object { .. } => 0,
        };
        let asked = question.query.len() + question.if_none_match.as_ref().map_or(0, Vec::len);
        OVERHEAD_BYTES + content + 2 * asked as u64
    }
}
