//! Client of the Lambda runtime API, which delivers invocations and takes answers (Lambda developer guide, "Using the
//! Lambda runtime API for custom runtimes").

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::connect::HttpConnector;
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};

/// Start of every path, with the version of the API.
const VERSION: &str = "/2018-06-01/runtime";

/// Most attempts of [`RuntimeApi::next`] over closed connections. Emulators of Lambda may close the connection between two
/// requests, as cargo-lambda does after an answer that has no body in HTTP. An event that was not received completely is
/// delivered again or refused.
const ATTEMPTS: usize = 3;

/// Header with the id of the request that an answer is for.
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";

/// Header with the id of the attempt, returned unchanged, so that a late answer is not taken for that of another attempt.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

/// Header or trailer with the type of an error.
pub(crate) const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// Trailer with the error of an incomplete response, in base64.
pub(crate) const ERROR_BODY: &str = "lambda-runtime-function-error-body";

/// Client for the API of this execution environment.
pub(crate) struct RuntimeApi {
    client: PooledClient,
}

/// An invocation of the function.
pub(crate) struct Invocation {
    /// Lambda's id of the request, for the log.
    pub(crate) id: String,
    attempt: Option<HeaderValue>,
    /// Event as JSON.
    pub(crate) event: Bytes,
}

impl RuntimeApi {
    /// Creates a client for the API at `host:port`, without any call.
    pub(crate) fn at(address: &str) -> anyhow::Result<RuntimeApi> {
        let base: Uri = address.parse().ok().filter(|uri: &Uri| uri.authority().is_some()).with_context(|| {
            format!("AWS_LAMBDA_RUNTIME_API is {address:?}: it takes host:port, which Lambda sets by itself")
        })?;
        let mut connector = HttpConnector::new();
        // Nagle's algorithm would only delay the end of an answer.
        connector.set_nodelay(true);
        Ok(RuntimeApi { client: PooledClient::builder().with_connector(connector).with_endpoint(base).build() })
    }

    /// Waits for the next invocation. There is no timeout, because the process may be frozen meanwhile.
    ///
    /// # Errors
    ///
    /// Fails if the runtime API is unreachable or refuses the call; the process then ends.
    pub(crate) async fn next(&self) -> anyhow::Result<Invocation> {
        let mut attempt = 1;
        let (head, event) = loop {
            match self.whole(build_request().uri(format!("{VERSION}/invocation/next")).body(Body::empty())?).await {
                Ok(answer) => break answer,
                Err(error) if attempt == ATTEMPTS => return Err(error.context("no next invocation")),
                Err(error) => tracing::warn!(error = %format!("{error:#}"), "asking again for the next invocation"),
            }
            attempt += 1;
        };
        if !head.status.is_success() {
            bail!("no next invocation: the runtime API answers {}", head.status);
        }
        let id = head.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).context("an invocation has no id")?;
        Ok(Invocation { id: id.to_owned(), attempt: head.headers.get(INVOCATION_ID).cloned(), event })
    }

    /// Sends a buffered answer.
    pub(crate) async fn respond(&self, invocation: &Invocation, json: Vec<u8>) -> anyhow::Result<()> {
        self.post(invocation.post("response").body(Body::from(json))?).await
    }

    /// Sends a streamed answer. `body` starts with the prelude, and may end with a trailer about an error.
    pub(crate) async fn stream<B>(&self, invocation: &Invocation, body: B) -> anyhow::Result<()>
    where
        B: http_body::Body<Data = Bytes, Error = std::convert::Infallible> + Send + 'static,
    {
        let post = invocation
            .post("response")
            .header("lambda-runtime-function-response-mode", "streaming")
            .header("content-type", "application/vnd.awslambda.http-integration-response")
            .header("transfer-encoding", "chunked")
            .header("trailer", ERROR_TYPE)
            .header("trailer", ERROR_BODY);
        self.post(post.body(Body::new(body))?).await
    }

    /// Reports that an invocation failed; the device gets 502.
    pub(crate) async fn fail(&self, invocation: &Invocation, kind: &str, message: &str) -> anyhow::Result<()> {
        self.post(invocation.post("error").header(ERROR_TYPE, kind).body(report(kind, message))?).await
    }

    /// Reports that the function cannot start.
    pub(crate) async fn fail_init(&self, kind: &str, message: &str) -> anyhow::Result<()> {
        let post = build_request().method(Method::POST).uri(format!("{VERSION}/init/error"));
        self.post(post.header(ERROR_TYPE, kind).body(report(kind, message))?).await
    }

    async fn post(&self, post: Request<Body>) -> anyhow::Result<()> {
        let path = post.uri().path().to_owned();
        let (head, said) = self.whole(post).await.with_context(|| format!("cannot post to {path}"))?;
        // Lambda refuses an answer that is too large or too late. Later requests are not affected.
        if !head.status.is_success() {
            tracing::error!(path, status = head.status.as_u16(), said = %String::from_utf8_lossy(&said), "refused");
        }
        Ok(())
    }

    async fn whole(&self, request: Request<Body>) -> anyhow::Result<(Parts, Bytes)> {
        let answer = self.client.call(request).await.map_err(anyhow::Error::from_boxed)?;
        let (head, body) = answer.into_parts();
        Ok((head, body.collect().await.context("the answer was cut off")?.to_bytes()))
    }
}

impl Invocation {
    fn post(&self, what: &str) -> http::request::Builder {
        let post = build_request().method(Method::POST).uri(format!("{VERSION}/invocation/{}/{what}", self.id));
        match &self.attempt {
            Some(attempt) => post.header(INVOCATION_ID, attempt),
            None => post,
        }
    }
}

/// Returns the body of an error report.
fn report(kind: &str, message: &str) -> Body {
    Body::from(serde_json::json!({ "errorType": kind, "errorMessage": message }).to_string())
}
