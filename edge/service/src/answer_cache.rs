use std::collections::BTreeSet;
use std::sync::Arc;

use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, Method, Request, StatusCode};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use resolver::answer::{Answer, Content};
use resolver::catalog::ObjectKey;

use crate::catalog_cache::Origin;

/// Usual number of cached answers, as a hint for the first allocation.
const TYPICAL_ANSWERS: usize = 256;

/// Memory of an answer without its text, in bytes: headers, the record itself and the cache's metadata.
const OVERHEAD_BYTES: usize = 4096;

/// Memory of a name, a part or an object without its text, in bytes.
const ENTRY_BYTES: usize = 128;

/// Cache of answers, each valid as long as the records that it follows from stay the same.
///
/// A decision is a pure function, so equal queries with equal records have equal answers. Answers that change with time
/// are not cached, and neither are ranges of a package.
pub(crate) struct AnswerCache(Cache<RequestKey, Arc<CachedAnswer>, Weight>);

/// Key of a cached answer: the parts of a request that can change the answer, in their spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey {
    head: bool,
    query: String,
    if_none_match: Option<Vec<u8>>,
}

/// A cached answer, and the reads that it follows from.
pub(crate) struct CachedAnswer {
    /// Reads that the answer follows from. The records are not kept, because they may be of any size.
    pub(crate) origin: Origin,
    pub(crate) canonical: String,
    /// Objects that must not have moved to cold storage since.
    pub(crate) objects: BTreeSet<ObjectKey>,
    pub(crate) answer: Answer,
}

impl AnswerCache {
    /// Creates a cache of at most this many bytes, which evicts the least used answers.
    pub(crate) fn new(bytes: u64) -> Self {
        AnswerCache(Cache::with_weighter(TYPICAL_ANSWERS, bytes, Weight))
    }

    pub(crate) fn get(&self, key: &RequestKey) -> Option<Arc<CachedAnswer>> {
        self.0.get(key)
    }

    pub(crate) fn keep(&self, key: RequestKey, cached: CachedAnswer) {
        self.0.insert(key, Arc::new(cached));
    }
}

impl RequestKey {
    /// Returns the key of a request; `None` if it has an `If-Match`, whose answers are not cached.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<RequestKey> {
        let headers = request.headers();
        (!headers.contains_key(IF_MATCH)).then(|| RequestKey {
            head: request.method() == Method::HEAD,
            query: request.uri().query().unwrap_or_default().to_owned(),
            if_none_match: if_none_match(headers),
        })
    }
}

/// Returns true if a cached answer suits the request: only packages have ranges.
pub(crate) fn suits<B>(answer: &Answer, request: &Request<B>) -> bool {
    let whole = ![IF_RANGE, RANGE].iter().any(|name| request.headers().contains_key(name));
    whole || !(answer.status == StatusCode::RANGE_NOT_SATISFIABLE || matches!(answer.content, Content::Package { .. }))
}

/// Joins all `If-None-Match` fields to one list (RFC 9110 section 5.3).
pub(crate) fn if_none_match(headers: &HeaderMap) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = headers.get_all(IF_NONE_MATCH).iter().map(|value| value.as_bytes()).collect();
    (!values.is_empty()).then(|| values.join(&b','))
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<RequestKey, Arc<CachedAnswer>> for Weight {
    fn weight(&self, key: &RequestKey, cached: &Arc<CachedAnswer>) -> u64 {
        // A text's buffer that grew while it was written may be twice as long.
        let content = match &cached.answer.content {
            Content::Bytes(bytes) => 2 * bytes.len(),
            Content::Package { plan, .. } => 2 * plan.literal_bytes() as usize + plan.parts().len() * ENTRY_BYTES,
            Content::Empty | Content::Object { .. } => 0,
        };
        // The text is in the key, in the canonical query, in a header, and in the names of records.
        let asked = key.query.len() + key.if_none_match.as_ref().map_or(0, Vec::len);
        let entries = (cached.origin.len() + cached.objects.len()) * ENTRY_BYTES;
        (OVERHEAD_BYTES + content + 4 * asked + 2 * cached.canonical.len() + entries) as u64
    }
}
