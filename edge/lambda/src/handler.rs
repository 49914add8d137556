use std::sync::Arc;
use std::time::{Instant, SystemTime};

use http::{Method, Request, Response, StatusCode};
use resolver::answer;
use service::{Body, Observed, Transfer, respond, unavailable};
use tracing::{Instrument as _, Span};

use crate::buffered::buffered;
use crate::event::{Event, InvalidEvent};
use crate::metrics::AnswerRecord;
use crate::mode::InvokeMode;
use crate::runtime_api::{Invocation, RuntimeApi};
use crate::stores::Stores;
use crate::streamed::Streamed;

/// Answers invocations one after the other: Lambda sends the next after the answer to the last.
pub(crate) struct Handler {
    pub(crate) api: RuntimeApi,
    pub(crate) stores: Stores,
    pub(crate) mode: InvokeMode,
    /// Name of the function, a dimension of every metric.
    pub(crate) function: Arc<str>,
}

impl Handler {
    /// Answers invocations until the runtime API fails.
    pub(crate) async fn run(&self) -> anyhow::Result<()> {
        let mut cold = true;
        loop {
            let invocation = self.api.next().await?;
            let span = tracing::info_span!("invocation", requestId = invocation.id);
            let answer = self.invocation(&invocation, cold, span.clone()).instrument(span.clone());
            // Lambda retries or drops this invocation. Later ones are not affected, and need not wait for a new process.
            if let Err(error) = answer.await {
                let _request = span.enter();
                tracing::error!(error = %format!("{error:#}"), "cannot send an answer to the runtime API");
            }
            cold = false;
        }
    }

    async fn answer(&self, request: &Request<()>) -> Response<Body> {
        let url_base = match self.stores.url_base(request.headers()) {
            Ok(url_base) => url_base,
            Err(error) => {
                tracing::error!(%error, "cannot determine the base of URLs");
                return respond(answer::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()));
            }
        };
        match self.stores.service(url_base).await {
            Ok(service) => service.answer(request, SystemTime::now().into()).await,
            Err(error) => respond(unavailable(&error)),
        }
    }

    async fn invocation(&self, invocation: &Invocation, cold: bool, span: Span) -> anyhow::Result<()> {
        let started = Instant::now();
        let mut to_head = false;
        let mut response = match Event::parse(&invocation.event).and_then(Event::into_request) {
            Ok(request) => {
                to_head = request.method() == Method::HEAD;
                self.answer(&request).await
            }
            Err(InvalidEvent::Request(message)) => respond(answer::error(StatusCode::BAD_REQUEST, &message)),
            Err(error @ InvalidEvent::Foreign(_)) => {
                tracing::error!(%error, "not an event of a function URL");
                return self.api.fail(invocation, "Edgehop.Event", &error.to_string()).await;
            }
        };
        let observed = response.extensions_mut().remove::<Observed>().unwrap_or_default();
        let record = AnswerRecord {
            function: Arc::clone(&self.function),
            request: invocation.id.clone(),
            cold,
            status: response.status(),
            observed,
            started,
        };
        let (head, body) = response.into_parts();
        let body = Transfer::new(body, record);
        match self.mode {
            InvokeMode::ResponseStream => self.api.stream(invocation, Streamed::new(&head, to_head, body, span)).await,
            InvokeMode::Buffered => match buffered(&head, body).await {
                Ok(json) => self.api.respond(invocation, json).await,
                Err(error) => self.api.fail(invocation, "Edgehop.Cut", &error.to_string()).await,
            },
        }
    }
}
