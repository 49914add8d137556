/// Why a question was not understood: which input, what is wrong, what is accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The HTTP status that says so.
    pub status: Status,
    /// The key or header at fault.
    pub input: String,
    /// The whole sentence, for the device's log.
    pub message: String,
}

/// The client errors a question can be answered with (RFC 9110 section 15.5, RFC 6585 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Status {
    /// A bad query.
    BadRequest = 400,
    /// The query is too long.
    UriTooLong = 414,
    /// A header is too long.
    HeaderTooLarge = 431,
}

impl QueryError {
    /// `input` holds something it does not take; `takes` says what it does.
    pub(super) fn bad(input: &str, takes: impl std::fmt::Display) -> Self {
        QueryError { status: Status::BadRequest, message: format!("{input}: {takes}"), input: input.to_owned() }
    }

    /// A component or an attribute is asked for on what is no channel's name.
    pub(super) fn channel(input: &str) -> Self {
        QueryError::bad(input, format_args!("it takes 1 to {} letters, digits and . _ -", super::MAX_VALUE_BYTES))
    }

    /// No component was asked for. The first words are the sample's, whose devices may look for them.
    pub(super) fn nothing_asked() -> Self {
        QueryError {
            status: Status::BadRequest,
            input: "cpuArch".into(),
            message: "Missing cpuArch query param: give cpuArch=<architecture>, or name a component as \
                      <component>=<channel>"
                .into(),
        }
    }

    /// `payloadType` holds neither of its words.
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
