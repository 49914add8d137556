//! Work of several at once on the same stores, in an order that the test chooses: one call of a store at a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use store::StoreError;

use crate::interposed::{Call, Onlooker};

/// Holds up whoever works with the stores that it looks on, before each call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: bool,
    open: bool,
}

/// Somebody who works, when it is his turn.
pub(crate) struct Worker<'a, T> {
    gate: Gate,
    work: Pin<Box<dyn Future<Output = T> + 'a>>,
    /// What his work came to, once it has ended.
    pub(crate) result: Option<T>,
}

impl Onlooker for Gate {
    async fn sees(&self, _: Call, done: bool) -> Result<(), StoreError> {
        poll_fn(|_| {
            let mut state = self.0.lock().unwrap();
            if done || std::mem::take(&mut state.open) {
                return Poll::Ready(Ok(()));
            }
            state.waiting = true;
            Poll::Pending
        })
        .await
    }
}

impl<'a, T> Worker<'a, T> {
    /// Work with stores that `gate` looks on, and nobody else's.
    pub(crate) fn new(gate: Gate, work: impl Future<Output = T> + 'a) -> Self {
        Worker { gate, work: Box::pin(work), result: None }
    }

    /// Lets it do one call, and go on to the next one; the first time, to the first one. Returns whether it has ended.
    pub(crate) async fn turn(&mut self) -> bool {
        if self.result.is_some() {
            return true;
        }
        {
            let mut state = self.gate.0.lock().unwrap();
            state.open = std::mem::take(&mut state.waiting);
        }
        poll_fn(|context| {
            if let Poll::Ready(result) = self.work.as_mut().poll(context) {
                self.result = Some(result);
                return Poll::Ready(true);
            }
            if self.gate.0.lock().unwrap().waiting { Poll::Ready(false) } else { Poll::Pending }
        })
        .await
    }

    /// So many turns. Returns whether it has ended.
    pub(crate) async fn turns(&mut self, count: usize) -> bool {
        for _ in 0..count {
            if self.turn().await {
                return true;
            }
        }
        false
    }

    /// All its turns.
    pub(crate) async fn finish(&mut self) {
        while !self.turn().await {}
    }
}
