//! What AWS said, as a store says it.

use std::error::Error;
use std::fmt::Display;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId as _;
use store::StoreError;

use crate::advice;

/// Error codes with which DynamoDB refuses what was sent: sending it again does not help.
const INVALID: [&str; 2] = ["ValidationException", "SerializationException"];

/// Error codes with which S3 refuses one object and not another, until somebody changes a right or a key: who may read a
/// bucket may not use every key that its objects are encrypted with.
const REFUSED: [&str; 3] = ["AccessDenied", "KMS.DisabledException", "KMS.NotFoundException"];

/// What S3 refuses, and would refuse again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

/// An operation on `what` in the table failed: throttled, timed out, forbidden, out of order.
pub(crate) fn catalog<E>(what: impl Display, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    if error.as_service_error().and_then(E::code).is_some_and(|code| INVALID.contains(&code)) {
        return StoreError::damaged(what, said(error));
    }
    StoreError::catalog(format!("{what}: {}", said(error)))
}

/// An operation on `what` in the bucket failed.
pub(crate) fn artifacts<E>(what: impl Display, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let problem = format!("{what}: {}", said(error));
    match error.as_service_error().and_then(E::code) {
        Some(code) if REFUSED.contains(&code) => StoreError::artifacts(Refused(problem)),
        _ => StoreError::artifacts(problem),
    }
}

/// The artifact store refused this, and would refuse it again.
pub(crate) fn is_refusal(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { source, .. } if source.is::<Refused>())
}

/// In one line: the service's code and message, or else what came between us and the service; and what to do.
pub fn said<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let Some(refused) = error.as_service_error() else {
        return advised(causes(error), advice::about_call(error));
    };
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    let code = refused.code().unwrap_or("no error code");
    let message = refused.message().unwrap_or("no message");
    let request = error.request_id().unwrap_or("unknown");
    let said = format!("{code}: {message} (HTTP status {status}, request {request})");
    advised(said, advice::about_answer(refused.code(), status))
}

fn advised(said: String, advice: Option<&str>) -> String {
    match advice {
        Some(advice) => format!("{said}; {advice}"),
        None => said,
    }
}

/// An error with what caused it, in one line.
pub(crate) fn causes(error: &dyn Error) -> String {
    let (mut said, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
