//! Threads that read files for devices.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Timeout of a read: a disk that spins up takes seconds, a network file system that hangs never answers.
const READ_LIMIT: Duration = Duration::from_secs(30);

/// Most threads that read files: half of the runtime's blocking threads. A thread that waits for a hung file system cannot
/// be stopped, and the catalog still has threads when all of these wait.
const THREADS: usize = 256;

/// A limited number of threads for reads that have a timeout.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    threads: Arc<Semaphore>,
    limit: Duration,
}

impl Default for Readers {
    fn default() -> Self {
        Readers { threads: Arc::new(Semaphore::new(THREADS)), limit: READ_LIMIT }
    }
}

impl Readers {
    /// Runs a read on a thread that may block. After the timeout it is an error, but occupies its thread until it ends.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let threads = Arc::clone(&self.threads);
        let done = async {
            let thread = threads.acquire_owned().await.map_err(StoreError::artifacts)?;
            let read = move || {
                let _thread = thread;
                read()
            };
            spawn_blocking(read).await.map_err(StoreError::artifacts)?
        };
        timeout(self.limit, done).await.unwrap_or_else(|_| {
            let text = format!("a file could not be read within {} s: see to its disk or mount", self.limit.as_secs());
            Err(StoreError::artifacts(io::Error::new(io::ErrorKind::TimedOut, text)))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A read that hangs is answered for, and a hundred of them leave no thread without a limit.
    #[tokio::test]
    async fn a_read_that_hangs_ends_with_an_error_and_keeps_its_thread() {
        let readers = Readers { threads: Arc::new(Semaphore::new(1)), limit: Duration::from_millis(50) };
        let (end, hung) = mpsc::channel::<()>();
        let first = readers.run(move || Ok(hung.recv().is_err())).await;
        assert!(matches!(first, Err(StoreError::Unavailable { .. })), "{first:?}");
        assert!(readers.run(|| Ok(())).await.is_err(), "its thread is taken for free");
        drop(end);
        let patient = Readers { limit: Duration::from_secs(60), ..readers };
        assert!(patient.run(|| Ok(())).await.is_ok());
    }
}
