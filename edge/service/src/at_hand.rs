use std::hash::{BuildHasher as _, RandomState};

use http::Response;
use resolver::answer::{self, Answer, Content};
use store::StoreError;

use crate::body::Body;

/// An answer that needs no store, as a response.
pub fn at_hand(answer: Answer) -> Response<Body> {
    let body = match &answer.content {
        Content::Bytes(bytes) => Body::from(bytes.clone()),
        _ => Body::empty(),
    };
    response(answer, body)
}

/// The answer where the stores cannot be asked. The public text says when to come back; the cause goes to the log, once.
pub fn unavailable(error: &StoreError) -> Answer {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "cannot answer");
    answer::unavailable(seed())
}

/// Any number.
pub(crate) fn seed() -> u64 {
    RandomState::new().hash_one(())
}

/// An answer's status and headers around its body.
pub(crate) fn response(answer: Answer, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
