use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use open::{AnyArtifacts, AnyCatalog};
use resolver::answer;
use resolver::route::Route;
use service::{Observed, Service, Transfer, respond};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::bounded::Bounded;
use crate::data::now;
use crate::idle::Idle;
use crate::limits::{ACCEPT_PAUSE, HEAD_TIMEOUT, IDLE_TIMEOUT, MAX_BUFFER_BYTES, MAX_REFUSED_CONNECTIONS};
use crate::metrics::{AnswerRecord, Metrics, NO_ROUTE};
use crate::peers::Peers;
use crate::send_queue::SendQueue;
use crate::unread::{Files, Outgoing, Sending};
use crate::workers::Workers;

pub(crate) type Shared = Arc<Service<AnyCatalog, AnyArtifacts>>;

/// Accepts connections until the process receives a signal to stop, then waits for running answers. A second signal
/// stops it at once.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Shared,
    metrics: Arc<Metrics>,
    most: usize,
    peers: Arc<Peers>,
    workers: Workers,
) {
    let places = Arc::new(Semaphore::new(most));
    let mut refused = Bounded::new(MAX_REFUSED_CONNECTIONS);
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
        let accepted = accepted.and_then(|(stream, peer)| Ok((stream.into_std()?, peer)));
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let admitted = peers.admit(peer.ip());
        let answers = Answers {
            peer,
            admitted: admitted.is_some(),
            service: Arc::clone(&service),
            metrics: Arc::clone(&metrics),
        };
        let (watcher, metrics) = (graceful.watcher(), Arc::clone(&metrics));
        let ended = async move |metrics: &Metrics| match open(stream, answers) {
            Ok(connection) => {
                if let Err(error) = watcher.watch(connection).await {
                    note_end(&error, metrics);
                }
            }
            Err(error) => tracing::warn!(%error, "cannot answer a connection"),
        };
        match admitted {
            Some(admitted) => workers.run(async move {
                let _held = (place, admitted);
                metrics.connections.inc();
                ended(&metrics).await;
                metrics.connections.dec();
            }),
            None => {
                metrics.connections_refused.inc();
                refused.spawn(async move { ended(&metrics).await });
            }
        }
    }
    let again = told_to_stop();
    drop(listener);
    tracing::info!("stopping: running answers are finished first; a second signal stops at once");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = again => tracing::warn!("stopped before every answer was finished"),
    }
}

/// Returns true for a probe, which is answered in spite of the connection limit.
pub(crate) fn is_probe<B>(request: &Request<B>) -> bool {
    Route::of(request.uri().path()).is_probe()
}

/// Serves HTTP/1.1 on one connection, on the current thread.
fn open(
    stream: std::net::TcpStream,
    answers: Answers,
) -> io::Result<impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send> {
    let stream = TcpStream::from_std(stream)?;
    // Nagle's algorithm would only delay the last segment of an answer.
    let _ = stream.set_nodelay(true);
    let keep_alive = answers.admitted;
    let answers = Arc::new(answers);
    let files = Files::default();
    let queue = SendQueue::of(&stream);
    let stream = Sending::new(stream, files.clone());
    let answer = service_fn(move |request: Request<Incoming>| {
        let (answers, files) = (Arc::clone(&answers), files.clone());
        async move { Ok::<_, Infallible>(answers.answer(&request).await.map(|body| Outgoing::new(body, files))) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // A client that closes its sending half still waits for its answer; a client that is gone accepts no byte.
        .half_close(true)
        .keep_alive(keep_alive)
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(Idle::new(stream, IDLE_TIMEOUT, queue)), answer);
    Ok(connection)
}

/// Handler of one connection's requests.
struct Answers {
    peer: SocketAddr,
    /// False if the peer's address has too many connections: all requests but probes are then answered 503.
    admitted: bool,
    service: Shared,
    metrics: Arc<Metrics>,
}

impl Answers {
    async fn answer(&self, request: &Request<Incoming>) -> Response<Transfer<AnswerRecord>> {
        let started = Instant::now();
        let mut response = if self.admitted || is_probe(request) {
            self.service.answer(request, now()).await
        } else {
            respond(answer::too_many_connections(self.peer.port().into()))
        };
        let observed = response.extensions_mut().remove::<Observed>().unwrap_or_default();
        let (status, metrics) = (response.status(), Arc::clone(&self.metrics));
        response.map(|body| Transfer::new(body, AnswerRecord { status, observed, started, metrics }))
    }
}

fn note_end(error: &hyper::Error, metrics: &Metrics) {
    if let Some(status) = answered_by_library(error) {
        metrics.refused(status);
        tracing::info!(route = NO_ROUTE, status = status.as_u16(), why = %error, "answered");
    }
    tracing::debug!(%error, cause = std::error::Error::source(error), "a connection ended early");
}

/// Returns the status of the answer that hyper sends by itself to an invalid request head.
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

/// Waits for SIGTERM or SIGINT, registering for them when it is called.
fn told_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    // Registering here, rather than when the future is first polled, loses no signal in between.
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
