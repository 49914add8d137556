//! What an operator can do about what AWS said.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;

/// Advice about an error that a service answered, by its code; by the HTTP status where it has none, as answers to HEAD.
/// `None` where nobody but AWS can do anything.
pub(crate) fn about_answer(code: Option<&str>, status: u16) -> Option<&'static str> {
    match (code, status) {
        (Some("ResourceNotFoundException"), _) => Some(
            "there is no such table in this region: make it, with the hash key app and the range key env, both strings; \
             or look at its name and at AWS_REGION",
        ),
        (Some("NoSuchBucket"), _) => Some("there is no such bucket: make it, or look at its name"),
        (Some("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException"), _)
        | (None, 301) => Some("the bucket is in another region: set AWS_REGION to that one"),
        (Some("AccessDenied" | "AccessDeniedException"), _) | (None, 403) => {
            Some("whoever these credentials belong to may not do this: allow it in their policy")
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

/// Advice about a call that no service answered, by what came between.
pub(crate) fn about_call(error: &(dyn Error + 'static)) -> Option<&'static str> {
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
            _ => "the credentials could not be had: sign in again, or look at AWS_PROFILE",
        });
    }
    let has = |text: &str| causes.iter().any(|cause| cause.to_string().contains(text));
    if has("Missing Region") || has("A region must be set") {
        return Some("no region was found: set AWS_REGION");
    }
    has("(Connect)").then_some("nothing answers there: look at the network and at AWS_REGION")
}
