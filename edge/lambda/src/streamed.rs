use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use base64ct::{Base64, Encoding as _};
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::Frame;
use service::Transfer;
use tracing::Span;

use crate::head::Head;
use crate::metrics::Account;
use crate::runtime_api::{ERROR_BODY, ERROR_TYPE};

/// What stands between the prelude and the body.
static DELIMITER: [u8; 8] = [0; 8];

/// What stands for no body. Function URLs were seen to hold an answer back until the function's time-out if no byte follows
/// the zeros (aws-lambda-web-adapter, issue 499). Behind 304, and in answer to `HEAD`, HTTP itself leaves it out (RFC 9110
/// section 6.4.1).
static NO_BODY: [u8; 1] = [b'\n'];

/// Kind of the error that ends a body early.
const CUT: &str = "Edgehop.Cut";

/// An answer on its way to Lambda: status and headers as JSON, eight zeros, the body.
///
/// A body that cannot be finished ends with a trailer that says so, on which Lambda cuts the device's connection.
/// Without it, what came would count as the whole.
pub(crate) struct Streamed {
    /// Prelude and delimiter, each a chunk of its own: not everyone who plays Lambda looks for the zeros inside a chunk; and
    /// what stands for no body.
    before: std::vec::IntoIter<Bytes>,
    body: Option<Transfer<Account>>,
    span: Span,
}

impl Streamed {
    /// `to_head`: it answers `HEAD`.
    pub(crate) fn new(head: &Parts, to_head: bool, body: Transfer<Account>, span: Span) -> Self {
        let mut before = vec![Head::of(head).to_json().into(), Bytes::from_static(&DELIMITER)];
        if to_head || head.status == StatusCode::NOT_MODIFIED {
            before.push(Bytes::from_static(&NO_BODY));
        }
        Streamed { before: before.into_iter(), body: Some(body), span }
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        let _request = this.span.enter();
        if let Some(bytes) = this.before.next() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let next = std::task::ready!(Pin::new(body).poll_frame(context));
        let frame = match next {
            Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
            Some(Err(error)) => Some(Ok(Frame::trailers(cut(&error.to_string())))),
            None => None,
        };
        this.body = None;
        Poll::Ready(frame)
    }
}

fn cut(message: &str) -> HeaderMap {
    let text = serde_json::json!({ "errorType": CUT, "errorMessage": message }).to_string();
    let mut trailers = HeaderMap::new();
    trailers.insert(HeaderName::from_static(ERROR_TYPE), HeaderValue::from_static(CUT));
    if let Ok(text) = HeaderValue::try_from(Base64::encode_string(text.as_bytes())) {
        trailers.insert(HeaderName::from_static(ERROR_BODY), text);
    }
    trailers
}
