/// Error in a query: the input at fault, the fault, and the values that are accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// HTTP status of the answer.
    pub status: Status,
    /// Key or header at fault.
    pub input: String,
    /// Complete message for the device's log.
    pub message: String,
}

/// HTTP status of an error in a query (RFC 9110 section 15.5, RFC 6585 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Status {
    /// The query is invalid.
    BadRequest = 400,
    /// The query is too long.
    UriTooLong = 414,
    /// A header is too long.
    HeaderTooLarge = 431,
}

impl QueryError {
    /// Creates the error for an `input` with an invalid value; `takes` describes the valid ones.
    pub(super) fn bad(input: &str, takes: impl std::fmt::Display) -> Self {
        QueryError { status: Status::BadRequest, message: format!("{input}: {takes}"), input: input.to_owned() }
    }

    /// Creates the error for a component or an attribute with an invalid channel name.
    pub(super) fn channel(input: &str) -> Self {
        QueryError::bad(input, format_args!("it takes 1 to {} letters, digits and . _ -", super::MAX_VALUE_BYTES))
    }

    /// Creates the error for a query without a component. It begins as the AWS sample's message does, because the sample's
    /// devices may match on it.
    pub(super) fn nothing_asked() -> Self {
        QueryError {
            status: Status::BadRequest,
            input: "cpuArch".into(),
            message: "Missing cpuArch query param: give cpuArch=<architecture>, or name a component as \
                      <component>=<channel>"
                .into(),
        }
    }

    /// Creates the error for an invalid `payloadType`.
    pub(super) fn payload_type() -> Self {
        QueryError {
            status: Status::BadRequest,
            input: "payloadType".into(),
            message: "Invalid payloadType param: it takes fullPayload or metadataOnly".into(),
        }
    }

    pub(super) fn query_too_long() -> Self {
        QueryError {
            status: Status::UriTooLong,
            input: "query".into(),
            message: format!("query: it takes {} bytes at most", super::MAX_QUERY_BYTES),
        }
    }

    pub(super) fn header_too_long() -> Self {
        QueryError {
            status: Status::HeaderTooLarge,
            input: "If-None-Match".into(),
            message: format!("If-None-Match: it takes {} bytes at most", super::MAX_IF_NONE_MATCH_BYTES),
        }
    }
}
