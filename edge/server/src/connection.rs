use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use init_data::{AnyArtifacts, AnyCatalog};
use service::{Observed, Service, Transfer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::account::Account;
use crate::data::now;
use crate::idle::Idle;
use crate::limits::{ACCEPT_PAUSE, HEAD_TIMEOUT, IDLE_TIMEOUT, MAX_BUFFER_BYTES};
use crate::metrics::{Metrics, NO_ROUTE};

type Shared = Arc<Service<AnyCatalog, AnyArtifacts>>;

/// Accepts connections until the process is told to stop, then lets running answers finish. Told again, it goes at
/// once.
pub(crate) async fn serve(listener: TcpListener, service: Shared, metrics: Arc<Metrics>, most: usize) {
    let places = Arc::new(Semaphore::new(most));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(told_to_stop());
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let connection = graceful.watch(open(stream, Arc::clone(&service), Arc::clone(&metrics)));
        let metrics = Arc::clone(&metrics);
        tokio::spawn(async move {
            let _place = place;
            metrics.connections.inc();
            if let Err(error) = connection.await {
                if let Some(status) = answered_by_library(&error) {
                    metrics.refused(status);
                    tracing::info!(route = NO_ROUTE, status = status.as_u16(), why = %error, "answered");
                }
                tracing::debug!(%error, cause = std::error::Error::source(&error), "a connection ended early");
            }
            metrics.connections.dec();
        });
    }
    let again = told_to_stop();
    drop(listener);
    tracing::info!("stopping: running answers are finished first; a second signal stops at once");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = again => tracing::warn!("stopped before every answer was finished"),
    }
}

/// Speaks HTTP/1.1 on one connection.
fn open(
    stream: TcpStream,
    service: Shared,
    metrics: Arc<Metrics>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send {
    // Answers are written as a whole; waiting to fill a segment would only delay the last one.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request: Request<Incoming>| {
        let (service, metrics) = (Arc::clone(&service), Arc::clone(&metrics));
        async move { Ok::<_, Infallible>(answer(&service, metrics, &request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        // Who says that it asks nothing more still waits for its answer; who is gone takes no byte.
        .half_close(true)
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(Idle::new(stream, IDLE_TIMEOUT)), answer)
}

async fn answer(
    service: &Service<AnyCatalog, AnyArtifacts>,
    metrics: Arc<Metrics>,
    request: &Request<Incoming>,
) -> Response<Transfer<Account>> {
    let started = Instant::now();
    let mut response = service.answer(request, now()).await;
    let observed = response.extensions_mut().remove::<Observed>().unwrap_or_default();
    let status = response.status();
    response.map(|body| Transfer::new(body, Account { status, observed, started, metrics }))
}

/// The status of the answer, without a body, that hyper gives by itself to a head that it cannot read.
fn answered_by_library(error: &hyper::Error) -> Option<StatusCode> {
    if !error.is_parse() || error.is_parse_version_h2() {
        None
    } else if !error.is_parse_too_large() {
        Some(StatusCode::BAD_REQUEST)
    } else if error.to_string().contains("URI") {
        Some(StatusCode::URI_TOO_LONG)
    } else {
        Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    }
}

/// SIGTERM or SIGINT, from the moment of the call on.
fn told_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    // Listening begins here, not when the future is first polled: no signal in between is lost.
    let mut signals = [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok());
    async move {
        let [terminate, interrupt] = &mut signals;
        let heard = async |signal: &mut Option<Signal>| match signal {
            Some(signal) => signal.recv().await,
            None => std::future::pending().await,
        };
        tokio::select! {
            _ = heard(terminate) => {}
            _ = heard(interrupt) => {}
        }
    }
}
