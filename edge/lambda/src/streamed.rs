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
use crate::metrics::AnswerRecord;
use crate::runtime_api::{ERROR_BODY, ERROR_TYPE};

/// Delimiter between prelude and body.
static DELIMITER: [u8; 8] = [0; 8];

/// Stand-in for an empty body. Function URLs were seen to hold an answer back until the function's timeout if no byte
/// follows the delimiter (aws-lambda-web-adapter, issue 499). In answers with 304 or to `HEAD`, HTTP itself omits it
/// (RFC 9110 section 6.4.1).
static NO_BODY: [u8; 1] = [b'\n'];

/// Type of the error of a truncated body.
const CUT: &str = "Edgehop.Cut";

/// Body of a streamed answer: status and headers as JSON, eight zeros, the response's body.
///
/// An incomplete body ends with an error trailer, on which Lambda cuts the device's connection. Without it, the part
/// would count as the whole.
pub(crate) struct Streamed {
    /// Prelude and delimiter, each in its own chunk, because some emulators of Lambda do not search for the zeros inside a
    /// chunk; and the stand-in for an empty body.
    before: std::vec::IntoIter<Bytes>,
    body: Option<Transfer<AnswerRecord>>,
    span: Span,
}

impl Streamed {
    /// Creates a streamed answer; `to_head` is true for answers to `HEAD`.
    pub(crate) fn new(head: &Parts, to_head: bool, body: Transfer<AnswerRecord>, span: Span) -> Self {
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
