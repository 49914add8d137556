//! A proxy between a client of AWS and what stands in for AWS: it notes every call, and does what AWS does on a bad day.
//!
//! It speaks plain HTTP/1.1 and passes requests on as they are, `Host` included, so that signatures stay right.

mod call;
mod fault;
mod memory;
mod rounds;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::message::Request;
pub use call::Call;
pub use fault::Fault;
pub use memory::Memory;
use rounds::Rounds;

/// A running proxy. It ends when it is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    state: Arc<State>,
    /// Closed when this is dropped, and so the proxy ends.
    _running: oneshot::Sender<()>,
}

#[derive(Debug)]
struct State {
    upstream: SocketAddr,
    memory: Memory,
    told: Mutex<Vec<Rule>>,
    calls: Mutex<Vec<Call>>,
    rounds: Mutex<Option<Rounds>>,
}

/// What happens to which calls.
#[derive(Debug, Clone)]
struct Rule {
    /// In the call's name, such as `Query` or `GET /bucket/blobs/`; empty for every call.
    part: String,
    /// To how many more calls.
    left: usize,
    fault: Fault,
}

impl FaultProxy {
    /// Starts in front of a server, whose URL this is: `http://<address>:<port>`. What is in `memory` it is not asked.
    pub fn before(url: &str, memory: &Memory) -> FaultProxy {
        let upstream = url.trim_start_matches("http://").parse().unwrap();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (told, calls, rounds) = Default::default();
        let state = Arc::new(State { upstream, memory: memory.clone(), told, calls, rounds });
        let (_running, ended) = oneshot::channel();
        let shared = Arc::clone(&state);
        // A thread of its own: whatever a test's runtime waits for, the proxy goes on.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = accept(listener, shared) => {}
                    _ = ended => {}
                }
            });
            // Connections that are silent on purpose are not waited for.
            runtime.shutdown_background();
        });
        FaultProxy { address, state, _running }
    }

    /// The URL to ask in place of the server's.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on this happens to every call.
    pub fn all(&self, fault: Fault) {
        self.first(usize::MAX, "", fault);
    }

    /// From now on this happens to every call whose name has this part.
    pub fn each(&self, part: &str, fault: Fault) {
        self.first(usize::MAX, part, fault);
    }

    /// This happens to the first so many calls whose name has this part.
    pub fn first(&self, count: usize, part: &str, fault: Fault) {
        self.state.told.lock().unwrap().push(Rule { part: part.to_owned(), left: count, fault });
    }

    /// From now on nothing happens to any call.
    pub fn mend(&self) {
        self.state.told.lock().unwrap().clear();
    }

    /// The calls since this was last asked, in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state.calls.lock().unwrap())
    }

    /// From now on answers are held back until no further call has come for this long: those that came together are a
    /// round.
    pub fn hold(&self, quiet: Duration) {
        *self.state.rounds.lock().unwrap() = Some(Rounds::new(quiet));
    }

    /// How many rounds there were since this was last asked.
    pub fn rounds(&self) -> usize {
        self.state.rounds.lock().unwrap().as_mut().map_or(0, Rounds::take)
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(serve(stream, Arc::clone(&state)));
    }
}

/// Answers the requests of a connection, until it is closed or a fault ends it.
async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut rest = Vec::new();
    while let Ok(Some(request)) = Request::read(&mut stream, &mut rest).await {
        let call = Call::of(&request);
        let fault = state.fault(&call);
        state.calls.lock().unwrap().push(call);
        Rounds::pass(&state.rounds).await;
        if let Some(Fault::Late(time)) = fault {
            tokio::time::sleep(time).await;
        }
        let goes_on = match &fault {
            Some(fault) if fault.replaces() => fault.answer(&mut stream, &request).await,
            fault => match state.memory.exchange(state.upstream, &request).await {
                Ok(response) => fault::send(&mut stream, &request, response, fault.as_ref()).await,
                Err(_) => return,
            },
        };
        if !matches!(goes_on, Ok(true)) {
            return;
        }
    }
}

impl State {
    fn fault(&self, call: &Call) -> Option<Fault> {
        let mut told = self.told.lock().unwrap();
        let rule = told.iter_mut().find(|rule| rule.left > 0 && call.name.contains(&rule.part))?;
        rule.left -= 1;
        Some(rule.fault.clone())
    }
}
