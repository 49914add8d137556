use std::hash::{BuildHasher as _, RandomState};

use http::Response;
use resolver::answer::{self, Answer, Content};
use store::StoreError;

use crate::body::Body;

/// Converts an answer that needs no store to a response.
pub fn respond(answer: Answer) -> Response<Body> {
    let body = match &answer.content {
        Content::Bytes(bytes) => Body::from(bytes.clone()),
        _ => Body::empty(),
    };
    response(answer, body)
}

/// Answers 503 for an error of a store. The public text says when to retry; the cause is logged.
pub fn unavailable(error: &StoreError) -> Answer {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "cannot answer");
    answer::unavailable(seed())
}

/// Returns a random number.
pub(crate) fn seed() -> u64 {
    RandomState::new().hash_one(())
}

/// Combines an answer's status and headers with a body.
pub(crate) fn response(answer: Answer, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
