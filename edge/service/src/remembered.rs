use std::collections::BTreeSet;
use std::sync::Arc;

use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, Method, Request, StatusCode};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use resolver::answer::{Answer, Content};
use resolver::catalog::ObjectKey;

use crate::catalog_cache::Origin;

/// About how many answers are remembered; a hint for the first allocation.
const TYPICAL_ANSWERS: usize = 256;

/// Weight of an answer beside its text, in bytes: headers, the record itself, its place in the cache.
const OVERHEAD_BYTES: usize = 4096;

/// Memory of a name, a part or an object beside its text, in bytes.
const ENTRY_BYTES: usize = 128;

/// Answers that need not be decided again while the records they came from are the same.
///
/// A decision is a pure function, so the same question and the very same records have the same answer. Those whose
/// answer changes by itself with time are not remembered, nor are parts of a package.
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
    /// The records themselves are not kept: they may be of any size.
    pub(crate) origin: Origin,
    pub(crate) canonical: String,
    /// What must not have gone to cold storage since.
    pub(crate) objects: BTreeSet<ObjectKey>,
    pub(crate) answer: Answer,
}

impl Remembered {
    /// Room for this many bytes of answers; the least used go first.
    pub(crate) fn new(bytes: u64) -> Self {
        Remembered(Cache::with_weighter(TYPICAL_ANSWERS, bytes, Weight))
    }

    pub(crate) fn get(&self, question: &Question) -> Option<Arc<Memory>> {
        self.0.get(question)
    }

    pub(crate) fn keep(&self, question: Question, memory: Memory) {
        self.0.insert(question, Arc::new(memory));
    }
}

impl Question {
    /// The question of a request, unless `If-Match` makes its answer its own.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Question> {
        let headers = request.headers();
        (!headers.contains_key(IF_MATCH)).then(|| Question {
            head: request.method() == Method::HEAD,
            query: request.uri().query().unwrap_or_default().to_owned(),
            if_none_match: if_none_match(headers),
        })
    }
}

/// The answer is the same whether a range of it is asked for or not: only packages come in parts.
pub(crate) fn suits<B>(answer: &Answer, request: &Request<B>) -> bool {
    let whole = ![IF_RANGE, RANGE].iter().any(|name| request.headers().contains_key(name));
    whole || !(answer.status == StatusCode::RANGE_NOT_SATISFIABLE || matches!(answer.content, Content::Package { .. }))
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
        // Text that grew while it was written may take twice its length.
        let content = match &memory.answer.content {
            Content::Bytes(bytes) => 2 * bytes.len(),
            Content::Package { plan, .. } => 2 * plan.literal_bytes() as usize + plan.parts().len() * ENTRY_BYTES,
            Content::Empty | Content::Object { .. } => 0,
        };
        // In the question, in the canonical one, in a header, and as names of records.
        let asked = question.query.len() + question.if_none_match.as_ref().map_or(0, Vec::len);
        let entries = (memory.origin.len() + memory.objects.len()) * ENTRY_BYTES;
        (OVERHEAD_BYTES + content + 4 * asked + 2 * memory.canonical.len() + entries) as u64
    }
}
