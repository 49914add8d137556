//! Conversion of AWS errors to store errors.

use std::error::Error;
use std::fmt::Display;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId as _;
use store::StoreError;

/// Error codes of invalid requests to DynamoDB, which retries do not help.
const INVALID: [&str; 2] = ["ValidationException", "SerializationException"];

/// Error codes with which S3 denies access to single objects until a policy or a key changes: permission to read a bucket
/// does not include every key that its objects are encrypted with.
const REFUSED: [&str; 3] = ["AccessDenied", "KMS.DisabledException", "KMS.NotFoundException"];

/// Error of S3 that retries do not help.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

/// Creates the error of a failed operation on a table.
pub(crate) fn catalog<E>(what: impl Display, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    if error.as_service_error().and_then(E::code).is_some_and(|code| INVALID.contains(&code)) {
        return StoreError::damaged(what, describe(error));
    }
    StoreError::catalog(format!("{what}: {}", describe(error)))
}

/// Creates the error of a failed operation on a bucket.
pub(crate) fn artifacts<E>(what: impl Display, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let problem = format!("{what}: {}", describe(error));
    match error.as_service_error().and_then(E::code) {
        Some(code) if REFUSED.contains(&code) => StoreError::artifacts(Refused(problem)),
        _ => StoreError::artifacts(problem),
    }
}

/// Returns true if the artifact store denied access, so that retries do not help.
pub(crate) fn is_refusal(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { source, .. } if source.is::<Refused>())
}

/// Describes an error in one line: the service's code and message, or the cause if it did not answer; and what to do.
pub fn describe<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let Some(refused) = error.as_service_error() else {
        return advised(causes(error), advice_about_call(error));
    };
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    let code = refused.code().unwrap_or("no error code");
    let message = refused.message().unwrap_or("no message");
    let request = error.request_id().unwrap_or("unknown");
    let said = format!("{code}: {message} (HTTP status {status}, request {request})");
    advised(said, advice_about_answer(refused.code(), status))
}

fn advised(said: String, advice: Option<&str>) -> String {
    match advice {
        Some(advice) => format!("{said}; {advice}"),
        None => said,
    }
}

/// Describes an error and its causes in one line.
pub(crate) fn causes(error: &dyn Error) -> String {
    let (mut said, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Returns advice about a service's error by its code, or by the HTTP status if it has none, as answers to HEAD do.
/// `None` if only AWS can help.
fn advice_about_answer(code: Option<&str>, status: u16) -> Option<&'static str> {
    match (code, status) {
        (Some("ResourceNotFoundException"), _) => Some(
            "there is no such table in this region: make it, with the hash key app and the range key env, both strings; \
             or look at its name and at AWS_REGION",
        ),
        (Some("NoSuchBucket"), _) => Some("there is no such bucket: make it, or look at its name"),
        (Some("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException"), _)
        | (None, 301) => Some("the bucket is in another region: set AWS_REGION to that one"),
        (Some("AccessDenied" | "AccessDeniedException"), _) | (None, 403) => {
            Some("these credentials may not do this: allow it in their policy")
        }
        (
            Some(
                "UnrecognizedClientException"
                | "InvalidAccessKeyId"
                | "InvalidClientTokenId"
                | "InvalidSignatureException"
                | "SignatureDoesNotMatch"
                | "InvalidToken",
            ),
            _,
        ) => Some(
            "AWS does not know these credentials: look at AWS_PROFILE, or at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and \
             AWS_SESSION_TOKEN",
        ),
        (Some("ExpiredToken" | "ExpiredTokenException"), _) => Some("the credentials have expired: get new ones"),
        (Some("RequestTimeTooSkewed"), _) => Some("this machine's clock is wrong: set it"),
        _ => None,
    }
}

/// Returns advice about a call that no service answered, by the cause.
fn advice_about_call(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut causes = vec![error];
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause);
        next = cause.source();
    }
    if let Some(credentials) = causes.iter().find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        return Some(match credentials {
            CredentialsError::CredentialsNotLoaded(_) => {
                "no credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in \
                 with `aws sso login`"
            }
            _ => "no credentials could be loaded: sign in again, or check AWS_PROFILE",
        });
    }
    let has = |text: &str| causes.iter().any(|cause| cause.to_string().contains(text));
    if has("Missing Region") || has("A region must be set") {
        return Some("no region was found: set AWS_REGION");
    }
    has("(Connect)").then_some("nothing answers there: look at the network and at AWS_REGION")
}
