use std::io::Result;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::message::{self, Request, Response};

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This is answered, and the server is not asked.
    Answer {
        /// Status code and reason.
        status: &'static str,
        /// What the answer carries.
        body: String,
    },
    /// Nothing is ever answered.
    Silent,
    /// The connection is reset.
    Reset,
    /// The server does what it is asked, but its answer is lost: the connection is reset.
    Lost,
    /// The answer comes so much later.
    Late(Duration),
    /// The head promises all of the body, but the connection is closed after so many bytes of it.
    Cut(usize),
    /// The same, but reset.
    Torn(usize),
    /// So many bytes of the body come, then nothing more, and the connection stays.
    Stalled(usize),
    /// The body ends so many bytes early, and the head says so too.
    Short(usize),
    /// This byte of the body is another one.
    Altered(usize),
    /// The body comes in pieces of so many bytes, each so long after the one before.
    Drips(usize, Duration),
}

impl Fault {
    /// DynamoDB refuses with an error code: 400, and 500 for its own faults.
    pub fn dynamodb(code: &str) -> Fault {
        let status = if code == "InternalServerError" { "500 Internal Server Error" } else { "400 Bad Request" };
        let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"as told"}}"#);
        Fault::Answer { status, body }
    }

    /// S3 refuses with an error code: 503, and 500 for its own faults.
    pub fn s3(code: &str) -> Fault {
        let status = if code == "InternalError" { "500 Internal Server Error" } else { "503 Slow Down" };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>as told</Message></Error>"
        );
        Fault::Answer { status, body }
    }

    /// The server is not asked at all.
    pub(super) fn replaces(&self) -> bool {
        matches!(self, Fault::Answer { .. } | Fault::Silent | Fault::Reset)
    }

    /// What happens in place of an answer. `true` if the connection goes on.
    pub(super) async fn answer(&self, stream: &mut TcpStream, request: &Request) -> Result<bool> {
        match self {
            Fault::Answer { status, body } => {
                let headers = [("x-amzn-requestid", "TOLD"), ("x-amz-request-id", "TOLD")];
                let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
                let body = body.clone().into_bytes();
                let response = Response { status: (*status).to_owned(), headers, length: body.len(), body };
                send(stream, request, response, None).await
            }
            Fault::Silent => std::future::pending().await,
            _ => {
                stream.set_zero_linger()?;
                Ok(false)
            }
        }
    }
}

/// Sends a server's answer as the fault has it. `true` if the connection goes on.
pub(super) async fn send(
    stream: &mut TcpStream,
    request: &Request,
    mut response: Response,
    fault: Option<&Fault>,
) -> Result<bool> {
    let head_only = request.method == "HEAD";
    match fault {
        Some(Fault::Altered(at)) => response.body.iter_mut().skip(*at).take(1).for_each(|byte| *byte ^= 1),
        Some(Fault::Short(missing)) => {
            response.length = response.length.saturating_sub(*missing);
            response.body.truncate(response.length);
        }
        _ => {}
    }
    let head = response.head();
    let body = if head_only { &[] } else { &response.body[..] };
    let upto = |count: &usize| [head.as_bytes(), &body[..body.len().min(*count)]].concat();
    match fault {
        Some(Fault::Lost) => {
            stream.set_zero_linger()?;
            Ok(false)
        }
        Some(Fault::Cut(count)) => {
            stream.write_all(&upto(count)).await?;
            stream.shutdown().await?;
            Ok(false)
        }
        Some(Fault::Torn(count)) => {
            stream.write_all(&upto(count)).await?;
            // What was sent is read before the reset is seen.
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.set_zero_linger()?;
            Ok(false)
        }
        Some(Fault::Stalled(count)) => {
            stream.write_all(&upto(count)).await?;
            std::future::pending().await
        }
        Some(Fault::Drips(bytes, pause)) => {
            stream.write_all(head.as_bytes()).await?;
            for piece in body.chunks(*bytes) {
                stream.write_all(piece).await?;
                tokio::time::sleep(*pause).await;
            }
            Ok(true)
        }
        _ => {
            message::send(stream, request, &response).await?;
            Ok(true)
        }
    }
}
