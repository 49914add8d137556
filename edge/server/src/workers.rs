use std::future::{Future, pending};
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle};

/// Threads that answer, one a core. A connection stays on the thread that it came to: woken on another one, it would find
/// nothing of its own in that core's memory, and waking costs more than most answers do.
pub(crate) struct Workers(Vec<Worker>);

struct Worker {
    runtime: Handle,
    /// Every connection of this thread has a clone of it.
    busy: Arc<()>,
}

impl Workers {
    /// Starts the threads, which end with the process.
    pub(crate) fn start() -> io::Result<Workers> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        (0..cores).map(|_| Worker::start()).collect::<io::Result<_>>().map(Workers)
    }

    /// Runs a connection on the thread that has the fewest.
    pub(crate) fn run(&self, connection: impl Future<Output = ()> + Send + 'static) {
        if let Some(worker) = self.0.iter().min_by_key(|worker| Arc::strong_count(&worker.busy)) {
            let busy = Arc::clone(&worker.busy);
            worker.runtime.spawn(async move {
                connection.await;
                drop(busy);
            });
        }
    }
}

impl Worker {
    fn start() -> io::Result<Worker> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new().name("answering".to_owned()).spawn(move || runtime.block_on(pending::<()>()))?;
        Ok(Worker { runtime: handle, busy: Arc::default() })
    }
}
