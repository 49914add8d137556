use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudformation::config::http::HttpResponse;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use store::StoreError;

use super::code_zip::InvalidCode;
use super::name::StackName;
use super::state::State;
use crate::known_words::KnownWordsError;

/// What AWS' services call it that somebody may not do something.
const FORBIDDEN: [&str; 4] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden"];

/// Why nothing could be done with a stack. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A service did not do what it was asked.
    #[error("{what}: {said}")]
    Call {
        /// What could not be done.
        what: String,
        /// What AWS said, and what to do.
        said: String,
        /// Another attempt may succeed: AWS was out of reach, out of order, or asked too often.
        may_pass: bool,
    },
    /// A service forbade it.
    #[error("{what}: these credentials may not do it; allow them {action} ({said})")]
    Forbidden {
        /// What could not be done.
        what: String,
        /// What one must be allowed to do, such as `cloudformation:CreateStack`.
        action: String,
        /// What AWS said.
        said: String,
    },
    /// Nobody says who asks.
    #[error(
        "no credentials: {0}; give --profile, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign \
         in with `aws sso login`"
    )]
    Credentials(String),
    /// Nobody says where.
    #[error("no region was found: give --region, or set AWS_REGION")]
    NoRegion,
    /// There is no such stack.
    #[error(
        "there is no stack {name} in {region}: look at its name, give another region with --region, or make it with \
         `edgehop init {name} --create`"
    )]
    Missing {
        /// The stack.
        name: StackName,
        /// Where it was looked for.
        region: String,
    },
    /// The stack is somebody else's.
    #[error(
        "the name {name} is already taken in {region} by a stack that is not edgehop's, which stays as it is: take \
         another name"
    )]
    Foreign {
        /// The stack.
        name: StackName,
        /// Where it is.
        region: String,
    },
    /// The bucket for code cannot be used.
    #[error("{0}")]
    CodeBucket(String),
    /// The code, or a parameter, is not what a stack takes.
    #[error("{0}")]
    Wish(String),
    /// The table or the bucket is not as it must be.
    #[error("{0}")]
    Data(String),
    /// The catalog or the artifacts could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The CDN's list of known words could not be used.
    #[error(transparent)]
    Words(#[from] KnownWordsError),
    /// No code that Lambda can run.
    #[error(transparent)]
    Code(#[from] InvalidCode),
    /// CloudFormation could not do what it was asked.
    #[error("the stack {name} is in {state}: {cause}; {advice}")]
    Failed {
        /// The stack.
        name: StackName,
        /// Its state.
        state: State,
        /// The first resource that failed, and why.
        cause: String,
        /// What to do.
        advice: String,
    },
    /// Nobody can see any more what becomes of a stack.
    #[error("{why}; CloudFormation goes on with the stack {name} all the same: the same command watches it again")]
    Unwatched {
        /// The stack.
        name: StackName,
        /// Why it cannot be looked at.
        why: Box<StackError>,
    },
    /// The stack is in a state in which this cannot be done.
    #[error("the stack {name} is in {state}: {advice}")]
    State {
        /// The stack.
        name: StackName,
        /// Its state.
        state: State,
        /// What to do.
        advice: String,
    },
}

impl StackError {
    /// Another attempt is of no use.
    pub(super) fn lasts(&self) -> bool {
        !matches!(self, StackError::Call { may_pass: true, .. })
    }

    /// A call failed: `what` could not be done, for which one must be allowed `action`.
    pub fn call<E>(what: impl Into<String>, action: &str, error: &SdkError<E, HttpResponse>) -> StackError
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let what = what.into();
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let Some(refused) = error.as_service_error() else {
            return StackError::Call { what, said: aws::describe(error), may_pass: true };
        };
        // An answer to HEAD has no code.
        let forbidden = refused.code().map_or(status == 403, |code| FORBIDDEN.contains(&code));
        if !forbidden {
            let throttled = refused.code().is_some_and(|code| code.contains("Throttl"));
            return StackError::Call { what, said: aws::describe(error), may_pass: throttled || status >= 500 };
        }
        let said = refused.message().unwrap_or("HTTP status 403");
        let named = action_in(said).unwrap_or(action);
        StackError::Forbidden { what, action: named.to_owned(), said: one_line(said) }
    }

    pub(super) fn credentials(profile: Option<&str>, error: &CredentialsError) -> StackError {
        let of = profile.map_or("none were found".to_owned(), |profile| format!("the profile {profile} has none"));
        if let CredentialsError::CredentialsNotLoaded(_) = error {
            // What follows is a list of everywhere that there are none.
            return StackError::Credentials(of);
        }
        let first: &(dyn Error + 'static) = error;
        let causes = std::iter::successors(Some(first), |error| (*error).source());
        let said: Vec<String> = causes.map(ToString::to_string).collect();
        StackError::Credentials(format!("{of}: {}", one_line(&said.join(": "))))
    }
}

/// The action that AWS' message names: "User: … is not authorized to perform: ACTION on resource: …".
fn action_in(said: &str) -> Option<&str> {
    let action = said.split_once("to perform: ")?.1.split([' ', ',']).next()?;
    action.contains(':').then_some(action)
}

/// A text of AWS' in one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
