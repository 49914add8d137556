use std::future::{Future, pending};
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle};

/// Threads that answer requests, one for each core. A connection stays on its thread: on another core it would find
/// nothing in the caches, and waking another thread costs more than most answers.
pub(crate) struct Workers(Vec<Worker>);

struct Worker {
    runtime: Handle,
    /// Counter of this thread's connections, each of which holds a clone.
    busy: Arc<()>,
}

impl Workers {
    /// Starts the threads, which run until the process ends.
    pub(crate) fn start() -> io::Result<Workers> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        (0..cores).map(|_| Worker::start()).collect::<io::Result<_>>().map(Workers)
    }

    /// Runs a connection on the thread with the fewest connections.
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
