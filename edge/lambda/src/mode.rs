use std::str::FromStr;

use crate::limits::{HEAD_BYTES, MAX_BUFFERED_RESPONSE_BYTES, MAX_STREAMED_RESPONSE_BYTES};

/// Invoke mode of a function URL, spelled as the `InvokeMode` of CloudFormation's `AWS::Lambda::Url`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvokeMode {
    /// `RESPONSE_STREAM`: answers are streamed.
    ResponseStream,
    /// `BUFFERED`: answers are sent in one piece, as JSON.
    Buffered,
}

/// Error for text that is not an invoke mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes RESPONSE_STREAM or BUFFERED, as the function URL's InvokeMode has it")]
pub(crate) struct InvalidInvokeMode;

impl InvokeMode {
    /// Returns the largest body of an answer, in bytes.
    pub(crate) const fn max_body_bytes(self) -> u64 {
        match self {
            InvokeMode::ResponseStream => MAX_STREAMED_RESPONSE_BYTES - HEAD_BYTES,
            // Base64 encodes three bytes as four characters.
            InvokeMode::Buffered => (MAX_BUFFERED_RESPONSE_BYTES - HEAD_BYTES) / 4 * 3,
        }
    }
}

impl FromStr for InvokeMode {
    type Err = InvalidInvokeMode;

    fn from_str(text: &str) -> Result<Self, InvalidInvokeMode> {
        match text {
            "RESPONSE_STREAM" => Ok(InvokeMode::ResponseStream),
            "BUFFERED" => Ok(InvokeMode::Buffered),
            _ => Err(InvalidInvokeMode),
        }
    }
}
